/* SPDX-License-Identifier: Apache-2.0 */
#include "python.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS = 20000, OLDEST_MINOR = 9 };

// Version, executable, then its library folders and those of the shared objects that it maps.
static const char question[] =
    "import sys, os, ctypes, hashlib, decimal\n"
    "out = ['%d.%d.%d' % sys.version_info[:3], os.path.realpath(sys.executable)]\n"
    "seen = [p for p in sys.path if os.path.isabs(p) and os.path.exists(p)]\n"
    "for line in open('/proc/self/maps'):\n"
    "    part = line.split(None, 5)\n"
    "    if len(part) == 6 and '.so' in part[5]:\n"
    "        seen.append(os.path.dirname(os.path.realpath(part[5].strip())))\n"
    "out += sorted(set(seen))\n"
    "sys.stdout.write('\\n'.join(out) + '\\n')\n";

/* The first `python3` that can be run, into path. */
static bool look_for(const char *name, char path[PATH_MAX]) {
    char places[PATH_MAX * 2];
    if (name && strchr(name, '/')) {
        snprintf(path, PATH_MAX, "%s", name);
        return access(path, X_OK) == 0;
    }
    const char *search = getenv("PATH");
    snprintf(places, sizeof places, "/usr/bin:/bin:%s", search ? search : "");
    char *rest = places;
    for (char *place = strsep(&rest, ":"); place; place = strsep(&rest, ":")) {
        if (place[0] == '/' && strlen(place) < PATH_MAX / 2) {
            snprintf(path, PATH_MAX, "%s/%s", place, name ? name : "python3");
            if (access(path, X_OK) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Starts it with its standard output at `out`. The environment is not handed on, except where a
 * shim looks for its interpreters. */
static pid_t start(const char *path, int out) {
    char search[PATH_MAX * 2], home[PATH_MAX];
    snprintf(search, sizeof search, "PATH=%s", getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
    snprintf(home, sizeof home, "HOME=%s", getenv("HOME") ? getenv("HOME") : "/");
    char *const environment[] = {search, home, NULL};
    char *const argv[] = {(char *)(uintptr_t)path,     "-S", "-s", "-B", "-c",
                          (char *)(uintptr_t)question, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    pid_t pid = -1;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    if (posix_spawn(&pid, path, &actions, &attributes, argv, environment) != 0) {
        pid = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return pid;
}

/* All that it says, as a string. */
static bool read_answer(int fd, char *text, size_t capacity) {
    size_t n = 0;
    for (;;) {
        struct pollfd waited = {fd, POLLIN, 0};
        int ready = poll(&waited, 1, ANSWER_MS);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        ssize_t got = ready == 1 ? read(fd, text + n, capacity - 1 - n) : -1;
        if (got < 0) {
            return false;
        }
        n += (size_t)got;
        if (got == 0 || n == capacity - 1) {
            text[n] = '\0';
            return n > 0;
        }
    }
}

static bool ask(const char *path, Python *out) {
    int pair[2] = {-1, -1};
    if (pipe2(pair, O_CLOEXEC) != 0) {
        return false;
    }
    pid_t pid = start(path, pair[1]);
    close(pair[1]);
    bool is_read = pid > 0 && read_answer(pair[0], out->text, sizeof out->text);
    close(pair[0]);
    if (pid > 0) {
        if (!is_read) {
            kill(pid, SIGKILL);
        }
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    return is_read;
}

static bool take_apart(Python *out) {
    char *rest = out->text;
    const char *version = strsep(&rest, "\n");
    const char *executable = rest ? strsep(&rest, "\n") : NULL;
    if (!version || !executable || executable[0] != '/') {
        return false;
    }
    snprintf(out->version, sizeof out->version, "%s", version);
    snprintf(out->executable, sizeof out->executable, "%s", executable);
    out->paths[out->n_paths++] = out->executable;
    for (char *path = strsep(&rest, "\n"); path; path = strsep(&rest, "\n")) {
        if (path[0] == '/' && out->n_paths < PYTHON_PATHS) {
            out->paths[out->n_paths++] = path;
        }
    }
    return true;
}

EmendStatus python_find(const char *name, Python *out, EmendError *err) {
    char path[PATH_MAX];
    int major = 0, minor = 0;
    *out = (Python){0};
    if (!look_for(name, path)) {
        return emend_fail(err, EMEND_NOT_FOUND,
                          "%s: there is no such Python here; programs need Python 3.%d or newer: "
                          "install it (apt install python3) or name another one",
                          name ? name : "python3", OLDEST_MINOR);
    }
    if (!ask(path, out) || !take_apart(out)) {
        return emend_fail(err, EMEND_NOT_FOUND,
                          "%s: it does not run as Python; programs need a whole Python 3.%d or "
                          "newer, with ctypes: name another one",
                          path, OLDEST_MINOR);
    }
    if (sscanf(out->version, "%d.%d", &major, &minor) != 2 || major != 3 || minor < OLDEST_MINOR) {
        return emend_fail(err, EMEND_NOT_FOUND,
                          "%s: it is Python %s; it must be 3.%d or newer: name another one", path,
                          out->version, OLDEST_MINOR);
    }
    return EMEND_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/probe_start.h"
#include "plugin/probe_child.h"
#include "plugin/probe_wire.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of our environment, what a library needs to be found and to run; and a locale that shows when a
 * plugin takes over the user's. */
static char **make_environment(void) {
    static const char *const kept[] = {"PATH=", "HOME=", "USER=",           "LOGNAME=", "TMPDIR=",
                                       "TZ=",   "LD_",   "XDG_CACHE_HOME=", "EMEND_"};
    static char locale[] = "LC_ALL=C.UTF-8";
    // Sanitizers, where there are any: signals are for us to see, and leaks are not the question.
    static char address[] = "ASAN_OPTIONS=handle_segv=0:handle_abort=0:handle_sigbus=0:"
                            "handle_sigfpe=0:handle_sigill=0:detect_leaks=0";
    static char undefined[] = "UBSAN_OPTIONS=handle_segv=0:handle_abort=0:handle_sigbus=0:"
                              "handle_sigfpe=0:handle_sigill=0";
    size_t n = 0;
    while (environ && environ[n]) {
        n++;
    }
    char **out = calloc(n + 4, sizeof *out);
    size_t n_out = 0;
    for (size_t i = 0; out && i < n; i++) {
        for (size_t k = 0; k < sizeof kept / sizeof *kept; k++) {
            if (strncmp(environ[i], kept[k], strlen(kept[k])) == 0) {
                out[n_out++] = environ[i];
                break;
            }
        }
    }
    if (out) {
        out[n_out++] = locale;
        out[n_out++] = address;
        out[n_out++] = undefined;
    }
    return out;
}

/* The child's descriptors: nothing to read, two streams and the report to write, no more. */
static int set_descriptors(posix_spawn_file_actions_t *actions, const int writers[PROBE_STREAMS]) {
    int error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    for (int i = 0; error == 0 && i < PROBE_STREAMS; i++) {
        error = posix_spawn_file_actions_adddup2(actions, writers[i], STDOUT_FILENO + i);
    }
    return error ? error : posix_spawn_file_actions_addclosefrom_np(actions, PROBE_REPORT_FD + 1);
}

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF);
}

/* writers: the child's stdout, stderr and report, all above PROBE_REPORT_FD. */
static int spawn(const char *program, uint32_t cpu_seconds, const char *dir,
                 const int writers[PROBE_STREAMS], pid_t *pid) {
    char name[] = "emend", command[] = PROBE_COMMAND, protocol[16], limit[16];
    snprintf(protocol, sizeof protocol, "%u", PROBE_PROTOCOL);
    snprintf(limit, sizeof limit, "%u", cpu_seconds);
    char *words[] = {name, command, protocol, limit, (char *)(uintptr_t)dir, NULL};
    char **environment = make_environment();
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int error = environment ? set_descriptors(&actions, writers) : ENOMEM;
    error = error ? error : set_attributes(&attributes);
    error = error ? error : posix_spawn(pid, program, &actions, &attributes, words, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    return error;
}

static void close_fd(int *fd) {
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* A pipe whose writing end is out of the way of the descriptors the child gets. An errno, or 0. */
static int open_pipe(int *reader, int *writer) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    *reader = ends[0];
    *writer = fcntl(ends[1], F_DUPFD_CLOEXEC, PROBE_REPORT_FD + 1);
    int error = *writer < 0 || fcntl(*reader, F_SETFL, O_NONBLOCK) != 0 ? errno : 0;
    close(ends[1]);
    return error;
}

int probe_start(const char *program, uint32_t cpu_seconds, const char *dir, pid_t *pid,
                int readers[PROBE_STREAMS]) {
    int writers[PROBE_STREAMS] = {-1, -1, -1};
    int error = 0;
    for (int i = 0; i < PROBE_STREAMS; i++) {
        readers[i] = -1;
    }
    for (int i = 0; error == 0 && i < PROBE_STREAMS; i++) {
        error = open_pipe(&readers[i], &writers[i]);
    }
    error = error ? error : spawn(program, cpu_seconds, dir, writers, pid);
    for (int i = 0; i < PROBE_STREAMS; i++) {
        close_fd(&writers[i]);
        if (error) {
            close_fd(&readers[i]);
        }
    }
    return error;
}

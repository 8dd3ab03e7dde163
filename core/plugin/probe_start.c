/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/probe_start.h"
#include "plugin/probe_child.h"
#include "plugin/probe_wire.h"
#include "plugin/spawned.h"
#include <errno.h>
#include <fcntl.h>
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

/* writers: the child's stdout, stderr and report, as spawned_start takes them. */
static int spawn(const char *program, uint32_t cpu_seconds, const char *dir,
                 const int writers[PROBE_STREAMS], pid_t *pid) {
    char name[] = "emend", command[] = PROBE_COMMAND, protocol[16], limit[16];
    snprintf(protocol, sizeof protocol, "%u", PROBE_PROTOCOL);
    snprintf(limit, sizeof limit, "%u", cpu_seconds);
    char *words[] = {name, command, protocol, limit, (char *)(uintptr_t)dir, NULL};
    char **environment = make_environment();
    int error = environment ? spawned_start(program, words, environment, writers, pid) : ENOMEM;
    free(environment);
    return error;
}

static void close_fd(int *fd) {
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* A pipe whose writing end is as spawned_start takes it. An errno, or 0. */
static int open_pipe(int *reader, int *writer) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    *reader = ends[0];
    *writer = spawned_fd(ends[1]);
    return *writer < 0 || fcntl(*reader, F_SETFL, O_NONBLOCK) != 0 ? errno : 0;
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

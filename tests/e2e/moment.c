/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into `emend`: makes something happen at an exact moment of a run, told by counting the
 * calls with which a run meets the outside world.
 *
 *   EMEND_TEST_MOMENT=CALLS:N:WHAT   at the N-th (from 1) of CALLS ("write", "fsync", "rename",
 *                                    "clock", joined by ','): KILL, INT, or ENOSPC from then on
 *   EMEND_TEST_COUNT=FILE            writes how many there were to FILE, at the end
 *
 * Writes to standard output and error are not counted. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_long n_calls;

static long wanted(const char **what) {
    const char *moment = getenv("EMEND_TEST_MOMENT");
    const char *n = moment ? strchr(moment, ':') : NULL;
    char *end = NULL;
    long number = n ? strtol(n + 1, &end, 10) : 0;
    *what = end && *end == ':' ? end + 1 : "";
    return number;
}

static int is_counted(const char *call) {
    const char *moment = getenv("EMEND_TEST_MOMENT");
    const char *found = moment ? strstr(moment, call) : NULL;
    return found && found < strchr(moment, ':');
}

// 0, or the errno with which the call fails.
static int pass(const char *call) {
    const char *what = "";
    if (!is_counted(call)) {
        return 0;
    }
    long now = atomic_fetch_add(&n_calls, 1) + 1, then = wanted(&what);
    if (strcmp(what, "ENOSPC") == 0) {
        return now >= then && then > 0 ? ENOSPC : 0;
    }
    if (now == then) {
        kill(getpid(), strcmp(what, "INT") == 0 ? SIGINT : SIGKILL);
    }
    return 0;
}

static int fail(int error) {
    errno = error;
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t n) {
    int error = fd > STDERR_FILENO ? pass("write") : 0;
    return error ? fail(error) : syscall(SYS_write, fd, bytes, n);
}

int fsync(int fd) {
    int error = pass("fsync");
    return error ? fail(error) : (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to) {
    int error = pass("rename");
    return error ? fail(error) : (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

int clock_gettime(clockid_t clock, struct timespec *out) {
    // The core's clock; allocators read others, as often as they like.
    if (clock == CLOCK_MONOTONIC) {
        pass("clock");
    }
    return (int)syscall(SYS_clock_gettime, clock, out);
}

__attribute__((destructor)) static void tell(void) {
    const char *path = getenv("EMEND_TEST_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%ld\n", atomic_load(&n_calls));
        fclose(file);
    }
}

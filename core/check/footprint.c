/* SPDX-License-Identifier: Apache-2.0 */
#include "check/footprint.h"
#include <dirent.h>
#include <errno.h>
#include <fenv.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

enum { FDS_MAX = 256, PATIENCE_MS = 2000 };

extern char **environ;

struct Footprint {
    char locale[1024];
    char folder[PATH_MAX];
    char *environment; /* joined */
    struct sigaction signals[NSIG];
    sigset_t blocked;
    mode_t mask;
    struct rlimit limits[RLIM_NLIMITS];
    int rounding;
    unsigned control; /* of the floating-point unit: flush to zero, denormals, exceptions */
    size_t n_threads;
    bool is_open[FDS_MAX];
};

/* ---- taking it ------------------------------------------------------------------------------ */

static size_t count_threads(void) {
    size_t n = 0;
    DIR *dir = opendir("/proc/self/task");
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        n += entry->d_name[0] != '.';
    }
    if (dir) {
        closedir(dir);
    }
    return n;
}

static char *join_environment(void) {
    size_t len = 1;
    for (char **line = environ; line && *line; line++) {
        len += strlen(*line) + 1;
    }
    char *joined = calloc(1, len);
    char *end = joined;
    for (char **line = environ; joined && line && *line; line++) {
        end = stpcpy(stpcpy(end, *line), "\n");
    }
    return joined;
}

static unsigned floating_point_control(void) {
#if defined(__x86_64__)
    return _mm_getcsr() & ~0x3Fu; // without the sticky flags
#elif defined(__aarch64__)
    uint64_t control = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    return (unsigned)control;
#else
    return 0;
#endif
}

static bool is_descriptor(int fd) {
    struct stat facts;
    return fstat(fd, &facts) == 0;
}

Footprint *footprint_take(void) {
    Footprint *footprint = calloc(1, sizeof *footprint);
    if (!footprint) {
        return NULL;
    }
    const char *locale = setlocale(LC_ALL, NULL);
    snprintf(footprint->locale, sizeof footprint->locale, "%s", locale ? locale : "");
    if (!getcwd(footprint->folder, sizeof footprint->folder)) {
        footprint->folder[0] = '\0';
    }
    footprint->environment = join_environment();
    for (int i = 1; i < NSIG; i++) {
        sigaction(i, NULL, &footprint->signals[i]);
    }
    sigprocmask(SIG_SETMASK, NULL, &footprint->blocked);
    footprint->mask = umask(0);
    umask(footprint->mask);
    for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
        getrlimit((__rlimit_resource_t)i, &footprint->limits[i]);
    }
    footprint->rounding = fegetround();
    footprint->control = floating_point_control();
    footprint->n_threads = count_threads();
    for (int fd = 0; fd < FDS_MAX; fd++) {
        footprint->is_open[fd] = is_descriptor(fd);
    }
    return footprint;
}

void footprint_free(Footprint *footprint) {
    if (footprint) {
        free(footprint->environment);
    }
    free(footprint);
}

/* ---- comparing ------------------------------------------------------------------------------ */

#define PROCESS_REMEDY "leave what belongs to the process as it is, or put it back"

static void compare_signals(Kit *kit, const Footprint *before, const Footprint *after,
                            const char *when) {
    for (int i = 1; i < NSIG; i++) {
        const struct sigaction *a = &before->signals[i], *b = &after->signals[i];
        if (a->sa_handler != b->sa_handler || a->sa_flags != b->sa_flags) {
            const char *name = sigabbrev_np(i);
            kit_fail(kit, "plugins handle no signals; poll host->is_cancelled instead",
                     "the handler of SIG%s is another one %s; a plugin must not change it",
                     name ? name : "?", when);
            return;
        }
    }
    for (int i = 1; i < NSIG; i++) {
        if (sigismember(&before->blocked, i) != sigismember(&after->blocked, i)) {
            const char *name = sigabbrev_np(i);
            kit_fail(kit, "block signals in the plugin's own threads alone",
                     "SIG%s is %sblocked %s; a plugin must not change the caller's mask",
                     name ? name : "?", sigismember(&after->blocked, i) ? "" : "un", when);
            return;
        }
    }
}

static void compare_settings(Kit *kit, const Footprint *before, const Footprint *after,
                             const char *when) {
    if (strcmp(before->locale, after->locale) != 0) {
        kit_fail(kit, "use functions that take a locale_t, or uselocale() and back",
                 "the locale is \"%s\" %s and was \"%s\"; a plugin must not change it",
                 after->locale, when, before->locale);
    } else if (strcmp(before->folder, after->folder) != 0) {
        kit_fail(kit, PROCESS_REMEDY,
                 "the working directory is %s %s and was %s; a plugin must not change it",
                 after->folder, when, before->folder);
    } else if (before->mask != after->mask) {
        kit_fail(kit, PROCESS_REMEDY, "umask is %03o %s and was %03o; a plugin must not change it",
                 after->mask, when, before->mask);
    } else if (before->environment && after->environment &&
               strcmp(before->environment, after->environment) != 0) {
        kit_fail(kit, PROCESS_REMEDY,
                 "the environment is another one %s; a plugin must not change it", when);
    } else if (before->rounding != after->rounding) {
        kit_fail(kit, "restore it with fesetround() before the call returns",
                 "the rounding mode is another one %s; a plugin must not change it", when);
    } else if (before->control != after->control) {
        kit_fail(kit,
                 "link without -ffast-math (which sets it when the library is loaded), and "
                 "restore the control word where code sets it",
                 "the floating-point unit's control word is %#x %s and was %#x (flush to zero, "
                 "denormals, exceptions); a plugin must not change it",
                 after->control, when, before->control);
    } else if (memcmp(before->limits, after->limits, sizeof before->limits) != 0) {
        kit_fail(kit, PROCESS_REMEDY,
                 "a resource limit is another one %s; a plugin must not change it", when);
    } else {
        compare_signals(kit, before, after, when);
    }
}

static void compare_files(Kit *kit, const Footprint *before, const Footprint *after,
                          const char *when) {
    for (int fd = 0; fd < FDS_MAX; fd++) {
        char link[64], target[256];
        if (before->is_open[fd] == after->is_open[fd]) {
            continue;
        }
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t len = readlink(link, target, sizeof target - 1);
        target[len > 0 ? len : 0] = '\0';
        kit_fail(kit, after->is_open[fd] ? "close what was opened" : "close only your own",
                 "descriptor %d%s%s%s is %s %s and was %s; none may differ", fd,
                 target[0] ? " (" : "", target, target[0] ? ")" : "",
                 after->is_open[fd] ? "open" : "closed", when, after->is_open[fd] ? "not" : "open");
        return;
    }
}

static void pause_ms(void) {
    const struct timespec time = {0, 1000000};
    nanosleep(&time, NULL);
}

static void compare_threads(Kit *kit, const Footprint *before, const char *when) {
    size_t n = count_threads();
    // A joined thread leaves the list a moment after the join.
    for (int i = 0; i < PATIENCE_MS && n > before->n_threads; i++) {
        pause_ms();
        n = count_threads();
    }
    if (n > before->n_threads) {
        kit_fail(kit, "join every thread in destroy() or close()",
                 "%zu thread%s still running %s; none may be", n - before->n_threads,
                 n - before->n_threads == 1 ? " is" : "s are", when);
    }
}

static void compare_processes(Kit *kit, const char *when) {
    siginfo_t info = {0};
    int code = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    if (code == 0 && info.si_pid != 0) {
        kit_fail(kit, "wait for every process the plugin starts",
                 "process %d, which the plugin started, has ended and was not waited for %s; none "
                 "may be left",
                 (int)info.si_pid, when);
    } else if (code == 0) {
        kit_fail(kit, "end every process the plugin starts, and wait for it",
                 "a process that the plugin started still runs %s; none may", when);
    }
}

void footprint_compare(Kit *kit, const Footprint *before, unsigned what, const char *when) {
    Footprint *after = footprint_take();
    if (!before || !after) {
        kit_skip(kit, "no memory is left for the test");
        footprint_free(after);
        return;
    }
    if (what & FOOTPRINT_SETTINGS) {
        compare_settings(kit, before, after, when);
    }
    if (what & FOOTPRINT_THREADS) {
        compare_threads(kit, before, when);
    }
    if (what & FOOTPRINT_FILES) {
        compare_files(kit, before, after, when);
    }
    if (what & FOOTPRINT_PROCESSES) {
        compare_processes(kit, when);
    }
    footprint_free(after);
}

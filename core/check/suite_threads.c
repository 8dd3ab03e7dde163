/* SPDX-License-Identifier: Apache-2.0 */
/* Level 6, for every kind: [control] calls from one thread and the next, and the plugin's own
 * threads. */
#include "check/footprint.h"
#include "check/golden_run.h"
#include "check/suites.h"
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 2000 };

/* ---- one call after another, each on a thread of its own ------------------------------------ */

/* One call, on a thread that lives until all is over, so that no two are the same. */
typedef struct Turn {
    Subject *subject;
    void (*call)(Subject *subject);
    pthread_t thread;
    bool is_done;
} Turn;

enum { TURNS_MAX = 4 };

static pthread_mutex_t turns_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turns_changed = PTHREAD_COND_INITIALIZER;
static bool turns_are_over;

static void *take_turn(void *ctx) {
    Turn *turn = ctx;
    subject_role_set(EMEND_ROLE_CONTROL);
    turn->call(turn->subject);
    pthread_mutex_lock(&turns_mutex);
    turn->is_done = true;
    pthread_cond_broadcast(&turns_changed);
    while (!turns_are_over) {
        pthread_cond_wait(&turns_changed, &turns_mutex);
    }
    pthread_mutex_unlock(&turns_mutex);
    return NULL;
}

/* Starts a turn and waits for its call. False where no thread can be made. */
static bool begin_turn(Turn *turn) {
    if (pthread_create(&turn->thread, NULL, take_turn, turn) != 0) {
        return false;
    }
    pthread_mutex_lock(&turns_mutex);
    while (!turn->is_done) {
        pthread_cond_wait(&turns_changed, &turns_mutex);
    }
    pthread_mutex_unlock(&turns_mutex);
    return true;
}

static void end_turns(const Turn *turns, size_t n) {
    pthread_mutex_lock(&turns_mutex);
    turns_are_over = true;
    pthread_cond_broadcast(&turns_changed);
    pthread_mutex_unlock(&turns_mutex);
    for (size_t i = 0; i < n; i++) {
        pthread_join(turns[i].thread, NULL);
    }
    turns_are_over = false;
}

static void make(Subject *subject) {
    Kit *kit = subject->kit;
    subject_create(kit, NULL, subject);
}

static void work(Subject *subject) {
    if (subject->is_made && !kit_is_over(subject->kit)) {
        subject_ok(subject, "a call on another thread", golden_workload(subject, NULL));
    }
}

static void destroy(Subject *subject) {
    if (subject->is_made) {
        subject_destroy_instance(subject, subject->self);
        subject->is_made = false;
    }
}

/* Ordered, never two at once: what [control] promises, and nothing more. */
static void control_moves(Kit *kit) {
    static void (*const calls[TURNS_MAX])(Subject *) = {make, work, destroy, subject_close};
    Turn turns[TURNS_MAX] = {0};
    Footprint *before = footprint_take();
    Subject subject = {.kit = kit};
    size_t n = 0;
    for (; n < TURNS_MAX; n++) {
        turns[n] = (Turn){.subject = &subject, .call = calls[n]};
        if (!begin_turn(&turns[n])) {
            kit_skip(kit, "no thread can be made");
            break;
        }
    }
    end_turns(turns, n);
    if (!kit_is_over(kit)) {
        footprint_compare(kit, before, FOOTPRINT_THREADS, "after close()");
    }
    footprint_free(before);
}

/* ---- what the plugin's threads block -------------------------------------------------------- */

/* Signals a user or a shell sends to a process: the host's, and no other thread's. */
static const int hosts_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD};

/* The C library's own, which nobody else can block: a thread that blocks it is still being made. */
enum { SIGSETXID = 33, NOT_BEGUN = -1 };

/* The first of those that the thread does not block; 0: none, or the thread is gone; NOT_BEGUN. */
static int unblocked_signal(const char *thread) {
    char path[128], line[256];
    unsigned long long blocked = UINT64_MAX;
    snprintf(path, sizeof path, "/proc/self/task/%.20s/status", thread);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "SigBlk:", 7) == 0) {
            blocked = strtoull(line + 7, NULL, 16);
        }
    }
    if (file) {
        fclose(file);
    }
    if (blocked != UINT64_MAX && (blocked >> (SIGSETXID - 1) & 1u) != 0) {
        return NOT_BEGUN;
    }
    for (size_t i = 0; i < sizeof hosts_signals / sizeof *hosts_signals; i++) {
        if ((blocked >> (hosts_signals[i] - 1) & 1u) == 0) {
            return hosts_signals[i];
        }
    }
    return 0;
}

/* The same over every thread but the caller's. */
static int unblocked_anywhere(void) {
    char mine[32];
    int number = 0;
    DIR *dir = opendir("/proc/self/task");
    snprintf(mine, sizeof mine, "%ld", syscall(SYS_gettid));
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry && number == 0;
         entry = readdir(dir)) {
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, mine) != 0) {
            number = unblocked_signal(entry->d_name);
        }
    }
    if (dir) {
        closedir(dir);
    }
    return number;
}

static void signals_blocked(Kit *kit) {
    const struct timespec time = {0, 1000000};
    Subject subject = {0};
    if (unblocked_anywhere() != 0) {
        kit_skip(kit, "the process has threads of its own, of a sanitizer");
        return;
    }
    if (subject_create(kit, NULL, &subject)) {
        golden_workload(&subject, NULL);
        int number = unblocked_anywhere();
        // A thread may set its mask itself, a moment after it began.
        for (int i = 0; i < PATIENCE_MS && number != 0; i++) {
            nanosleep(&time, NULL);
            number = unblocked_anywhere();
        }
        if (number > 0) {
            kit_fail(kit, "block all signals with pthread_sigmask() around pthread_create()",
                     "a thread that the plugin started does not block SIG%s; it must block all, "
                     "or a signal meant for the host ends up in it",
                     sigabbrev_np(number));
        }
    }
    subject_close(&subject);
}

static const KitTest tests[] = {
    {"threads.control", "takes its calls from one thread and then another", KIT_THREADS, 60,
     control_moves},
    {"threads.signals", "blocks all signals in threads of its own", KIT_THREADS, 60,
     signals_blocked},
};

const KitSuite suite_threads = {KIT_EVERY_KIND, tests, sizeof tests / sizeof *tests};

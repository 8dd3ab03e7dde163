/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/guard/watch.h"
#include "plugin/guard/threads.h"
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000ll
#define SECONDS_TO_END 600

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic int64_t end_ns; /* 0: nothing was caught */

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

bool watch_is_over(const GuardedCall *call) {
    return call->deadline_ns != 0 && now_ns() >= call->deadline_ns;
}

// The call may be over, and its frame gone, by the time it is looked at: the thread looks again.
static bool want(GuardThread *thread, int why) {
    if (!atomic_load(&thread->is_taken) || !atomic_load(&thread->call)) {
        return false;
    }
    atomic_store(&thread->wanted, why);
    return pthread_kill(thread->thread, WATCH_SIGNAL) == 0;
}

bool watch_want(int why) {
    bool is_any = false;
    for (GuardThread *thread = guard_threads(); thread; thread = thread->next) {
        is_any |= want(thread, why);
    }
    return is_any;
}

static void end_if_due(void) {
    static const char line[] =
        "emend: a plugin's crash left the process unable to end in order; ended now. A run goes "
        "on from its last checkpoint with --resume\n";
    int64_t end = atomic_load(&end_ns);
    if (end != 0 && now_ns() >= end) {
        if (write(STDERR_FILENO, line, sizeof line - 1) < 0) {
            _exit(1);
        }
        _exit(1);
    }
}

static void *watch(void *arg) {
    (void)arg;
    for (;;) {
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        end_if_due();
        for (GuardThread *thread = guard_threads(); thread; thread = thread->next) {
            int64_t deadline = atomic_load(&thread->deadline_ns);
            if (deadline != 0 && now_ns() >= deadline) {
                want(thread, GUARD_DEADLINE);
            }
        }
    }
    return NULL;
}

static void start(void) {
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    if (pthread_create(&thread, NULL, watch, NULL) == 0) {
        pthread_detach(thread);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int64_t watch_deadline(uint32_t seconds) {
    if (seconds == 0) {
        return 0;
    }
    pthread_once(&once, start);
    return now_ns() + (int64_t)seconds * SECOND_NS;
}

void watch_limit_the_end(void) {
    int64_t none = 0;
    pthread_once(&once, start);
    atomic_compare_exchange_strong(&end_ns, &none, now_ns() + SECONDS_TO_END * SECOND_NS);
}

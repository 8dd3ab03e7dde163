/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_GUARD_THREADS_H
#define PLUGIN_GUARD_THREADS_H
/* The threads that have been in a guarded call. Never freed, used again. */
#include "plugin/guard/guard.h"
#include <pthread.h>
#include <signal.h>

typedef struct GuardThread {
    struct GuardThread *next;
    atomic_bool is_taken;
    _Atomic(GuardedCall *) call; /* the innermost; NULL: none */
    _Atomic int64_t deadline_ns; /* of that call */
    atomic_int wanted;           /* GUARD_DEADLINE or GUARD_INTERRUPT: why it was signalled */
    pthread_t thread;
    sigset_t mask; /* outside of signal handlers */
    void *stack;   /* for signal handlers */
} GuardThread;

/* The calling thread's; NULL when memory is gone. */
GuardThread *guard_thread(void);
/* The same from a signal handler: NULL where it has none yet. */
GuardThread *guard_thread_known(void);
/* The first of all; any thread, signal handlers too. */
GuardThread *guard_threads(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/guard/threads.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

/* A handler of ours and what it calls, with room for the registers of AVX-512 and AMX. */
#define STACK_BYTES ((size_t)128 << 10)

static _Atomic(GuardThread *) first;
static _Thread_local GuardThread *mine;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void leave(void *arg) {
    GuardThread *thread = arg;
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(thread->stack, STACK_BYTES);
    thread->stack = NULL;
    mine = NULL;
    atomic_store(&thread->call, NULL);
    atomic_store(&thread->is_taken, false);
}

static void make_key(void) {
    pthread_key_create(&key, leave);
}

// Stack overflow leaves no room on the thread's own stack.
static void take_stack(GuardThread *thread) {
    stack_t before = {0};
    if (sigaltstack(NULL, &before) == 0 && !(before.ss_flags & SS_DISABLE)) {
        return; // a sanitizer's
    }
    void *bytes =
        mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes != MAP_FAILED) {
        stack_t stack = {.ss_sp = bytes, .ss_size = STACK_BYTES};
        sigaltstack(&stack, NULL);
        thread->stack = bytes;
    }
}

static GuardThread *take_free(void) {
    for (GuardThread *thread = guard_threads(); thread; thread = thread->next) {
        bool is_taken = false;
        if (atomic_compare_exchange_strong(&thread->is_taken, &is_taken, true)) {
            return thread;
        }
    }
    GuardThread *thread = calloc(1, sizeof *thread);
    if (thread) {
        atomic_store(&thread->is_taken, true);
        thread->next = atomic_load(&first);
        while (!atomic_compare_exchange_weak(&first, &thread->next, thread)) {
        }
    }
    return thread;
}

GuardThread *guard_thread(void) {
    if (!mine) {
        pthread_once(&once, make_key);
        GuardThread *thread = take_free();
        if (!thread) {
            return NULL;
        }
        thread->thread = pthread_self();
        pthread_sigmask(SIG_SETMASK, NULL, &thread->mask);
        atomic_store(&thread->wanted, 0);
        take_stack(thread);
        pthread_setspecific(key, thread);
        mine = thread;
    }
    return mine;
}

GuardThread *guard_thread_known(void) {
    return mine;
}

GuardThread *guard_threads(void) {
    return atomic_load(&first);
}

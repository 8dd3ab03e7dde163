/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/guard/guard.h"
#include "plugin/guard/exits.h"
#include "plugin/guard/marks.h"
#include "plugin/guard/threads.h"
#include "plugin/guard/watch.h"
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { N_CRASHES = sizeof crashes / sizeof *crashes };
static struct sigaction before[N_CRASHES];
static atomic_bool is_installed;
static pid_t host; // a process that a plugin forks is not ours to catch

static void *program_counter(void *context) {
#if defined(__x86_64__)
    return (void *)(uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (void *)(uintptr_t)((ucontext_t *)context)->uc_mcontext.pc;
#else
    (void)context;
    return NULL;
#endif
}

// The guarded call that the calling thread is in; from signal handlers too.
static GuardedCall *current_call(void) {
    GuardThread *thread = guard_thread_known();
    GuardedCall *call = thread ? atomic_load(&thread->call) : NULL;
    return call && atomic_load(&is_installed) && getpid() == host ? call : NULL;
}

static _Noreturn void jump(GuardedCall *call, int caught) {
    call->caught = caught;
    siglongjmp(call->place, 1);
}

// A thread that is in no call crashed: one that a plugin started, or the host's own.
static void say_whose(int number, void *at) {
    char line[512];
    Dl_info info = {0};
    const char *file = dladdr(at, &info) && info.dli_fname ? info.dli_fname : "unknown code";
    int n = snprintf(line, sizeof line,
                     "emend: SIG%s in %s, outside of any call into a plugin; where this is a "
                     "plugin's library, a thread that it started crashed. A run goes on from its "
                     "last checkpoint with --resume\n",
                     sigabbrev_np(number), file);
    if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0) {
        return;
    }
}

static void on_crash(int number, siginfo_t *info, void *context) {
    GuardedCall *call = current_call();
    if (call) {
        call->address = info->si_addr;
        call->at = program_counter(context);
        jump(call, number);
    }
    say_whose(number, program_counter(context));
    for (size_t i = 0; i < N_CRASHES; i++) {
        if (crashes[i] == number) {
            sigaction(number, &before[i], NULL); // it comes again, to whoever had it before
        }
    }
    if (number == SIGABRT || info->si_code <= 0) {
        raise(number);
    }
}

// Comes from the watch, or from guard_interrupt, to a thread that is to leave its call.
static void on_wanted(int number) {
    (void)number;
    GuardThread *thread = guard_thread_known();
    GuardedCall *call = current_call();
    int why = thread ? atomic_exchange(&thread->wanted, 0) : 0;
    bool is_due = why == GUARD_INTERRUPT || (call && watch_is_over(call));
    if (call && why != 0 && is_due) {
        jump(call, why);
    }
}

void guard_exit_called(int code) {
    GuardedCall *call = current_call();
    if (call) {
        call->exit_code = code;
        jump(call, GUARD_EXIT);
    }
}

void guard_install(void) {
    if (getenv("EMEND_NO_GUARD") || atomic_exchange(&is_installed, true)) {
        return;
    }
    host = getpid();
    if (getenv("EMEND_CHECKED")) {
        guard_check_marks(true);
    }
    struct sigaction action = {.sa_sigaction = on_crash,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < N_CRASHES; i++) {
        sigaction(crashes[i], &action, &before[i]);
    }
    struct sigaction wanted = {.sa_handler = on_wanted,
                               .sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART};
    sigemptyset(&wanted.sa_mask);
    sigaction(WATCH_SIGNAL, &wanted, NULL);
}

bool guard_interrupt(void) {
    return atomic_load(&is_installed) && watch_want(GUARD_INTERRUPT);
}

bool guard_begin(GuardedCall *call, Guarded *who, GuardMark mark, const char *operation,
                 EmendError *err) {
    if (atomic_load(&who->plugin->is_broken)) {
        emend_fail(err, EMEND_ABORTED,
                   "plugin %s crashed or hung before and is not called any more", who->plugin->id);
        return false;
    }
    GuardThread *thread = guard_thread();
    if (!thread) {
        emend_fail(err, EMEND_EXHAUSTED, "no memory for a call into plugin %s", who->plugin->id);
        return false;
    }
    call->who = who;
    call->mark = mark;
    call->operation = operation;
    call->caught = 0;
    call->address = call->at = NULL;
    call->outer = atomic_load_explicit(&thread->call, memory_order_relaxed);
    // The signal that ends a call which is late is handled where the guard is installed alone.
    call->deadline_ns = atomic_load(&is_installed) ? watch_deadline(who->seconds) : 0;
    if (!marks_enter(call, err)) {
        return false;
    }
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store(&thread->deadline_ns, call->deadline_ns);
    atomic_store_explicit(&thread->call, call, memory_order_release);
    return true;
}

void guard_end(GuardedCall *call) {
    GuardThread *thread = guard_thread_known();
    atomic_store_explicit(&thread->call, call->outer, memory_order_release);
    atomic_store(&thread->deadline_ns, call->outer ? call->outer->deadline_ns : 0);
    marks_leave(call);
}

// "libreward.so+0x1139 (score_all)"
static void describe_place(const void *at, char *text, size_t capacity) {
    Dl_info info = {0};
    if (!at || !dladdr(at, &info) || !info.dli_fname) {
        snprintf(text, capacity, "unknown code");
        return;
    }
    const char *slash = strrchr(info.dli_fname, '/');
    snprintf(text, capacity, "%s+0x%zx%s%s%s", slash ? slash + 1 : info.dli_fname,
             (size_t)((const char *)at - (const char *)info.dli_fbase), info.dli_sname ? " (" : "",
             info.dli_sname ? info.dli_sname : "", info.dli_sname ? ")" : "");
}

static void describe(const GuardedCall *call, char *text, size_t capacity) {
    const char *operation = call->operation;
    char place[256];
    describe_place(call->at, place, sizeof place);
    switch (call->caught) {
    case GUARD_EXIT:
        snprintf(text, capacity, "it called exit(%d) in %s; a plugin returns an error instead",
                 call->exit_code, operation);
        return;
    case GUARD_DEADLINE:
        snprintf(text, capacity,
                 "it did not return from %s within %u s; raise call_timeout_s if that is normal",
                 operation, call->who->seconds);
        return;
    case GUARD_INTERRUPT:
        snprintf(text, capacity, "it was interrupted in %s, since it did not heed is_cancelled",
                 operation);
        return;
    case SIGABRT:
        snprintf(text, capacity,
                 "it aborted in %s (abort(), a failed assertion, or a C++ exception that nothing "
                 "caught)",
                 operation);
        return;
    default:
        snprintf(text, capacity, "it crashed in %s: SIG%s in %s, address %p", operation,
                 sigabbrev_np(call->caught), place, call->address);
    }
}

EmendStatus guard_caught(GuardedCall *call, EmendError *err) {
    char what[512];
    // The jump may have left a handler, of Ctrl-C say, whose signal would stay blocked.
    pthread_sigmask(SIG_SETMASK, &guard_thread_known()->mask, NULL);
    guard_end(call);
    atomic_store(&call->who->plugin->is_broken, 1);
    watch_limit_the_end();
    describe(call, what, sizeof what);
    if (err) {
        err->flags |= EMEND_ERROR_PLUGIN_BUG;
    }
    return emend_fail(err, EMEND_ABORTED,
                      "%s; plugin %s is not called any more: report it to its authors, or look "
                      "for the defect with `emend check`",
                      what, call->who->plugin->id);
}

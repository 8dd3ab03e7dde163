/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_GUARD_GUARD_H
#define PLUGIN_GUARD_GUARD_H
/* Calls into plugins, watched.
 *
 * A call that crashes (SIGSEGV, SIGBUS, SIGFPE, SIGILL), aborts, throws a C++ exception out, calls
 * exit() or does not return in the time it has is left where it is, and the caller gets
 * EMEND_ABORTED with what happened and where. The plugin is broken from then on: no call goes into
 * it any more, and what it holds is never freed. So the host can end in order: the run with its
 * last whole step in a checkpoint, the rest as if the plugin had failed.
 *
 * What is not caught: a thread that a plugin started and that crashes (the host says whose it was,
 * and ends); memory of others that a plugin overwrote before it was caught. Once something was
 * caught the process has ten minutes to end in order; then it is ended.
 */
#include "emend/status.h"
#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What all components of a plugin share. */
typedef struct GuardedPlugin {
    const char *id;
    atomic_int is_broken;           /* a call was caught: none goes in any more */
    atomic_int n_control, n_worker; /* calls under way, in checked mode */
} GuardedPlugin;

/* Who is called: `self` of a guarded table. */
typedef struct Guarded {
    GuardedPlugin *plugin;
    const char *kind; /* "reward" */
    const char *name;
    void *self;           /* the plugin's */
    const void *table;    /* the plugin's, zero-extended */
    uint32_t seconds;     /* that a call has; 0: all there are */
    uint32_t concurrency; /* EMEND_CONCURRENCY_* */
    atomic_int n_worker;  /* calls under way, in checked mode */
} Guarded;

/* Who may make a call: the marks of emend/host.h. */
typedef enum GuardMark { GUARD_ANY, GUARD_CONTROL, GUARD_WORKER } GuardMark;

/* One call on its way, in the caller's frame. */
typedef struct GuardedCall {
    sigjmp_buf place;
    Guarded *who;
    GuardMark mark;
    const char *operation;
    struct GuardedCall *outer; /* the call it was made in, by the same thread */
    int64_t deadline_ns;       /* CLOCK_MONOTONIC; 0: none */
    int caught;                /* a signal's number, or GUARD_* */
    int exit_code;
    void *address, *at; /* of the fault: the data's and the code's */
} GuardedCall;

/* GuardedCall.caught beside signals. */
enum { GUARD_EXIT = -1, GUARD_DEADLINE = -2, GUARD_INTERRUPT = -3 };

/* Begins a call: false with the reason in err where the plugin is broken, or (in checked mode)
 * where the mark forbids it. */
bool guard_begin(GuardedCall *call, Guarded *who, GuardMark mark, const char *operation,
                 EmendError *err);
void guard_end(GuardedCall *call);
/* What came of a call that was caught; the plugin is broken. */
EmendStatus guard_caught(GuardedCall *call, EmendError *err);

/* Runs the expression CALL, a status, as OPERATION of WHO, and returns from the function with it. A
 * macro, since the frame that sigsetjmp marks must be the caller's. */
#define GUARD_RETURN(WHO, MARK, OPERATION, ERR, CALL)                                              \
    GuardedCall guarded_call;                                                                      \
    if (!guard_begin(&guarded_call, (WHO), (MARK), (OPERATION), (ERR))) {                          \
        return EMEND_ABORTED;                                                                      \
    }                                                                                              \
    if (sigsetjmp(guarded_call.place, 0) != 0) {                                                   \
        return guard_caught(&guarded_call, (ERR));                                                 \
    }                                                                                              \
    EmendStatus guarded_status = (CALL);                                                           \
    guard_end(&guarded_call);                                                                      \
    return guarded_status

/* Catches from now on: installs the handlers. Without it, calls go through and crashes are the
 * process's, as a debugger wants it. Once for a process, before threads. EMEND_NO_GUARD in the
 * environment: does nothing. */
void guard_install(void);
/* Every call under way is caught (GUARD_INTERRUPT); false: there was none. From a signal handler
 * too. */
bool guard_interrupt(void);
/* Checks marks and concurrency of every call. For tests, and EMEND_CHECKED in the environment. */
void guard_check_marks(bool is_checked);

/* Makes the table that the host calls: `out`, as large as the kind's struct, has a guarded function
 * wherever who->table has one, and takes `who` as self. kind: "emend.reward/1". */
void guard_table(const char *kind, const Guarded *who, void *out);

#endif

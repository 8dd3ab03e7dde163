/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_PROCESS_STATE_H
#define PLUGIN_PROCESS_STATE_H
/* What belongs to the process and no plugin may change (emend/host.h), to tell which of it one did.
 */
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct ProcessState {
    char locale[512];
    bool has_thread_locale;
    char folder[PATH_MAX];
    mode_t umask;
    int rounding;         /* how sums are rounded */
    bool keeps_denormals; /* neither flush-to-zero nor denormals-are-zero */
    int traps;            /* floating-point exceptions that raise a signal */
    uintptr_t handlers[NSIG];
    sigset_t blocked;
    uint64_t environment; /* a hash */
} ProcessState;

void process_state_take(ProcessState *out);

/* Tells of each difference; is_harm: results, or the host's own work, would depend on it. */
void process_state_compare(const ProcessState *before, const ProcessState *now,
                           void (*tell)(void *ctx, bool is_harm, const char *text), void *ctx);

#endif

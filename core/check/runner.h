/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_RUNNER_H
#define CHECK_RUNNER_H
/* Runs one test in a process of its own, which may crash, hang, exit or print as it likes. */
#include "check/kit_state.h"

typedef struct RunnerOptions {
    uint32_t seconds;   /* a test may take; 0: its own limit */
    bool is_in_process; /* no process, for a debugger: what crashes here crashes the caller */
    const volatile int *cancel; /* set: the test is ended; NULL: never */
} RunnerOptions;

/* `kit` is filled but for its scratch folder and result. EMEND_CANCELLED where `cancel` was set;
 * other failures are the machine's, not the plugin's. */
EmendStatus runner_run(const RunnerOptions *options, const KitTest *test, Kit *kit, KitResult *out,
                       EmendError *err);

#endif

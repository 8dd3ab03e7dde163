/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks signals in its caller's thread. */
#include "rogue_reward.h"
#include <signal.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("masks_signals", open_plugin);

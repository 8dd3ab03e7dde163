/* SPDX-License-Identifier: Apache-2.0 */
/* Handles a signal. */
#include "rogue_reward.h"
#include <signal.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    signal(SIGUSR1, SIG_IGN);
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("handler", open_plugin);

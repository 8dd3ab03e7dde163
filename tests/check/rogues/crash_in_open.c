/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes in open. */
#include "rogue_reward.h"

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    static int *volatile nowhere;
    *nowhere = 1;
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("crash_in_open", open_plugin);

/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the rounding mode. */
#include "rogue_reward.h"
#include <fenv.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    fesetround(FE_UPWARD);
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("rounding", open_plugin);

/* SPDX-License-Identifier: Apache-2.0 */
/* Writes to the environment. */
#include "rogue_reward.h"
#include <stdlib.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    setenv("ROGUE", "1", 1);
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("environment", open_plugin);

/* SPDX-License-Identifier: Apache-2.0 */
/* Ends the process from open. */
#include "rogue_reward.h"
#include <stdlib.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    exit(0);
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("exits", open_plugin);

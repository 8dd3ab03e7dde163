/* SPDX-License-Identifier: Apache-2.0 */
/* Closes what is not its own. */
#include "rogue_reward.h"
#include <unistd.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    close(0);
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("closes_file", open_plugin);

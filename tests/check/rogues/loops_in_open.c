/* SPDX-License-Identifier: Apache-2.0 */
/* Never comes back from open. */
#include "rogue_reward.h"
#include <time.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    while (!host->is_cancelled(host)) {
        const struct timespec moment = {0, 1000000};
        nanosleep(&moment, NULL);
    }
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("loops_in_open", open_plugin);

/* SPDX-License-Identifier: Apache-2.0 */
/* Changes the working directory. */
#include "rogue_reward.h"
#include <unistd.h>

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    if (chdir("/") != 0) {
        return emend_fail(err, EMEND_INTERNAL, "there is no root");
    }
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("moves", open_plugin);

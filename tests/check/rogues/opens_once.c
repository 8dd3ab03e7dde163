/* SPDX-License-Identifier: Apache-2.0 */
/* Can be opened only once. */
#include "rogue_reward.h"

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    static int n_times;
    if (n_times++ > 0) {
        return emend_fail(err, EMEND_PRECONDITION, "it was opened before");
    }
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("opens_once", open_plugin);

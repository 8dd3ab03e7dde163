/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses a host that is newer than its own headers. */
#include "rogue_reward.h"

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    if (host->abi_minor != EMEND_ABI_MINOR) {
        return emend_fail(err, EMEND_UNAVAILABLE, "the host is not the one it was built for");
    }
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("takes_newer_host", open_plugin);

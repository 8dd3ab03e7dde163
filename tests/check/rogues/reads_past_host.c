/* SPDX-License-Identifier: Apache-2.0 */
/* Takes a member of a later host to be there without looking at struct_size. */
#include "rogue_reward.h"

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    void *const *later = (void *const *)(host + 1);
    if (*(void *const volatile *)later) {
        return emend_fail(err, EMEND_INTERNAL, "the host has more than it should");
    }
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("reads_past_host", open_plugin);

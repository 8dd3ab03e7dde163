/* SPDX-License-Identifier: Apache-2.0 */
/* Uses thread-local storage of the static sort. */
#include "rogue_reward.h"

static _Thread_local volatile int n_calls;

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    n_calls++;
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("static_tls", open_plugin);

/* SPDX-License-Identifier: Apache-2.0 */
/* Writes to the host table. */
#include "rogue_reward.h"

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    *(volatile uint32_t *)(uintptr_t)&host->struct_size = 72;
    return rogue_open(host, dir, out, err);
}

ROGUE_WITH_OPEN("writes_host", open_plugin);

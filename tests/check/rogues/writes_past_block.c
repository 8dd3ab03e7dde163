/* SPDX-License-Identifier: Apache-2.0 */
/* Writes behind the end of a block. */
#include "rogue_reward.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    char *block = plugin->host->alloc(plugin->host, 8, 0);
    if (!block) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the instance");
    }
    for (volatile int i = 0; i <= 8; i++) {
        block[i] = 0;
    }
    plugin->host->free(plugin->host, block);
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("writes_past_block", create, rogue_destroy);

/* SPDX-License-Identifier: Apache-2.0 */
/* Frees a block twice. */
#include "rogue_reward.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    void *volatile block = plugin->host->alloc(plugin->host, 8, 0);
    plugin->host->free(plugin->host, block);
    if (block) {
        plugin->host->free(plugin->host, block);
    }
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("frees_twice", create, rogue_destroy);

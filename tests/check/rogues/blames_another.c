/* SPDX-License-Identifier: Apache-2.0 */
/* Says that the config is wrong where memory is gone. */
#include "rogue_reward.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    void *block = plugin->host->alloc(plugin->host, 64, 0);
    if (!block) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "config: it cannot be read");
    }
    plugin->host->free(plugin->host, block);
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("blames_another", create, rogue_destroy);

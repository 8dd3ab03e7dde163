/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves a block behind where the second one cannot be had. */
#include "rogue_reward.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    const EmendHost *host = plugin->host;
    char *first = host->alloc(host, 64, 0);
    char *second = first ? host->alloc(host, 64, 0) : NULL;
    if (!second) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the instance");
    }
    host->free(host, second);
    host->free(host, first);
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("leaks_when_refused", create, rogue_destroy);

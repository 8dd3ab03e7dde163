/* SPDX-License-Identifier: Apache-2.0 */
/* Returns a status, and writes another as its code. */
#include "rogue_reward.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    if (config.len > 0) {
        emend_fail(err, EMEND_INTERNAL, "config: it has bytes; it must be empty");
        return EMEND_INVALID_ARGUMENT;
    }
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("other_code", create, rogue_destroy);

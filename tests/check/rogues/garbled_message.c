/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a message that is not UTF-8. */
#include "rogue_reward.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    if (config.len > 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "config: \xFF\xFE");
    }
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("garbled_message", create, rogue_destroy);

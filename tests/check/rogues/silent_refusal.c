/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses a config without a message. */
#include "rogue_reward.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    if (config.len > 0) {
        return EMEND_INVALID_ARGUMENT;
    }
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("silent_refusal", create, rogue_destroy);

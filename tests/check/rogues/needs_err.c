/* SPDX-License-Identifier: Apache-2.0 */
/* Takes it that there is always an error to write to. */
#include "rogue_reward.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    if (config.len > 0) {
        err->code = EMEND_INVALID_ARGUMENT;
        snprintf(err->message, err->message_capacity, "config: it must be empty");
        return EMEND_INVALID_ARGUMENT;
    }
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("needs_err", create, rogue_destroy);

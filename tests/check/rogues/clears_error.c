/* SPDX-License-Identifier: Apache-2.0 */
/* Clears all of an error, what it does not know of too. */
#include "rogue_reward.h"
#include <string.h>

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    if (config.len > 0) {
        if (err && err->message_capacity > 0) {
            EmendError given = *err;
            memset(err, 0, given.struct_size);
            *err = given;
        }
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "config: it must be empty");
    }
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("clears_error", create, rogue_destroy);

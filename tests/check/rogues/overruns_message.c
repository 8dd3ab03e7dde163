/* SPDX-License-Identifier: Apache-2.0 */
/* Writes its message without looking at the room for it. */
#include "rogue_reward.h"
#include <string.h>

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    if (config.len > 0) {
        static const char text[] = "config: it has bytes; it must be empty";
        if (err) {
            err->code = EMEND_INVALID_ARGUMENT;
        }
        if (err && err->message) {
            memcpy(err->message, text, sizeof text);
        }
        return EMEND_INVALID_ARGUMENT;
    }
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("overruns_message", create, rogue_destroy);

/* SPDX-License-Identifier: Apache-2.0 */
/* Says that a wrong config is its own fault. */
#include "rogue_reward.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    if (config.len > 0) {
        return emend_fail(err, EMEND_INTERNAL, "config: this cannot happen");
    }
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("own_fault", create, rogue_destroy);

/* SPDX-License-Identifier: Apache-2.0 */
/* Believes the length that stands in a config. */
#include "rogue_reward.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    if (config.len > 0) {
        const unsigned char *bytes = config.ptr;
        unsigned sum = 0;
        for (unsigned i = 0; i < 1u << 30 && bytes[0] == 0xFF; i++) {
            sum += ((const volatile unsigned char *)bytes)[i];
        }
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "config: its sum is %u; it must be 0", sum);
    }
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("trusts_config", create, rogue_destroy);

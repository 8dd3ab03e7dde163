/* SPDX-License-Identifier: Apache-2.0 */
/* Loses memory that is not the host's: nobody counts that but a sanitizer. */
#include "rogue_reward.h"
#include <stdlib.h>

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    volatile char *lost = malloc(100);
    if (lost) {
        lost[0] = 1;
    }
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("loses_memory", create, rogue_destroy);

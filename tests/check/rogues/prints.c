/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what it does. */
#include "rogue_reward.h"
#include <stdio.h>

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    puts("made an instance");
    fflush(stdout);
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("prints", create, rogue_destroy);

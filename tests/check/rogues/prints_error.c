/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a complaint. */
#include "rogue_reward.h"
#include <stdio.h>

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    fputs("deprecated\n", stderr);
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("prints_error", create, rogue_destroy);

/* SPDX-License-Identifier: Apache-2.0 */
/* Waits for the user to change their mind. */
#include "rogue_reward.h"
#include <time.h>

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    while (plugin->host->is_cancelled(plugin->host)) {
        const struct timespec moment = {0, 1000000};
        nanosleep(&moment, NULL);
    }
    return upright_create(plugin, name, config, instance, table, err);
}

ROGUE_WITH_FACTORY("waits_when_cancelled", create, rogue_destroy);

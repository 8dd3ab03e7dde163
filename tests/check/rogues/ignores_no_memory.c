/* SPDX-License-Identifier: Apache-2.0 */
/* Takes it that there is always memory. */
#include "rogue_reward.h"

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    (void)dir;
    (void)err;
    EmendPlugin *plugin = host->alloc(host, sizeof *plugin, 0);
    plugin->host = host;
    plugin->self = plugin;
    *out = plugin;
    return EMEND_OK;
}

ROGUE_WITH_OPEN("ignores_no_memory", open_plugin);

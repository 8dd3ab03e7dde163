/* SPDX-License-Identifier: Apache-2.0 */
/* Calls through a copy of the host table. */
#include "rogue_reward.h"

static EmendHost copy;

static EmendStatus open_plugin(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    (void)dir;
    copy = *host;
    host = &copy;
    EmendPlugin *plugin = host->alloc(host, sizeof *plugin, 0);
    if (!plugin) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the plugin");
    }
    plugin->host = host;
    plugin->self = plugin;
    *out = plugin;
    return EMEND_OK;
}

ROGUE_WITH_OPEN("copies_host", open_plugin);

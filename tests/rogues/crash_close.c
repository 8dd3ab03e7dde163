/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes in close. */
#include "rogue.h"

static void close_plugin(EmendPlugin *plugin) {
    rogue_crash();
    rogue_close(plugin);
}

EMEND_DECLARE_PLUGIN("test.rogues.crash_close", ROGUE_VERSION, rogue_open, close_plugin,
                     rogue_factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes in close. */
#include "rogue.h"

static void close_plugin(EmendPlugin *plugin) {
    static int *volatile nowhere;
    *nowhere = 1;
    rogue_close(plugin);
}

EMEND_DECLARE_PLUGIN("test.rogues.crash_close", ROGUE_VERSION, rogue_open, close_plugin,
                     rogue_factory);

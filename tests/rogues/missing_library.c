/* SPDX-License-Identifier: Apache-2.0 */
/* Needs a library that is not there. */
#include "rogue.h"

void emend_rogue_gone(void);

static void close_plugin(EmendPlugin *plugin) {
    emend_rogue_gone();
    rogue_close(plugin);
}

EMEND_DECLARE_PLUGIN("test.rogues.missing_library", ROGUE_VERSION, rogue_open, close_plugin,
                     rogue_factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Calls functions that nobody has. */
#include "rogue.h"

void emend_rogue_nowhere(void);
void emend_rogue_neither(void);

static void close_plugin(EmendPlugin *plugin) {
    emend_rogue_nowhere();
    emend_rogue_neither();
    rogue_close(plugin);
}

EMEND_DECLARE_PLUGIN("test.rogues.undefined_symbols", ROGUE_VERSION, rogue_open, close_plugin,
                     rogue_factory);

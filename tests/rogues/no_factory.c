/* SPDX-License-Identifier: Apache-2.0 */
/* Has no factory for what its manifest lists. */
#include "rogue.h"

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    (void)plugin;
    (void)kind;
    return NULL;
}

EMEND_DECLARE_PLUGIN("test.rogues.no_factory", ROGUE_VERSION, rogue_open, rogue_close, factory);

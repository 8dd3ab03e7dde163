/* SPDX-License-Identifier: Apache-2.0 */
/* Has a factory for a kind that its manifest does not list. */
#include "rogue_reward.h"

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    return rogue_is(kind, "emend.task/1") ? upright_factory(plugin, EMEND_KIND_REWARD)
                                          : upright_factory(plugin, kind);
}

EMEND_DECLARE_PLUGIN("test.rogues.unlisted_kind", ROGUE_VERSION, rogue_open, rogue_close, factory);

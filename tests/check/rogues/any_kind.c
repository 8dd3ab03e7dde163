/* SPDX-License-Identifier: Apache-2.0 */
/* Has a factory for whatever begins like its kind. */
#include "rogue_reward.h"

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    static const char mine[] = EMEND_KIND_REWARD;
    for (int i = 0; mine[i]; i++) {
        if (kind[i] != mine[i]) {
            return NULL;
        }
    }
    return upright_factory(plugin, EMEND_KIND_REWARD);
}

EMEND_DECLARE_PLUGIN("test.rogues.any_kind", ROGUE_VERSION, rogue_open, rogue_close, factory);

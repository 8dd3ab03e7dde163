/* SPDX-License-Identifier: Apache-2.0 */
/* Says of its calls what no host knows. */
#include "rogue_reward.h"

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory reward = {.struct_size = sizeof(EmendFactory),
                                        .concurrency = 7,
                                        .create = upright_create,
                                        .destroy = rogue_destroy};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_REWARD) ? &reward : NULL;
}

EMEND_DECLARE_PLUGIN("test.rogues.odd_concurrency", ROGUE_VERSION, rogue_open, rogue_close,
                     factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Its table lacks the one function a reward is for. */
#include "rogue.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    static const EmendReward empty = {.struct_size = sizeof(EmendReward)};
    EmendStatus status = rogue_create(plugin, name, config, instance, table, err);
    *table = &empty;
    return status;
}

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory reward = {
        .struct_size = sizeof(EmendFactory), .create = create, .destroy = rogue_destroy};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_REWARD) ? &reward : NULL;
}

EMEND_DECLARE_PLUGIN("test.rogues.null_member", ROGUE_VERSION, rogue_open, rogue_close, factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses its config and says why, as it should. */
#include "rogue.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    (void)plugin;
    (void)name;
    (void)config;
    (void)instance;
    (void)table;
    return emend_fail(err, EMEND_INVALID_ARGUMENT, "alpha is -1; it must be 0 or more");
}

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory reward = {
        .struct_size = sizeof(EmendFactory), .create = create, .destroy = rogue_destroy};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_REWARD) ? &reward : NULL;
}

EMEND_DECLARE_PLUGIN("test.rogues.picky", ROGUE_VERSION, rogue_open, rogue_close, factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Fails and does not say why. */
#include "rogue.h"

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    (void)plugin;
    (void)name;
    (void)config;
    (void)instance;
    (void)table;
    (void)err;
    return EMEND_INTERNAL;
}

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory reward = {
        .struct_size = sizeof(EmendFactory), .create = create, .destroy = rogue_destroy};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_REWARD) ? &reward : NULL;
}

EMEND_DECLARE_PLUGIN("test.rogues.silent", ROGUE_VERSION, rogue_open, rogue_close, factory);

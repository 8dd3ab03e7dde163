/* SPDX-License-Identifier: Apache-2.0 */
/* A reward of a later time: its factory and its table go on where this host's end, with poison. */
#include "rogue.h"

typedef struct NewReward {
    EmendReward known;
    uint64_t poison[8];
} NewReward;

typedef struct NewFactory {
    EmendFactory known;
    uint64_t poison[4];
} NewFactory;

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    static const NewReward reward = {{.struct_size = sizeof(NewReward), .score = rogue_score},
                                     {0xEEEEEEEEEEEEEEEEu, 0xEEEEEEEEEEEEEEEEu}};
    EmendStatus status = rogue_create(plugin, name, config, instance, table, err);
    *table = &reward;
    return status;
}

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    static const NewFactory reward = {
        {.struct_size = sizeof(NewFactory), .create = create, .destroy = rogue_destroy},
        {0xEEEEEEEEEEEEEEEEu}};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_REWARD) ? &reward.known : NULL;
}

EMEND_DECLARE_PLUGIN("test.rogues.newer", ROGUE_VERSION, rogue_open, rogue_close, factory);

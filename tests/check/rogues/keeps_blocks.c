/* SPDX-License-Identifier: Apache-2.0 */
/* Frees the blocks of an instance only when the plugin is closed. */
#include "rogue_reward.h"

static struct Block { struct Block *next; } * blocks;

static void close_plugin(EmendPlugin *plugin) {
    while (blocks) {
        struct Block *block = blocks;
        blocks = block->next;
        plugin->host->free(plugin->host, block);
    }
    rogue_close(plugin);
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    struct Block *block = plugin->host->alloc(plugin->host, sizeof *block, 0);
    if (!block) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the instance");
    }
    block->next = blocks;
    blocks = block;
    return upright_create(plugin, name, config, instance, table, err);
}

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory reward = {
        .struct_size = sizeof(EmendFactory), .create = create, .destroy = rogue_destroy};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_REWARD) ? &reward : NULL;
}

EMEND_DECLARE_PLUGIN("test.rogues.keeps_blocks", ROGUE_VERSION, rogue_open, close_plugin, factory);

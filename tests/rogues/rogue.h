/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROGUES_ROGUE_H
#define ROGUES_ROGUE_H
/* What a reward plugin does when it behaves; each rogue replaces one thing. */
#include "emend/plugin.h"
#include "emend/reward.h"

#define ROGUE_VERSION "0.1.0"

struct EmendPlugin {
    const EmendHost *host;
    EmendPlugin *self; /* the host's block this lives in */
};

static inline EmendStatus rogue_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                                     EmendError *err) {
    (void)dir;
    EmendPlugin *plugin = host->alloc(host, sizeof *plugin, 0);
    if (!plugin) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the plugin");
    }
    plugin->host = host;
    plugin->self = plugin;
    *out = plugin;
    return EMEND_OK;
}

static inline void rogue_close(EmendPlugin *plugin) {
    plugin->host->free(plugin->host, plugin->self);
}

static inline EmendStatus rogue_score(void *self, EmendSpan samples, uint64_t seed,
                                      EmendError *err) {
    (void)self;
    (void)samples;
    (void)seed;
    (void)err;
    return EMEND_OK;
}

static const EmendReward rogue_table = {.struct_size = sizeof(EmendReward), .score = rogue_score};

static inline EmendStatus rogue_create(EmendPlugin *plugin, EmendStr name, EmendBytes config,
                                       void **instance, const void **table, EmendError *err) {
    (void)name;
    (void)config;
    (void)err;
    *instance = plugin;
    *table = &rogue_table;
    return EMEND_OK;
}

static inline void rogue_destroy(EmendPlugin *plugin, void *instance) {
    (void)plugin;
    (void)instance;
}

/* Writes where nothing is; no sanitizer is to say so first. */
static inline void rogue_crash(void) {
    static volatile uintptr_t nowhere = 64;
    *(volatile int *)nowhere = 1;
}

/* Equality of C strings, so that rogues need no library. */
static inline int rogue_is(const char *a, const char *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static inline const EmendFactory *rogue_factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory factory = {
        .struct_size = sizeof(EmendFactory), .create = rogue_create, .destroy = rogue_destroy};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_REWARD) ? &factory : NULL;
}

#endif

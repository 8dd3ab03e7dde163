/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CHECK_KINDS_SPOILED_H
#define TESTS_CHECK_KINDS_SPOILED_H
/* A plugin whose components differ in their names alone, and are each named after their defect. */
#include "emend/plugin.h"
#include <stdbool.h>
#include <string.h>

enum { SPOILED_NAME_BYTES = 32 };

/* An instance begins with this; the rest of it is zeroes. */
typedef struct Spoiled {
    const EmendHost *host;
    char defect[SPOILED_NAME_BYTES];
} Spoiled;

struct EmendPlugin {
    const EmendHost *host;
};

static inline bool has(const void *self, const char *defect) {
    return strcmp(((const Spoiled *)self)->defect, defect) == 0;
}

static inline EmendStatus spoiled_create(EmendPlugin *plugin, EmendStr name, size_t n_bytes,
                                         void **instance, EmendError *err) {
    Spoiled *spoiled = plugin->host->alloc(plugin->host, n_bytes, 0);
    if (!spoiled || name.len >= SPOILED_NAME_BYTES) {
        plugin->host->free(plugin->host, spoiled);
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for an instance");
    }
    memset(spoiled, 0, n_bytes);
    spoiled->host = plugin->host;
    memcpy(spoiled->defect, name.ptr, name.len);
    *instance = spoiled;
    return EMEND_OK;
}

static inline void spoiled_nothing(void *instance) {
    (void)instance;
}

static inline EmendStatus spoiled_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                                       EmendError *err) {
    EmendPlugin *plugin = host->alloc(host, sizeof *plugin, 0);
    (void)dir;
    if (!plugin) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the plugin");
    }
    plugin->host = host;
    *out = plugin;
    return EMEND_OK;
}

static inline void spoiled_close(EmendPlugin *plugin) {
    plugin->host->free(plugin->host, plugin);
}

/* The rest of the plugin: instances of SIZE bytes, whose table TABLE_OF(instance) gives, and which
 * FINISH(instance) ends. */
#define SPOILED_PLUGIN(ID, KIND, SIZE, TABLE_OF, FINISH)                                           \
    static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config,               \
                              void **instance, const void **table, EmendError *err) {              \
        (void)config;                                                                              \
        EmendStatus status = spoiled_create(plugin, name, SIZE, instance, err);                    \
        if (status == EMEND_OK) {                                                                  \
            *table = TABLE_OF(*instance);                                                          \
        }                                                                                          \
        return status;                                                                             \
    }                                                                                              \
    static void destroy(EmendPlugin *plugin, void *instance) {                                     \
        FINISH(instance);                                                                          \
        plugin->host->free(plugin->host, instance);                                                \
    }                                                                                              \
    static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {                    \
        static const EmendFactory spoiled = {                                                      \
            .struct_size = sizeof spoiled, .create = create, .destroy = destroy};                  \
        (void)plugin;                                                                              \
        return strcmp(kind, KIND) == 0 ? &spoiled : NULL;                                          \
    }                                                                                              \
    EMEND_DECLARE_PLUGIN(ID, "0.1.0", spoiled_open, spoiled_close, factory);

#endif

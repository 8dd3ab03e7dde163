/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_COMPONENT_H
#define EMEND_COMPONENT_H
/* For a plugin that carries components of one kind and keeps nothing of its own beside them, which
 * most do: all that is left to write is `create`, `destroy` and the kind's table.
 *
 *     static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config,
 *                               void **instance, const void **table, EmendError *err) {
 *         EmendStatus status = EMEND_OK;
 *         Brief *brief = emend_alloc(emend_plugin_host(plugin), sizeof *brief, &status, err);
 *         ...
 *     }
 *     static const EmendFactory factory = {.struct_size = sizeof factory,
 *                                          .concurrency = EMEND_CONCURRENCY_PARALLEL,
 *                                          .create = create,
 *                                          .destroy = destroy};
 *     EMEND_DECLARE_COMPONENT("org.example.brief", "0.1.0", EMEND_KIND_REWARD, factory);
 *
 * A plugin with state of its own, with several kinds, or one that must know its package folder
 * writes `open`, `close` and `factory` itself: see emend/plugin.h. All calls here are [any].
 */
#include "emend/plugin.h"
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The host, of a plugin declared with EMEND_DECLARE_COMPONENT. */
static inline const EmendHost *emend_plugin_host(const EmendPlugin *plugin) {
    return (const EmendHost *)(const void *)plugin;
}

/* Zeroed memory of the host, given back with host->free. Where there is none: NULL, *status is
 * EMEND_EXHAUSTED, and err says so; else *status is left as it is. */
static inline void *emend_alloc(const EmendHost *host, uint64_t size, EmendStatus *status,
                                EmendError *err) {
    void *block = host->alloc(host, size, 0);
    if (!block) {
        *status = emend_fail(err, EMEND_EXHAUSTED, "no memory: %llu bytes were refused",
                             (unsigned long long)size);
        return NULL;
    }
    return memset(block, 0, size);
}

/* What EMEND_DECLARE_COMPONENT opens and closes with: the host is all the plugin keeps. */
static inline EmendStatus emend_component_open(const EmendHost *host, EmendStr dir,
                                               EmendPlugin **out, EmendError *err) {
    (void)dir;
    (void)err;
    *out = (EmendPlugin *)(uintptr_t)host;
    return EMEND_OK;
}
static inline void emend_component_close(EmendPlugin *plugin) {
    (void)plugin;
}

/* Defines the entry of a plugin whose components are all of KIND and made by FACTORY, a static
 * const EmendFactory. ID and VERSION are as in EMEND_DECLARE_PLUGIN. */
#define EMEND_DECLARE_COMPONENT(ID, VERSION, KIND, FACTORY)                                        \
    static const EmendFactory *emend_component_factory(EmendPlugin *plugin, const char *kind) {    \
        (void)plugin;                                                                              \
        return strcmp(kind, KIND) == 0 ? &(FACTORY) : NULL;                                        \
    }                                                                                              \
    EMEND_DECLARE_PLUGIN(ID, VERSION, emend_component_open, emend_component_close,                 \
                         emend_component_factory)

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "instance.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include <stdio.h>
#include <string.h>

struct EmendPlugin {
    const EmendHost *host;
    const AlgorithmType *type;
};

void *algorithm_alloc(const AlgorithmBase *base, uint64_t n, uint64_t bytes) {
    void *block = n <= UINT64_MAX / bytes ? base->host->alloc(base->host, n * bytes, 0) : NULL;
    return block ? memset(block, 0, (size_t)(n * bytes)) : NULL;
}

void algorithm_free(const AlgorithmBase *base, void *block) {
    base->host->free(base->host, block);
}

void warn_once(const AlgorithmBase *base, bool *has_warned, const char *warning) {
    char line[256];
    if (*has_warned) {
        return;
    }
    *has_warned = true;
    snprintf(line, sizeof line, "%s: %s", base->type->name, warning);
    base->host->log(base->host, EMEND_LOG_WARNING, emend_str(line));
}

static void destroy(EmendPlugin *plugin, void *instance) {
    AlgorithmBase *base = instance;
    if (!base) {
        return;
    }
    if (base->config && plugin->type->finish) {
        plugin->type->finish(instance);
    }
    emend_config_free(plugin->host, base->config);
    plugin->host->free(plugin->host, instance);
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    const AlgorithmType *type = plugin->type;
    EmendStatus status = EMEND_OK;
    (void)name;

    AlgorithmBase *base = emend_alloc(plugin->host, type->self_bytes, &status, err);
    if (status != EMEND_OK) {
        return status;
    }
    base->type = type;
    base->host = plugin->host;
    base->config = emend_config_unpack(plugin->host, type->config, bytes, &status, err);
    if (status == EMEND_OK) {
        status = type->init(base, err);
    }
    if (status != EMEND_OK) {
        destroy(plugin, base);
        return status;
    }
    *instance = base;
    *table = type->table;
    return EMEND_OK;
}

EmendStatus algorithm_open(const EmendHost *host, const AlgorithmType *type, EmendStr dir,
                           EmendPlugin **out, EmendError *err) {
    (void)dir;
    EmendStatus status = EMEND_OK;
    EmendPlugin *plugin = emend_alloc(host, sizeof *plugin, &status, err);
    if (status == EMEND_OK) {
        *plugin = (EmendPlugin){host, type};
        *out = plugin;
    }
    return status;
}

void algorithm_close(EmendPlugin *plugin) {
    plugin->host->free(plugin->host, plugin);
}

const EmendFactory *algorithm_factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory factory = {.struct_size = sizeof(EmendFactory),
                                         .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                         .create = create,
                                         .destroy = destroy};
    (void)plugin;
    return strcmp(kind, EMEND_KIND_ALGORITHM) == 0 ? &factory : NULL;
}

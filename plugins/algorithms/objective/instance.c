/* SPDX-License-Identifier: Apache-2.0 */
#include "instance.h"
#include <stdio.h>
#include <string.h>

struct EmendPlugin {
    const EmendHost *host;
    const AlgorithmType *type;
};

static void *host_alloc(void *host, size_t size) {
    return ((const EmendHost *)host)->alloc(host, size, 0);
}

static void host_free(void *host, void *block) {
    ((const EmendHost *)host)->free(host, block);
}

static ProtobufCAllocator config_allocator(const EmendHost *host) {
    ProtobufCAllocator allocator = {host_alloc, host_free, (void *)(uintptr_t)host};
    return allocator;
}

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
    ProtobufCAllocator allocator = config_allocator(plugin->host);
    if (base->config) {
        protobuf_c_message_free_unpacked(base->config, &allocator);
    }
    plugin->host->free(plugin->host, instance);
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    const AlgorithmType *type = plugin->type;
    ProtobufCAllocator allocator = config_allocator(plugin->host);
    (void)name;

    AlgorithmBase *base = plugin->host->alloc(plugin->host, type->self_bytes, 0);
    if (!base) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for an instance", type->name);
    }
    memset(base, 0, type->self_bytes);
    *base = (AlgorithmBase){
        .type = type,
        .host = plugin->host,
        .config = protobuf_c_message_unpack(type->config, &allocator, bytes.len, bytes.ptr)};
    EmendStatus status =
        base->config
            ? type->init(base, err)
            : emend_fail(err, EMEND_INVALID_ARGUMENT,
                         "config: its %llu bytes cannot be read as a %s, or memory is gone",
                         (unsigned long long)bytes.len, type->config->name);
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
    EmendPlugin *plugin = host->alloc(host, sizeof *plugin, 0);
    if (!plugin) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory to open the plugin", type->name);
    }
    *plugin = (EmendPlugin){host, type};
    *out = plugin;
    return EMEND_OK;
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

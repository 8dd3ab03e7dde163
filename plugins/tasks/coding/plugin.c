/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin.h"

#include <string.h>

struct EmendPlugin {
    const EmendHost *host;
    const CodingPlugin *about;
    char *dir;
};

typedef struct Instance {
    Coding coding;                // first: the slots take it
    ProtobufCAllocator allocator; // the config's
    ProtobufCMessage *config;
} Instance;

static void *config_alloc(void *host, size_t size) {
    return ((const EmendHost *)host)->alloc(host, size, 0);
}

static void config_free(void *host, void *block) {
    ((const EmendHost *)host)->free(host, block);
}

static void destroy(EmendPlugin *plugin, void *self) {
    Instance *instance = self;
    if (instance) {
        coding_finish(&instance->coding);
        protobuf_c_message_free_unpacked(instance->config, &instance->allocator);
        plugin->host->free(plugin->host, instance);
    }
}

static EmendStatus configure(const EmendPlugin *plugin, Instance *instance, EmendBytes bytes,
                             EmendError *err) {
    const CodingPlugin *about = plugin->about;
    instance->config =
        protobuf_c_message_unpack(about->config, &instance->allocator, bytes.len, bytes.ptr);
    return instance->config
               ? about->configure(&instance->coding, instance->config, plugin->dir, err)
               : emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "config: its %llu bytes are not an %s, or there is no memory for them",
                            (unsigned long long)bytes.len, about->config->name);
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    (void)name; // the package has one component
    Instance *task = plugin->host->alloc(plugin->host, sizeof *task, 0);
    if (!task) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for the task", plugin->about->name);
    }
    *task = (Instance){.coding = {.host = plugin->host}};
    task->allocator =
        (ProtobufCAllocator){config_alloc, config_free, (void *)(uintptr_t)plugin->host};
    EmendStatus status = configure(plugin, task, bytes, err);
    if (status != EMEND_OK) {
        destroy(plugin, task);
        return status;
    }
    *instance = task;
    *table = &coding_task;
    return EMEND_OK;
}

static const EmendFactory task_factory = {
    .struct_size = sizeof(EmendFactory),
    .concurrency = EMEND_CONCURRENCY_PARALLEL,
    .create = create,
    .destroy = destroy,
};

EmendStatus coding_plugin_open(const EmendHost *host, EmendStr dir, const CodingPlugin *about,
                               EmendPlugin **out, EmendError *err) {
    EmendPlugin *plugin = host->alloc(host, sizeof *plugin + dir.len + 1, 0);
    if (!plugin) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for the plugin", about->name);
    }
    *plugin = (EmendPlugin){host, about, (char *)(plugin + 1)};
    memcpy(plugin->dir, dir.ptr, dir.len);
    plugin->dir[dir.len] = '\0';
    *out = plugin;
    return EMEND_OK;
}

void coding_plugin_close(EmendPlugin *plugin) {
    plugin->host->free(plugin->host, plugin);
}

const EmendFactory *coding_plugin_factory(EmendPlugin *plugin, const char *kind) {
    (void)plugin;
    return strcmp(kind, EMEND_KIND_TASK) == 0 ? &task_factory : NULL;
}

EmendStatus coding_prompt_style(int prompt_style, PromptStyle *out, EmendError *err) {
    if (prompt_style != STYLE_PAPER && prompt_style != STYLE_CHAT) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "prompt_style: is %d; it must be PAPER or CHAT", prompt_style);
    }
    *out = (PromptStyle)prompt_style;
    return EMEND_OK;
}

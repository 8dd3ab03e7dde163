/* SPDX-License-Identifier: Apache-2.0 */
/* The task "humaneval": HumanEval's problems as one split, and its records. */
#include "coding.h"
#include "config.pb-c.h"
#include "emend/plugin.h"

#include <string.h>

typedef Emend__Tasks__Humaneval__Config Config;

struct EmendPlugin {
    const EmendHost *host;
    char *dir;
};

typedef struct HumanEval {
    Coding coding;                // first: the slots take it
    ProtobufCAllocator allocator; // the config's
    Config *config;
} HumanEval;

static void *config_alloc(void *host, size_t size) {
    return ((const EmendHost *)host)->alloc(host, size, 0);
}

static void config_free(void *host, void *block) {
    ((const EmendHost *)host)->free(host, block);
}

static EmendStatus configure(HumanEval *task, const char *dir, EmendError *err) {
    const Config *config = task->config;
    Coding *coding = &task->coding;
    if ((uint32_t)config->prompt_style > STYLE_CHAT) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "prompt_style: is %d; it must be PAPER or CHAT",
                          (int)config->prompt_style);
    }
    coding->prompts = (Prompts){.style = (PromptStyle)config->prompt_style};
    coding->prompts.instruction = config->instruction ? emend_str(config->instruction)
                                                      : prompts_instruction(coding->prompts.style);
    JudgeRules rules = {.dir = dir,
                        .python = config->python,
                        .n_workers = config->n_workers,
                        .limits = {.wall_ms = config->wall_ms,
                                   .cpu_ms = config->cpu_ms,
                                   .memory_bytes = (uint64_t)config->memory_mib << 20},
                        .is_unsafe = config->unsafe_no_sandbox,
                        .is_fraction = config->fraction,
                        .keeps_output = config->keep_output,
                        .failures = config->failures};
    EmendStatus status = humaneval_load(coding->host, "data", config->data, &coding->problems, err);
    if (status == EMEND_OK) {
        status =
            coding_add_split(coding, "test", &coding->problems, NULL, config->max_problems, err);
    }
    return status == EMEND_OK ? coding_start(coding, &rules, err) : status;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    HumanEval *task = instance;
    if (task) {
        coding_finish(&task->coding);
        emend__tasks__humaneval__config__free_unpacked(task->config, &task->allocator);
        plugin->host->free(plugin->host, task);
    }
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    (void)name; // the package has one component
    HumanEval *task = plugin->host->alloc(plugin->host, sizeof *task, 0);
    if (!task) {
        return emend_fail(err, EMEND_EXHAUSTED, "humaneval: no memory for the task");
    }
    *task = (HumanEval){.coding = {.host = plugin->host}};
    task->allocator =
        (ProtobufCAllocator){config_alloc, config_free, (void *)(uintptr_t)plugin->host};
    task->config = emend__tasks__humaneval__config__unpack(&task->allocator, bytes.len, bytes.ptr);
    EmendStatus status =
        task->config ? configure(task, plugin->dir, err)
                     : emend_fail(err, EMEND_INVALID_ARGUMENT,
                                  "config: its %llu bytes are not an emend.tasks.humaneval.Config, "
                                  "or there is no memory for them",
                                  (unsigned long long)bytes.len);
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

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    EmendPlugin *plugin = host->alloc(host, sizeof *plugin + dir.len + 1, 0);
    if (!plugin) {
        return emend_fail(err, EMEND_EXHAUSTED, "humaneval: no memory for the plugin");
    }
    *plugin = (EmendPlugin){host, (char *)(plugin + 1)};
    memcpy(plugin->dir, dir.ptr, dir.len);
    plugin->dir[dir.len] = '\0';
    *out = plugin;
    return EMEND_OK;
}

static void plugin_close(EmendPlugin *plugin) {
    plugin->host->free(plugin->host, plugin);
}

static const EmendFactory *plugin_factory(EmendPlugin *plugin, const char *kind) {
    (void)plugin;
    return strcmp(kind, EMEND_KIND_TASK) == 0 ? &task_factory : NULL;
}

EMEND_DECLARE_PLUGIN("emend.tasks.humaneval", "0.1.0", plugin_open, plugin_close, plugin_factory);

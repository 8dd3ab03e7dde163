/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_LOADER_H
#define PLUGIN_LOADER_H
/* From a package to callable components. Steps, each with its own message: find the file, ELF note,
 * exports and missing symbols, ABI numbers, dlopen (RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE, absolute
 * path), entry equal to note and manifest, open, factory, create, required members.
 */
#include "emend/algorithm.h"
#include "emend/backend.h"
#include "emend/plugin.h"
#include "emend/recipe.pb-c.h"
#include "emend/reward.h"
#include "emend/task.h"
#include "emend/tokenizer.h"
#include "emend/tracker.h"
#include "memory/memory.h"
#include "plugin/catalog.h"

typedef struct PluginHost PluginHost;

typedef struct PluginHostOptions {
    const Catalog *catalog;
    /* Lines from plugins; NULL drops them. Any thread. */
    void (*log)(void *ctx, const char *plugin_id, uint32_t level, EmendStr message);
    void *log_ctx;
    /* Polled by is_cancelled(); NULL: never. */
    const volatile int *cancel;
    const Emend__MemoryBudget *const *budgets;
    size_t n_budgets;
    uint32_t call_seconds; /* that a call of anything but a backend has; 0: all there are */
} PluginHostOptions;

/* A made component. `table` is of this host's revision; members the plugin did not know are NULL.
 * Its functions are guarded (plugin/guard/guard.h) and take `self`, which is not the plugin's. */
typedef struct Component {
    void *self;
    const void *table; /* EmendBackend, EmendTask, ... */
    const char *name;  /* as in the manifest */
    const char *plugin_id;
    const EmendFactory *factory;
    EmendPlugin *plugin;
    struct Guarded *guarded;
} Component;

/* The calling thread becomes the control thread: see plugin_thread_role_set. */
EmendStatus plugin_host_create(const PluginHostOptions *options, PluginHost **out, EmendError *err);
/* Closes every plugin. What one left behind (blocks) is logged under its name. */
void plugin_host_destroy(PluginHost *host);

/* Loads (once) the plugin that has the component and makes an instance. `kind` as "emend.task/1".
 * Errors name component and plugin in front. */
EmendStatus component_create(PluginHost *host, const char *kind, const char *use, EmendBytes config,
                             Component *out, EmendError *err);
/* A zeroed component is allowed. */
void component_destroy(Component *component);

/* Memory of a loaded plugin, by index: for `doctor` and the run's record. id NULL past the last. */
const char *plugin_host_memory(PluginHost *host, size_t i, PluginMemoryStats *stats);

/* Whether a call into the component's plugin crashed or hung: none goes in any more. */
bool component_is_broken(const Component *component);

/* Sets the calling thread's role (EMEND_ROLE_*), which EmendHost.thread_role reports. */
void plugin_thread_role_set(uint32_t role);
uint32_t plugin_thread_role(void);

#endif

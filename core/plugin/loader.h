/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_LOADER_H
#define PLUGIN_LOADER_H
/* From a package to callable components, in the steps of plugin/steps.h. A file that is not known
 * to be good is tried in a process of its own first (plugin/probe.h).
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
#include "plugin/probe.h"

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
    ProbeOptions probe;
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
/* Closes every plugin. What one left behind (blocks, threads, descriptors) is logged under its
 * name. After it there is nothing to ask the host for but plugin_host_memory. */
void plugin_host_close(PluginHost *host);
/* Closes what is not closed. NULL is allowed. */
void plugin_host_destroy(PluginHost *host);

/* Loads every plugin a recipe names before any work begins, those to be probed probed at once. The
 * first that cannot be loaded is the failure, as component_create would tell it. */
EmendStatus plugin_host_prepare(PluginHost *host, const Emend__Recipe *recipe, EmendError *err);
/* Takes the steps of one package, whatever it is asked for, and fills the report. */
void plugin_host_try(PluginHost *host, const Package *package, LoadReport *report);
/* What its probe found, or NULL where it was not probed. */
const ProbeVerdict *plugin_host_verdict(const PluginHost *host, const Package *package);

/* Loads (once) the plugin that has the component and makes an instance. `kind` as "emend.task/1".
 * Errors name component and plugin in front. */
EmendStatus component_create(PluginHost *host, const char *kind, const char *use, EmendBytes config,
                             Component *out, EmendError *err);
/* A zeroed component is allowed. */
void component_destroy(Component *component);

/* Memory of a plugin that was loaded, by index, also once it is closed: what is in use then was
 * left behind. id NULL past the last. */
const char *plugin_host_memory(PluginHost *host, size_t i, PluginMemoryStats *stats);

/* Whether a call into the component's plugin crashed or hung: none goes in any more. */
bool component_is_broken(const Component *component);

/* Sets the calling thread's role (EMEND_ROLE_*), which EmendHost.thread_role reports. */
void plugin_thread_role_set(uint32_t role);
uint32_t plugin_thread_role(void);

#endif

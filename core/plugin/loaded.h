/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_LOADED_H
#define PLUGIN_LOADED_H
/* A plugin that was opened, and the steps that lead there. */
#include "emend/plugin.h"
#include "plugin/guard/guard.h"
#include "plugin/holdings.h"
#include "plugin/host_side.h"
#include "plugin/kinds.h"
#include "plugin/steps.h"
#include <limits.h>

/* Of the buffer that a plugin's call writes its message into. */
#define LOADED_MESSAGE_BYTES 4096u
/* More than any table will have: a size above it is garbage, not a newer revision. */
#define LOADED_TABLE_BYTES_MAX 65536u

typedef struct LoadedPlugin {
    const Package *package;
    char path[PATH_MAX]; /* of the library */
    HostSide side;
    EmendEntry entry; /* zero-extended copy */
    EmendFactory factories[KIND_COUNT];
    bool has_factory[KIND_COUNT];
    GuardedPlugin guard;
    struct LoadedPlugin *next_broken;
    bool is_open, is_closed;
    EmendPlugin *plugin;
    Holdings held; /* threads and descriptors that came in calls that were watched */
} LoadedPlugin;

/* Takes the steps from the package's file to an open plugin whose factories are known. On failure
 * the report has the step and the reason. prober may be NULL: it is loaded without a probe. options
 * and package are borrowed until loaded_plugin_close. */
EmendStatus loaded_plugin_open(const PluginHostOptions *options, Prober *prober,
                               const Package *package, LoadReport *report, LoadedPlugin **out);
/* Closes it, where it is open, and logs what it left behind. */
void loaded_plugin_close(LoadedPlugin *loaded);
/* NULL is allowed; closes it first. */
void loaded_plugin_destroy(LoadedPlugin *loaded);

/* Around a call in which it may start threads and open files, so that close can tell of those it
 * left: what the process holds, `before` it and after. */
void loaded_plugin_watch(LoadedPlugin *loaded, const Holdings *before);

/* Turns the failure of one of the plugin's calls into the host's: `text`, of LOADED_MESSAGE_BYTES,
 * is the plugin's message; one that is not there is written and logged as the plugin's bug. */
EmendStatus loaded_plugin_fail(LoadedPlugin *loaded, const char *operation, EmendStatus status,
                               char *text, EmendError *err);

/* Copies a growable table of `theirs` bytes into a zeroed one of `ours`. Both begin with their
 * struct_size; the copy's is the smaller. */
void loaded_plugin_copy_table(void *out, uint32_t ours, const void *table, uint32_t theirs);

#endif

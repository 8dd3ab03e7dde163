/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_LOADED_H
#define PLUGIN_LOADED_H
/* A plugin that was opened, and the steps that lead there. */
#include "emend/plugin.h"
#include "plugin/guard/guard.h"
#include "plugin/host_side.h"
#include "plugin/kinds.h"
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
    bool is_open;
    EmendPlugin *plugin;
} LoadedPlugin;

/* Takes every step from the package to an open plugin; the message begins with the step's place.
 * options and package are borrowed until loaded_plugin_close. */
EmendStatus loaded_plugin_open(const PluginHostOptions *options, const Package *package,
                               LoadedPlugin **out, EmendError *err);
/* Closes it, and logs what it left behind. NULL is allowed. */
void loaded_plugin_close(LoadedPlugin *loaded);

/* Turns the failure of one of the plugin's calls into the host's: `text`, of LOADED_MESSAGE_BYTES,
 * is the plugin's message; one that is not there is written and logged as the plugin's bug. */
EmendStatus loaded_plugin_fail(LoadedPlugin *loaded, const char *operation, EmendStatus status,
                               char *text, EmendError *err);

/* Copies a growable table of `theirs` bytes into a zeroed one of `ours`. Both begin with their
 * struct_size; the copy's is the smaller. */
void loaded_plugin_copy_table(void *out, uint32_t ours, const void *table, uint32_t theirs);

#endif

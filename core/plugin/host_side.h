/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_HOST_SIDE_H
#define PLUGIN_HOST_SIDE_H
/* The EmendHost of one plugin, and what stands behind it. */
#include "emend/host.h"
#include "plugin/loader.h"

typedef struct HostSide {
    EmendHost table; /* first: the plugin's pointer is this struct's */
    const PluginHostOptions *options;
    const char *plugin_id;
    PluginMemory *memory;
} HostSide;

/* options and plugin_id are borrowed until host_side_finish. */
EmendStatus host_side_init(HostSide *side, const PluginHostOptions *options, const char *plugin_id,
                           EmendError *err);
/* A zeroed side is allowed. */
void host_side_finish(HostSide *side);
/* One line under the plugin's name. */
void host_side_log(const HostSide *side, uint32_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif

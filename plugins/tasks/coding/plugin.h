/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODING_PLUGIN_H
#define CODING_PLUGIN_H
/* A plugin that is one task whose answers are programs: all of it but its name and its config. */
#include "coding.h"
#include "emend/plugin.h"

#include <protobuf-c/protobuf-c.h>

typedef struct CodingPlugin {
    const char *name;                         /* "humaneval" */
    const ProtobufCMessageDescriptor *config; /* of its config's message */
    /* Sets a task up: problems, splits, prompts, and coding_start(). The config, which is of that
     * message, outlives the task; `dir` is the plugin's package, and so does it. */
    EmendStatus (*configure)(Coding *coding, const void *config, const char *dir, EmendError *err);
} CodingPlugin;

/* What a plugin's `open` is, behind what it says of itself, which is borrowed; its `close`; and its
 * `factory`. */
EmendStatus coding_plugin_open(const EmendHost *host, EmendStr dir, const CodingPlugin *about,
                               EmendPlugin **out, EmendError *err);
void coding_plugin_close(EmendPlugin *plugin);
const EmendFactory *coding_plugin_factory(EmendPlugin *plugin, const char *kind);

/* The style of a config's `prompt_style`. */
EmendStatus coding_prompt_style(int prompt_style, PromptStyle *out, EmendError *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_FOREIGN_CONFIG_H
#define PLUGIN_FOREIGN_CONFIG_H
/* The config of a function: a message made from its manifest, so that a recipe, `plugins show` and
 * --set know it as any other. Fields: turn, weight, then a field for each param, in order. */
#include "manifest/text.h"
#include "plugin/foreign_words.h"

/* Appends to *out the file of a descriptor set that has a config message for each function; a set
 * read from a file may lie before it. */
EmendStatus foreign_config_describe(const Emend__PluginManifest *manifest, WireBuffer *out,
                                    EmendError *err);
/* The full name of a function's config message, malloc'd; NULL where memory is gone. */
char *foreign_config_name(const Emend__Function *function);

/* What a recipe said. Zero-initialise. */
typedef struct ForeignConfig {
    uint32_t *turns; /* none: every turn */
    size_t n_turns;
    double weight;
    ForeignValue params[FOREIGN_ARGS_MAX]; /* by argument; texts are the config's */
    char *texts[FOREIGN_ARGS_MAX];
} ForeignConfig;

/* Reads wire bytes of the message. A param without a default that is not set is
 * EMEND_INVALID_ARGUMENT. On failure too, *out is the caller's to finish. */
EmendStatus foreign_config_read(const Emend__Function *function, EmendBytes config,
                                ForeignConfig *out, EmendError *err);
void foreign_config_finish(ForeignConfig *config);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_MANIFEST_RULES_H
#define PLUGIN_MANIFEST_RULES_H
/* What fields of any message of a manifest must be; messages carry the place of `path`. */
#include "manifest/text.h"

#define MANIFEST_NAME_BYTES_MAX 63

/* The characters an id or a name is made of, and how a message spells them. */
typedef struct Characters {
    const char *all, *spelled;
} Characters;

EmendStatus manifest_rule_given(const TextTree *tree, const char *path, const char *value,
                                EmendError *err);
EmendStatus manifest_rule_name(const TextTree *tree, const char *path, const char *value,
                               const Characters *characters, EmendError *err);
/* A file of the package: relative, without "..". */
EmendStatus manifest_rule_path(const TextTree *tree, const char *path, const char *value,
                               EmendError *err);

#endif

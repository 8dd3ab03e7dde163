/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_MANIFEST_CHECK_H
#define PLUGIN_MANIFEST_CHECK_H
/* What a plugin manifest must say beyond its syntax. */
#include "emend/plugin.pb-c.h"
#include "manifest/text.h"
#include "plugin/machine.h"

/* Fields that are missing, of a wrong form or unknown to this host; messages carry the place. */
EmendStatus manifest_check(const Emend__PluginManifest *manifest, const TextTree *tree,
                           EmendError *err);
/* The library for this machine: the usable one with the highest score, the first among equals. NULL
 * where the manifest lists none, which one of functions alone may. */
EmendStatus manifest_choose(const Emend__PluginManifest *manifest, const TextTree *tree,
                            const Machine *machine, const Emend__Library **out, EmendError *err);

#endif

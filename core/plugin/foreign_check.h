/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_FOREIGN_CHECK_H
#define PLUGIN_FOREIGN_CHECK_H
/* What a manifest must say of its functions, and that the libraries have them; no code runs. */
#include "emend/plugin.pb-c.h"
#include "manifest/text.h"

/* Fields that are missing or do not go together; messages carry the place. Components are checked
 * before. */
EmendStatus foreign_check(const Emend__PluginManifest *manifest, const TextTree *tree,
                          EmendError *err);
/* Each function's symbol: its library, or the package's, exports a function of that name. `dir` is
 * the package's; `library` the one for this machine, NULL where it has none. */
EmendStatus foreign_check_symbols(const Emend__PluginManifest *manifest, const char *dir,
                                  const Emend__Library *library, const TextTree *tree,
                                  EmendError *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_FITS_H
#define CLI_FITS_H
/* What a user's NAME means among the plugins: a component ("reinforce"), a plugin's id, "id/name",
 * or the plugin's folder. */
#include "plugin/catalog.h"
#include <stdbool.h>

bool component_fits(const Emend__PluginManifest *manifest, const Emend__ComponentInfo *info,
                    const char *word);
/* Also for packages whose manifest cannot be read. */
bool package_fits(const Package *package, const char *word);

#endif

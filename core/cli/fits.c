/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/fits.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

bool component_fits(const Emend__PluginManifest *manifest, const Emend__ComponentInfo *info,
                    const char *word) {
    const char *id = manifest->id ? manifest->id : "";
    size_t len = strlen(id);
    return strcmp(id, word) == 0 ||
           (info->name &&
            (strcmp(info->name, word) == 0 || (strncmp(id, word, len) == 0 && word[len] == '/' &&
                                               strcmp(word + len + 1, info->name) == 0)));
}

bool package_fits(const Package *package, const char *word) {
    const Emend__PluginManifest *manifest = package->manifest;
    char folder[PATH_MAX];
    for (size_t i = 0; manifest && i < manifest->n_component; i++) {
        if (component_fits(manifest, manifest->component[i], word)) {
            return true;
        }
    }
    return (manifest && manifest->id && strcmp(manifest->id, word) == 0) ||
           strcmp(strrchr(package->dir, '/') + 1, word) == 0 ||
           (strchr(word, '/') && realpath(word, folder) && strcmp(package->dir, folder) == 0);
}

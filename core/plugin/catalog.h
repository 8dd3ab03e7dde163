/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_CATALOG_H
#define PLUGIN_CATALOG_H
/* Which plugins there are, from their manifests alone: no plugin code runs here.
 *
 * Search path, first wins: the folders of --plugin-path, EMEND_PLUGIN_PATH, the user's data
 * directory
 * ($XDG_DATA_HOME/emend/plugins), the installation (beside the executable). Each folder holds one
 * folder a plugin, with its plugin.textproto, or is such a folder itself. World-writable files are
 * refused, as are paths that leave the package.
 */
#include "emend/plugin.pb-c.h"
#include "manifest/text.h"
#include "plugin/steps.h"

typedef struct Catalog Catalog;

typedef struct Package {
    const char *dir;                       /* absolute */
    const char *manifest_path;             /* absolute */
    const Emend__PluginManifest *manifest; /* NULL where it could not be read */
    const Emend__Library *library;         /* the variant for this machine; NULL: none */
    const DescriptorPool *configs;         /* NULL where it has no descriptor set */
    const char *problem;   /* why it cannot be used, or NULL: the loader's message */
    LoadStep problem_step; /* the step that found the problem */
    const char *hidden_by; /* manifest path of an earlier package with the same id, or NULL */
} Package;

/* Reads every manifest on the search path. A bad manifest is not a failure: its package carries the
 * problem. plugin_path: folders joined by ':', or NULL. */
EmendStatus catalog_open(const char *plugin_path, Catalog **out, EmendError *err);
/* The same of the installation's own packages alone. */
EmendStatus catalog_open_safe(Catalog **out, EmendError *err);
void catalog_close(Catalog *catalog);

size_t catalog_n_packages(const Catalog *catalog);
const Package *catalog_package(const Catalog *catalog, size_t i);
/* The folders looked in, in order, joined by ", ". */
const char *catalog_search_path(const Catalog *catalog);

/* Finds the component `use` ("cpu", or "id/name") of a kind ("emend.backend/1"). A miss is
 * EMEND_NOT_FOUND: what there is of the kind, the nearest name, where it looked. */
EmendStatus catalog_find(const Catalog *catalog, const char *kind, const char *use,
                         const Package **package, const Emend__ComponentInfo **component,
                         EmendError *err);

/* "reward" to "emend.reward/1": recipe fields to kinds. NULL for a field that is no component. */
const char *kind_of_field(const char *field);

/* Resolves config types for recipe_load; ctx is the catalog. */
AnyResolver catalog_resolver(Catalog *catalog);

#endif

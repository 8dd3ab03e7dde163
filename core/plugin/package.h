/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_PACKAGE_H
#define PLUGIN_PACKAGE_H
/* One package, read and checked without running any of its code. */
#include "plugin/catalog.h"
#include "plugin/machine.h"

#define PACKAGE_MANIFEST "plugin.textproto"

typedef struct PackageFile {
    Package package;    /* what others see: borrows from here */
    EmendStatus status; /* of the problem */
    char *dir;
    char *manifest_path;
    char *problem;
    Emend__PluginManifest *manifest;
    DescriptorPool *configs;
} PackageFile;

/* Reads the package in `dir`, which has a manifest. What is wrong with it is its problem, not a
 * failure of this call; EMEND_EXHAUSTED is the only one. */
EmendStatus package_read(const char *dir, const Machine *machine, PackageFile **out,
                         EmendError *err);
/* NULL is allowed. */
void package_destroy(PackageFile *file);

/* Where a file of the package is: `path` from the manifest, checked to stay in the package and not
 * to be writable by everyone. `what` names the manifest's field in messages. out: PATH_MAX bytes.
 */
EmendStatus package_file(const char *dir, const char *path, const char *what, char *out,
                         EmendError *err);

#endif

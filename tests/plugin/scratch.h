/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PLUGIN_SCRATCH_H
#define TESTS_PLUGIN_SCRATCH_H
/* A folder of a test's own, and packages in it. Failures fail the test. */
#include "plugin/catalog.h"

#define TEXT_BYTES 4096

/* Makes the folder, hides the user's own plugins and cache, and gives the folder's path. */
const char *scratch_begin(void);
void scratch_end(void);

/* The path of a name in the folder; static storage, good until eight calls later. */
const char *scratch_path(const char *format, ...) __attribute__((format(printf, 1, 2)));
void scratch_folder(const char *path);
void scratch_write(const char *path, const void *bytes, size_t len);
/* A file's bytes, malloc'd. */
uint8_t *scratch_read(const char *path, size_t *len);

/* Copies a rogue's package into the folder. */
void scratch_copy_rogue(const char *name);
/* Writes the manifest of the package `name`, which gets a library "a.so" that nobody could load. */
void scratch_manifest(const char *name, const char *text);

/* Opens the catalog of a folder. */
Catalog *scratch_catalog(const char *path);
/* The package in a folder of that name; fails the test where there is none. */
const Package *scratch_package(const Catalog *catalog, const char *name);

#endif

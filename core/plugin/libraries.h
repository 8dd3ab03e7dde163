/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_LIBRARIES_H
#define PLUGIN_LIBRARIES_H
/* Where the dynamic loader would find a shared library. */
#include <stdbool.h>
#include <stddef.h>

/* Finds a DT_NEEDED name: what is loaded already, then run_path (folders joined by ':', $ORIGIN
 * being `origin`; may be NULL), LD_LIBRARY_PATH, the loader's cache, the system's folders. False
 * where none of them has it for this machine. */
bool library_find(const char *name, const char *run_path, const char *origin, char *path,
                  size_t capacity);

#endif

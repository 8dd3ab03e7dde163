/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_ROOT_H
#define PROGRAMS_ROOT_H
/* The file system that programs see: a small read-only one with the interpreter, its library, the
 * helpers and four devices. It is a tmpfs of a mount namespace, so nothing of it is on a disk, and
 * it ends with the last process in it. */
#include <stdbool.h>

typedef struct Root Root;

/* Reads the files of `helpers` that are named programs-sandbox.so and *.py; they will be in
 * /helpers. NULL on failure, with errno. */
Root *root_open(const char *helpers);
/* Takes hold of what will be shown: `paths`, files and folders of the machine, in the same place.
 * Root does it before it gives up what it may read; anybody else after it has a mount namespace,
 * without which this fails with EPERM. What is not there is not shown. */
bool root_look(Root *root, char *const *paths);
/* Makes it the root of the caller's mount namespace, which is the caller's own. NULL, or what could
 * not be done, with errno. */
const char *root_enter(Root *root);
void root_destroy(Root *root);

#endif

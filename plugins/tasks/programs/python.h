/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_PYTHON_H
#define PROGRAMS_PYTHON_H
/* Which interpreter runs the programs, and what of the machine it needs to see. */
#include "emend/status.h"
#include <limits.h>
#include <stdint.h>

enum { PYTHON_PATHS = 24 };

typedef struct Python {
    char executable[PATH_MAX]; /* the interpreter itself, no link and no shim */
    char version[32];
    char text[16384]; /* what the paths point into */
    const char *paths[PYTHON_PATHS];
    uint32_t n_paths;
} Python;

/* Looks for `name` (NULL: python3 in /usr/bin, /bin and then PATH), starts it once and asks it.
 * EMEND_NOT_FOUND: there is none, or one that is too old. */
EmendStatus python_find(const char *name, Python *out, EmendError *err);

#endif

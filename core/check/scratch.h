/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_SCRATCH_H
#define CHECK_SCRATCH_H
/* The folder a test runs in. */
#include "emend/status.h"

/* Makes an empty folder with links to everything in `linked` (may be NULL). out: PATH_MAX bytes. */
EmendStatus scratch_make(const char *linked, char *out, EmendError *err);
/* Removes it with all that is in it; links are not followed. */
void scratch_remove(const char *path);

#endif

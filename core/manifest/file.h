/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_FILE_H
#define MANIFEST_FILE_H
/* Whole files, with a limit. */
#include "emend/status.h"

/* Reads the file at `path`, which may be a pipe. *bytes is malloc'd, a NUL follows the last of the
 * *len bytes. */
EmendStatus file_read(const char *path, size_t max_bytes, char **bytes, size_t *len,
                      EmendError *err);

#endif

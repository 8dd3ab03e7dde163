/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H
/* One or several runs as one page: a file that opens from the disk and needs nothing else, neither
 * the network nor scripts. */
#include "emend/status.h"
#include <stddef.h>

enum { REPORT_MAX_RUNS = 8 };

/* Reads the runs' folders and writes the page to `path`, whole or not at all.
 *
 * notes  out, may be NULL: what could not be read, one line, empty where all could
 *
 * A folder without a metrics.jsonl is EMEND_NOT_FOUND, one in which nothing can be read
 * EMEND_INVALID_ARGUMENT. */
EmendStatus report_write(const char *const *dirs, size_t n, const char *path, char *notes,
                         size_t notes_capacity, EmendError *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROWS_FILE_H
#define ROWS_FILE_H
/* A file's bytes, and the rows in them. */
#include "place.h"
#include "texts.h"

#include <jansson.h>

/* Takes a row that was read; its status ends the reading. */
typedef EmendStatus (*RowTaker)(void *ctx, const Place *place, const json_t *row, EmendError *err);

/* Reads all of an open file, unpacked where it is compressed, and closes it. The place is for
 * messages. *out has its host set, and is the caller's to finish. */
EmendStatus file_read(int fd, const Place *place, Text *out, EmendError *err);

/* Hands out the rows in a file's bytes: JSON objects, a line each, or the elements of one array.
 * The place names the file. */
EmendStatus file_rows(EmendStr bytes, const Place *place, RowTaker take, void *ctx,
                      EmendError *err);
/* Hands out the one row that a file is. */
EmendStatus file_row(EmendStr bytes, const Place *place, RowTaker take, void *ctx, EmendError *err);

#endif

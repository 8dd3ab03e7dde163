/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODING_ROWS_H
#define CODING_ROWS_H
/* The JSON objects of a file, plain or compressed with gzip: a line each, or the elements of one
 * array. */
#include "file.h"

/* Hands out the rows of the file at `path`, in order. A file that cannot be read or holds anything
 * else names its place; `what` says for messages what it must be ("HumanEval.jsonl.gz, .."). */
EmendStatus rows_read(const EmendHost *host, const char *path, const char *what, RowTaker take,
                      void *ctx, EmendError *err);

/* A member that is a string; kept in the arena, each CRLF of it an LF. */
EmendStatus row_text(const Place *place, const json_t *row, const char *name, Arena *arena,
                     EmendStr *out, EmendError *err);
/* The same, empty where it is not there or null. */
EmendStatus row_optional_text(const Place *place, const json_t *row, const char *name, Arena *arena,
                              EmendStr *out, EmendError *err);
/* Keeps the text of a JSON string, each CRLF of it an LF. */
EmendStatus row_keep(const json_t *string, Arena *arena, EmendStr *out, EmendError *err);

#endif

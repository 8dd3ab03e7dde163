/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_FOLDER_H
#define TRAIN_FOLDER_H
/* Folders that appear whole or not at all: written aside, hashed, synced, renamed. The hashes are
 * in SHA256SUMS, which `sha256sum -c` reads too. */
#include "emend/status.h"
#include <stdbool.h>

/* Makes an empty folder beside `path` to write into; *aside is malloc'd. What an earlier, broken
 * attempt left there is removed. Missing parents are made. */
EmendStatus folder_begin(const char *path, char **aside, EmendError *err);
/* Hashes, syncs and renames it to `path`, replacing what is there; frees aside. On failure the
 * aside folder is removed and what was at `path` is still there. */
EmendStatus folder_commit(char *aside, const char *path, EmendError *err);
/* Removes the aside folder and frees the name; NULL is allowed. */
void folder_abandon(char *aside);

/* Checks every file against SHA256SUMS: EMEND_NOT_FOUND without one, EMEND_DATA_LOSS naming the
 * file that is missing or differs. needed: the file whose line comes last, so that none is cut off.
 */
EmendStatus folder_verify(const char *path, const char *needed, EmendError *err);
/* Removes a folder and what is in it. */
EmendStatus folder_remove(const char *path, EmendError *err);
/* Makes a folder and its parents, where missing. */
EmendStatus folder_make(const char *path, EmendError *err);
bool folder_exists(const char *path);

/* Copies a folder with what is in it, files and folders alone, into `to`, made where missing.
 * left_out: names in `from` that stay out, NULL behind the last; NULL: none. */
EmendStatus folder_copy_all(const char *from, const char *to, const char *const *left_out,
                            EmendError *err);
EmendStatus folder_rename(const char *from, const char *to, EmendError *err);

/* Writes a file and syncs it; a short write names the path and the reason. */
EmendStatus file_write(const char *path, const void *data, size_t len, EmendError *err);
/* SHA-256 of bytes. */
EmendStatus sha256(const void *data, size_t len, uint8_t out[32], EmendError *err);

#endif

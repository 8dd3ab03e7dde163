/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MATH_FOLDER_H
#define MATH_FOLDER_H
/* MATH as it was first released: a folder of subjects, each a folder of <number>.json. */
#include "emend/data.h"
#include "emend/host.h"
#include "emend/status.h"

/* Takes a file, open for reading, which is the taker's to close. `name` is "<subject>/<file>" and
 * lives for the call. */
typedef EmendStatus (*FileTaker)(void *ctx, int fd, EmendStr name, EmendError *err);

/* Hands out the .json files in the folders of an open folder, by folder in the order of the bytes
 * of the names, then by number. Closes `fd`; `path` is for messages. Symbolic links are passed over
 * and counted. */
EmendStatus folder_files(const EmendHost *host, int fd, const char *path, FileTaker take, void *ctx,
                         uint64_t *n_links, EmendError *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_KIT_FOLDER_H
#define CHECK_KIT_FOLDER_H
/* An empty folder for files of a test's own; it goes with the test's scratch folder. */
#include "check/kit.h"

typedef struct KitFolder {
    char dir[1024];  /* absolute */
    char path[1280]; /* of kit_folder_path */
} KitFolder;

/* Makes one. False: the kit was told. */
bool kit_folder_init(Kit *kit, KitFolder *out);
/* The path of a file in it, until the next call. */
const char *kit_folder_path(KitFolder *folder, const char *name);
/* Writes a file. False: the kit was told. */
bool kit_folder_write(Kit *kit, KitFolder *folder, const char *name, const void *bytes,
                      size_t n_bytes);
/* As on a full disk: no file of this process grows past a few hundred bytes. */
void kit_disk_full(bool is_full);
/* Reads a file, the caller's to free(); NULL where it cannot be read. */
uint8_t *kit_folder_read(KitFolder *folder, const char *name, size_t *n_bytes);

#endif

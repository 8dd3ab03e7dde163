/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_FILES_DISK_H
#define CPU_FILES_DISK_H
/* Whole files: mapped for reading, written from the front. Every failure names the path. */
#include "emend/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file's bytes, mapped. */
typedef struct DiskView {
    const uint8_t *bytes; /* never NULL while open */
    size_t n;
} DiskView;

/* Maps a regular file; anything else (a folder, a pipe, a device) is refused. A file that another
 * process shortens while it is mapped is not guarded against: writers here make new files. */
EmendStatus disk_map(const char *path, DiskView *out, EmendError *err);
void disk_unmap(DiskView *view);

/* True where `path` is something that can be looked up. */
bool disk_exists(const char *path);
/* "dir/name", the caller's to free(); NULL where memory is gone. */
char *disk_path(const char *dir, const char *name);

/* A file being written. */
typedef struct DiskFile {
    const char *path; /* the caller's */
    int fd;
    uint64_t n_written;
} DiskFile;

/* Makes the file, or empties the one that is there. */
EmendStatus disk_create(DiskFile *file, const char *path, EmendError *err);
/* Writes all of it, or says how far it came. A disk or quota that is full is EMEND_EXHAUSTED. */
EmendStatus disk_write(DiskFile *file, const void *bytes, size_t n, EmendError *err);
/* Closes the file and returns `status`, or the failure to close where that is EMEND_OK. A file that
 * did not become whole is removed. */
EmendStatus disk_finish(DiskFile *file, EmendStatus status, EmendError *err);

#endif

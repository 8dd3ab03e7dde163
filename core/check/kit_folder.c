/* SPDX-License-Identifier: Apache-2.0 */
#include "check/kit_folder.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { DISK_LEFT = 256 };

bool kit_folder_init(Kit *kit, KitFolder *out) {
    *out = (KitFolder){0};
    int n = snprintf(out->dir, sizeof out->dir, "%s/folder-XXXXXX", kit_scratch(kit));
    if (n < 0 || (size_t)n >= sizeof out->dir || !mkdtemp(out->dir)) {
        kit_fail(kit, "set TMPDIR to a folder that can be written to",
                 "the kit cannot make a folder for its files at %s: %s", out->dir, strerror(errno));
        return false;
    }
    return true;
}

const char *kit_folder_path(KitFolder *folder, const char *name) {
    snprintf(folder->path, sizeof folder->path, "%s/%s", folder->dir, name);
    return folder->path;
}

bool kit_folder_write(Kit *kit, KitFolder *folder, const char *name, const void *bytes,
                      size_t n_bytes) {
    FILE *file = fopen(kit_folder_path(folder, name), "wb");
    bool is_written = file && fwrite(bytes, 1, n_bytes, file) == n_bytes;
    is_written = file && fclose(file) == 0 && is_written;
    if (!is_written) {
        kit_fail(kit, "make room there, or set TMPDIR to another folder",
                 "the kit cannot write %s: %s", folder->path, strerror(errno));
    }
    return is_written;
}

uint8_t *kit_folder_read(KitFolder *folder, const char *name, size_t *n_bytes) {
    FILE *file = fopen(kit_folder_path(folder, name), "rb");
    uint8_t *bytes = NULL;
    long n = -1;
    if (file && fseek(file, 0, SEEK_END) == 0) {
        n = ftell(file);
        rewind(file);
    }
    if (n >= 0) {
        bytes = malloc((size_t)n + 1);
    }
    if (bytes && fread(bytes, 1, (size_t)n, file) != (size_t)n) {
        free(bytes);
        bytes = NULL;
    }
    if (file) {
        fclose(file);
    }
    *n_bytes = bytes ? (size_t)n : 0;
    return bytes;
}

void kit_disk_full(bool is_full) {
    struct rlimit limit = {0};
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = is_full ? DISK_LEFT : limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, is_full ? SIG_IGN : SIG_DFL); // a write then fails with EFBIG
}

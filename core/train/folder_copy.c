/* SPDX-License-Identifier: Apache-2.0 */
#include "train/folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static EmendStatus fail_errno(EmendError *err, const char *path, const char *what) {
    EmendStatus status = errno == ENOSPC || errno == EDQUOT ? EMEND_EXHAUSTED : EMEND_UNAVAILABLE;
    return emend_fail(err, status, "%s: cannot %s: %s", path, what, strerror(errno));
}

static EmendStatus copy_bytes(int in, int out, const char *to, EmendError *err) {
    char bytes[65536];
    for (;;) {
        ssize_t n = read(in, bytes, sizeof bytes);
        if (n < 0) {
            return fail_errno(err, to, "read what it is copied from");
        }
        if (n == 0) {
            return EMEND_OK;
        }
        for (ssize_t done = 0; done < n;) {
            ssize_t written = write(out, bytes + done, (size_t)(n - done));
            if (written < 0) {
                return fail_errno(err, to, "write");
            }
            done += written;
        }
    }
}

static EmendStatus copy_file(const char *from, const char *to, EmendError *err) {
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0) {
        return fail_errno(err, from, "open");
    }
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    EmendStatus status =
        out < 0 ? fail_errno(err, to, "open for writing") : copy_bytes(in, out, to, err);
    if (status == EMEND_OK && fsync(out) != 0) {
        status = fail_errno(err, to, "sync");
    }
    if (out >= 0) {
        close(out);
    }
    close(in);
    return status;
}

static bool is_listed(const char *name, const char *const *names) {
    for (; names && *names; names++) {
        if (strcmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

static EmendStatus copy_entry(const char *from, const char *to, const char *name, EmendError *err) {
    char *source = NULL, *target = NULL;
    struct stat info;
    EmendStatus status = EMEND_OK;
    if (asprintf(&source, "%s/%s", from, name) < 0 || asprintf(&target, "%s/%s", to, name) < 0) {
        status = emend_fail(err, EMEND_EXHAUSTED, "%s: no memory to copy it", from);
    } else if (lstat(source, &info) != 0) {
        status = fail_errno(err, source, "look at it");
    } else if (S_ISDIR(info.st_mode)) {
        status = folder_copy_all(source, target, NULL, err);
    } else if (S_ISREG(info.st_mode)) {
        status = copy_file(source, target, err);
    }
    free(source);
    free(target);
    return status;
}

EmendStatus folder_copy_all(const char *from, const char *to, const char *const *left_out,
                            EmendError *err) {
    DIR *folder = opendir(from);
    if (!folder) {
        return fail_errno(err, from, "open the folder");
    }
    EmendStatus status = folder_make(to, err);
    for (const struct dirent *entry; status == EMEND_OK && (entry = readdir(folder));) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !is_listed(name, left_out)) {
            status = copy_entry(from, to, name, err);
        }
    }
    closedir(folder);
    return status;
}

EmendStatus folder_rename(const char *from, const char *to, EmendError *err) {
    return rename(from, to) == 0 ? EMEND_OK : fail_errno(err, to, "put the new folder in place");
}

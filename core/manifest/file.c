/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_BYTES = 64 * 1024 };

static EmendStatus open_failed(const char *path, int problem, EmendError *err) {
    if (problem == ENOENT || problem == ENOTDIR) {
        return emend_fail(err, EMEND_NOT_FOUND, "%s: there is no such file", path);
    }
    if (problem == EACCES) {
        return emend_fail(err, EMEND_DENIED, "%s: may not be read; it must be readable by you",
                          path);
    }
    return emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: cannot be read: %s", path,
                      strerror(problem));
}

static EmendStatus read_all(int fd, const char *path, size_t max_bytes, char **bytes, size_t *len,
                            EmendError *err) {
    size_t capacity = 0;
    for (;;) {
        if (*len + 1 >= capacity) {
            capacity = capacity == 0 ? FIRST_BYTES : capacity * 2;
            char *grown = realloc(*bytes, capacity);
            if (!grown) {
                return emend_fail(err, EMEND_EXHAUSTED, "%s: out of memory", path);
            }
            *bytes = grown;
        }
        ssize_t n = read(fd, *bytes + *len, capacity - *len - 1);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return open_failed(path, errno, err);
        }
        if (n == 0) {
            (*bytes)[*len] = '\0';
            return EMEND_OK;
        }
        *len += (size_t)n;
        if (*len > max_bytes) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "%s: is larger than %zu MiB, the most"
                              " that is read",
                              path, max_bytes >> 20);
        }
    }
}

EmendStatus file_read(const char *path, size_t max_bytes, char **bytes, size_t *len,
                      EmendError *err) {
    char *read_bytes = NULL;
    size_t read_len = 0;
    struct stat info = {0};
    EmendStatus status = EMEND_OK;

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0) {
        status = open_failed(path, errno, err);
        goto out;
    }
    if (S_ISDIR(info.st_mode)) {
        status =
            emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: is a folder; it must be a file", path);
        goto out;
    }
    status = read_all(fd, path, max_bytes, &read_bytes, &read_len, err);
    if (status != EMEND_OK) {
        goto out;
    }
    *bytes = read_bytes;
    *len = read_len;
    read_bytes = NULL; // given away
out:
    free(read_bytes);
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

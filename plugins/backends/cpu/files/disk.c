/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static EmendStatus status_of(int error) {
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return EMEND_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return EMEND_DENIED;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
        return EMEND_EXHAUSTED;
    default:
        return EMEND_UNAVAILABLE;
    }
}

static EmendStatus map_open_file(int fd, const char *path, DiskView *out, EmendError *err) {
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return emend_fail(err, status_of(errno), "%s: cannot be examined: %s", path,
                          strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: is not a regular file; a file that can be read is needed", path);
    }
    if (info.st_size == 0) {
        *out = (DiskView){.bytes = (const uint8_t *)"", .n = 0};
        return EMEND_OK;
    }
    void *bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED) {
        return emend_fail(err, status_of(errno), "%s: cannot be mapped: %s", path, strerror(errno));
    }
    *out = (DiskView){.bytes = bytes, .n = (size_t)info.st_size};
    return EMEND_OK;
}

EmendStatus disk_map(const char *path, DiskView *out, EmendError *err) {
    // O_NONBLOCK: a pipe without a writer must not hold us; it is refused as soon as it is open.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return emend_fail(err, status_of(errno), "%s: cannot be opened: %s", path, strerror(errno));
    }
    EmendStatus status = map_open_file(fd, path, out, err);
    close(fd);
    return status;
}

void disk_unmap(DiskView *view) {
    if (view->n > 0) {
        munmap((void *)(uintptr_t)view->bytes, view->n);
    }
    *view = (DiskView){0};
}

bool disk_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0;
}

char *disk_path(const char *dir, const char *name) {
    size_t n = strlen(dir) + strlen(name) + 2;
    char *path = malloc(n);
    if (path) {
        snprintf(path, n, "%s/%s", dir, name);
    }
    return path;
}

static EmendStatus write_fail(const DiskFile *file, int error, EmendError *err) {
    EmendStatus status = status_of(error);
    return emend_fail(err, status, "%s: writing stopped after %" PRIu64 " bytes: %s; %s",
                      file->path, file->n_written, strerror(error),
                      status == EMEND_EXHAUSTED
                          ? "free some space, or choose a folder on a disk that has it"
                          : "check the disk, or choose another folder");
}

EmendStatus disk_create(DiskFile *file, const char *path, EmendError *err) {
    *file = (DiskFile){.path = path, .fd = -1};
    file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    if (file->fd < 0) {
        return emend_fail(err, status_of(errno),
                          "%s: cannot be written: %s; the folder must exist and be writable", path,
                          strerror(errno));
    }
    return EMEND_OK;
}

EmendStatus disk_write(DiskFile *file, const void *bytes, size_t n, EmendError *err) {
    const uint8_t *next = bytes;
    while (n > 0) {
        ssize_t done = write(file->fd, next, n);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return write_fail(file, done == 0 ? ENOSPC : errno, err);
        }
        next += done;
        n -= (size_t)done;
        file->n_written += (uint64_t)done;
    }
    return EMEND_OK;
}

EmendStatus disk_finish(DiskFile *file, EmendStatus status, EmendError *err) {
    if (file->fd < 0) {
        return status;
    }
    // A network file system may keep the bad news of a write until here.
    if (close(file->fd) != 0 && errno != EINTR && status == EMEND_OK) {
        status = write_fail(file, errno, err);
    }
    file->fd = -1;
    if (status != EMEND_OK) {
        unlink(file->path);
    }
    return status;
}

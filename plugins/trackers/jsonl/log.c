/* SPDX-License-Identifier: Apache-2.0 */
/* Files of JSON lines: open, append whole records, sync, and cut back to a step. */
#include "log.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What became of the lines of a file that is cut back. */
typedef struct Cut {
    uint64_t n_lines;
    uint64_t n_unreadable;
    uint64_t first_unreadable; /* line number, from 1 */
} Cut;

enum LineVerdict { LINE_KEPT, LINE_LATER, LINE_UNREADABLE };

static EmendStatus file_fail(const LogFile *file, const char *what, int error, EmendError *err) {
    char buffer[128];
    const char *reason = strerror_r(error, buffer, sizeof buffer);
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return emend_fail(err, EMEND_EXHAUSTED,
                          "%s: %s: %s; free some space there, then resume the run", file->path,
                          what, reason);
    case EACCES:
    case EPERM:
    case EROFS:
        return emend_fail(err, EMEND_DENIED, "%s: %s: %s; the run's folder must be writable",
                          file->path, what, reason);
    case ENOENT:
    case ENOTDIR:
        return emend_fail(err, EMEND_NOT_FOUND, "%s: %s: %s; the run's folder must exist",
                          file->path, what, reason);
    case ELOOP:
        return emend_fail(err, EMEND_DENIED,
                          "%s: it is a symbolic link; it must be a file of the run's folder",
                          file->path);
    default:
        return emend_fail(err, EMEND_UNAVAILABLE, "%s: %s: %s", file->path, what, reason);
    }
}

EmendStatus log_name_check(const char *name, EmendError *err) {
    size_t len = strlen(name);
    if (len == 0 || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "file: it is \"%s\"; it must be a plain file name, which stays in the "
                          "run's folder",
                          name);
    }
    if (len > LOG_NAME_BYTES - sizeof ".tmp") {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "file: its name has %zu bytes; it must have %zu or fewer", len,
                          LOG_NAME_BYTES - sizeof ".tmp");
    }
    return EMEND_OK;
}

static void close_if_open(int fd) {
    if (fd >= 0) {
        close(fd);
    }
}

static EmendStatus open_folder(LogFile *file, EmendStr run_dir, const char *name, EmendError *err) {
    char folder[sizeof file->path];
    *file = (LogFile){.dir = -1, .fd = -1};
    int n = snprintf(file->path, sizeof file->path, "%.*s/%s", (int)run_dir.len, run_dir.ptr, name);
    if (run_dir.len >= sizeof folder || n < 0 || (size_t)n >= sizeof file->path) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "run_dir: its path has %llu bytes; it must have fewer than %zu",
                          (unsigned long long)run_dir.len, sizeof folder - LOG_NAME_BYTES);
    }
    snprintf(folder, sizeof folder, "%.*s", (int)run_dir.len, run_dir.ptr);
    snprintf(file->name, sizeof file->name, "%s", name);
    file->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return file->dir < 0 ? file_fail(file, "its folder cannot be opened", errno, err) : EMEND_OK;
}

static EmendStatus open_for_append(LogFile *file, EmendError *err) {
    file->fd =
        openat(file->dir, file->name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    return file->fd < 0 ? file_fail(file, "it cannot be opened", errno, err) : EMEND_OK;
}

EmendStatus log_open(LogFile *file, EmendStr run_dir, const char *name, EmendError *err) {
    struct stat info = {0};
    EmendStatus status = open_folder(file, run_dir, name, err);
    if (status == EMEND_OK) {
        status = open_for_append(file, err);
    }
    if (status == EMEND_OK && fstat(file->fd, &info) < 0) {
        status = file_fail(file, "it cannot be examined", errno, err);
    }
    if (status == EMEND_OK && info.st_size > 0) {
        status =
            emend_fail(err, EMEND_ALREADY_EXISTS,
                       "%s: it holds the records of another run; a new run must start without; "
                       "resume that run, or choose another folder",
                       file->path);
    }
    if (status != EMEND_OK) {
        log_close(file);
    }
    return status;
}

static enum LineVerdict judge_line(const char *line, size_t len, uint64_t last_step) {
    json_t *record = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
    const json_t *step = json_object_get(record, "step");
    enum LineVerdict verdict = LINE_UNREADABLE;
    if (json_is_integer(step) && json_integer_value(step) >= 0) {
        verdict = (uint64_t)json_integer_value(step) <= last_step ? LINE_KEPT : LINE_LATER;
    }
    json_decref(record);
    return verdict;
}

/* Copies the lines that stay. A last line without its newline was cut short when the run was.
 * Returns 0 or an errno. */
static int copy_lines(FILE *from, FILE *to, uint64_t last_step, uint64_t n_records, Cut *cut) {
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len = 0;
    int error = 0;
    errno = 0;
    while (error == 0 && (len = getline(&line, &capacity, from)) > 0) {
        if (line[len - 1] != '\n') {
            break;
        }
        cut->n_lines++;
        enum LineVerdict verdict = judge_line(line, (size_t)len, last_step);
        if (verdict == LINE_UNREADABLE) {
            cut->first_unreadable = cut->n_unreadable ? cut->first_unreadable : cut->n_lines;
            cut->n_unreadable++;
        }
        if (verdict == LINE_KEPT && cut->n_lines <= n_records &&
            fwrite(line, 1, (size_t)len, to) != (size_t)len) {
            error = errno;
        }
    }
    if (error == 0 && ferror(from)) {
        error = errno;
    }
    if (error == 0 && (fflush(to) != 0 || fsync(fileno(to)) < 0)) {
        error = errno;
    }
    free(line);
    return error;
}

static void report_unreadable(const LogFile *file, const Cut *cut, const EmendHost *host) {
    char message[sizeof file->path + 128];
    if (cut->n_unreadable > 0) {
        snprintf(message, sizeof message, "%s:%llu: not a record; %llu such lines were dropped",
                 file->path, (unsigned long long)cut->first_unreadable,
                 (unsigned long long)cut->n_unreadable);
        host->log(host, EMEND_LOG_WARNING, emend_str(message));
    }
}

/* Replaces the file by its first n_records records, of them those up to last_step. */
static EmendStatus cut_back(LogFile *file, FILE *from, uint64_t last_step, uint64_t n_records,
                            Cut *cut, EmendError *err) {
    char aside[LOG_NAME_BYTES];
    EmendStatus status = EMEND_OK;
    snprintf(aside, sizeof aside, "%.*s.tmp", (int)(sizeof aside - sizeof ".tmp"), file->name);
    int fd = openat(file->dir, aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
    if (!to) {
        status = file_fail(file, "its copy cannot be made", errno, err);
        close_if_open(fd);
        return status;
    }
    int error = copy_lines(from, to, last_step, n_records, cut);
    if (fclose(to) != 0 && error == 0) {
        error = errno;
    }
    if (error == 0 && renameat(file->dir, aside, file->dir, file->name) < 0) {
        error = errno;
    }
    if (error == 0 && fsync(file->dir) < 0) {
        error = errno;
    }
    if (error != 0) {
        unlinkat(file->dir, aside, 0);
        status = file_fail(file, "its later records cannot be dropped", error, err);
    }
    return status;
}

EmendStatus log_reopen(LogFile *file, EmendStr run_dir, const char *name, uint64_t last_step,
                       uint64_t n_records, const EmendHost *host, EmendError *err) {
    Cut cut = {0};
    EmendStatus status = open_folder(file, run_dir, name, err);
    if (status != EMEND_OK) {
        return status;
    }
    int fd = openat(file->dir, file->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    FILE *from = fd < 0 ? NULL : fdopen(fd, "r");
    if (from) {
        status = cut_back(file, from, last_step, n_records, &cut, err);
        fclose(from);
    } else if (fd >= 0 || errno != ENOENT) {
        status = file_fail(file, "it cannot be read", errno, err);
        close_if_open(fd);
    }
    if (status == EMEND_OK) {
        report_unreadable(file, &cut, host);
        status = open_for_append(file, err);
    }
    if (status != EMEND_OK) {
        log_close(file);
    }
    return status;
}

EmendStatus log_append(LogFile *file, const char *line, size_t len, EmendError *err) {
    struct stat before = {0};
    if (fstat(file->fd, &before) < 0) {
        return file_fail(file, "it cannot be examined", errno, err);
    }
    for (size_t done = 0; done < len;) {
        ssize_t n = write(file->fd, line + done, len - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            int error = errno;
            bool is_mended = done == 0 || ftruncate(file->fd, before.st_size) == 0;
            return file_fail(file,
                             is_mended ? "it cannot be written"
                                       : "it cannot be written, and its last line is torn",
                             error, err);
        }
        done += (size_t)n;
    }
    return EMEND_OK;
}

EmendStatus log_sync(LogFile *file, EmendError *err) {
    return fsync(file->fd) < 0 ? file_fail(file, "it cannot be synced", errno, err) : EMEND_OK;
}

void log_close(LogFile *file) {
    close_if_open(file->fd);
    close_if_open(file->dir);
    file->fd = -1;
    file->dir = -1;
}

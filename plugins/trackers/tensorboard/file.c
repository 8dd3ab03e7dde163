/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"
#include "record.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EVENT_INIT EMEND__TRACKERS__TENSORBOARD__EVENT__INIT

static EmendStatus file_fail(const EventFile *file, const char *what, int error, EmendError *err) {
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

static bool has_control(const char *name) {
    while (*name && !iscntrl((unsigned char)*name)) {
        name++;
    }
    return *name != '\0';
}

EmendStatus event_name_check(const char *name, EmendError *err) {
    if (strlen(name) >= EVENT_NAME_BYTES || has_control(name)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "file: it is a name of %zu bytes; it must have fewer than %d, and no "
                          "control characters",
                          strlen(name), EVENT_NAME_BYTES);
    }
    if (strchr(name, '/') || !strstr(name, "tfevents")) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "file: it is \"%s\"; it must be a plain file name, which stays in the "
                          "run's folder, with \"tfevents\" in it, by which TensorBoard finds it",
                          name);
    }
    return EMEND_OK;
}

static EmendStatus open_in(EventFile *file, EmendStr run_dir, const char *name, EmendError *err) {
    char folder[sizeof file->path];
    *file = (EventFile){.dir = -1, .fd = -1};
    int n = snprintf(file->path, sizeof file->path, "%.*s/%s", (int)run_dir.len, run_dir.ptr, name);
    if (run_dir.len >= sizeof folder || n < 0 || (size_t)n >= sizeof file->path) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "run_dir: its path has %" PRIu64 " bytes; it must have fewer than %zu",
                          run_dir.len, sizeof folder - EVENT_NAME_BYTES);
    }
    snprintf(folder, sizeof folder, "%.*s", (int)run_dir.len, run_dir.ptr);
    file->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file->dir < 0) {
        return file_fail(file, "its folder cannot be opened", errno, err);
    }
    file->fd = openat(file->dir, name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    return file->fd < 0 ? file_fail(file, "it cannot be opened", errno, err) : EMEND_OK;
}

static EmendStatus size_of(const EventFile *file, uint64_t *size, EmendError *err) {
    struct stat info = {0};
    if (fstat(file->fd, &info) < 0) {
        return file_fail(file, "it cannot be examined", errno, err);
    }
    *size = (uint64_t)info.st_size;
    return EMEND_OK;
}

static EmendStatus write_whole(EventFile *file, const uint8_t *bytes, size_t len, EmendError *err) {
    uint64_t before = 0;
    EmendStatus status = size_of(file, &before, err);
    for (size_t done = 0; status == EMEND_OK && done < len;) {
        ssize_t n = write(file->fd, bytes + done, len - done);
        if (n < 0 && errno != EINTR) {
            int error = errno;
            bool is_mended = done == 0 || ftruncate(file->fd, (off_t)before) == 0;
            return file_fail(file,
                             is_mended ? "it cannot be written"
                                       : "it cannot be written, and its last event is torn",
                             error, err);
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return status;
}

EmendStatus event_file_append(EventFile *file, const Event *event, EmendError *err) {
    size_t len = emend__trackers__tensorboard__event__get_packed_size(event);
    uint8_t *bytes = malloc(RECORD_HEAD_BYTES + len + RECORD_TAIL_BYTES);
    if (!bytes) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for an event of %zu bytes",
                          file->path, len);
    }
    uint8_t *payload = bytes + RECORD_HEAD_BYTES;
    emend__trackers__tensorboard__event__pack(event, payload);
    record_head(len, bytes);
    record_tail(payload, len, payload + len);
    EmendStatus status = write_whole(file, bytes, RECORD_HEAD_BYTES + len + RECORD_TAIL_BYTES, err);
    free(bytes);
    return status;
}

static EmendStatus write_version(EventFile *file, EmendError *err) {
    Event event = EVENT_INIT;
    char version[] = "brain.Event:2";
    event.has_wall_time = 1;
    event.wall_time = (double)time(NULL);
    event.file_version = version;
    return event_file_append(file, &event, err);
}

EmendStatus event_file_open(EventFile *file, EmendStr run_dir, const char *name, EmendError *err) {
    uint64_t size = 0;
    EmendStatus status = open_in(file, run_dir, name, err);
    if (status == EMEND_OK) {
        status = size_of(file, &size, err);
    }
    if (status == EMEND_OK && size > 0) {
        status = emend_fail(err, EMEND_ALREADY_EXISTS,
                            "%s: it holds the events of another run; a new run must start without; "
                            "resume that run, or choose another folder",
                            file->path);
    }
    if (status == EMEND_OK) {
        status = write_version(file, err);
    }
    if (status != EMEND_OK) {
        event_file_close(file);
    }
    return status;
}

// The event at an offset; NULL where there is no whole one. *end: the offset behind it.
static Event *read_event(const EventFile *file, uint64_t size, uint64_t offset, uint64_t *end) {
    uint8_t head[RECORD_HEAD_BYTES], tail[RECORD_TAIL_BYTES];
    if (pread(file->fd, head, sizeof head, (off_t)offset) != (ssize_t)sizeof head) {
        return NULL;
    }
    uint64_t len = record_length(head), begin = offset + sizeof head;
    if (begin > size || len > size - begin) {
        return NULL; // or the length is none
    }
    size_t n = (size_t)len + sizeof tail;
    uint8_t *bytes = malloc(n);
    Event *event = NULL;
    if (bytes && pread(file->fd, bytes, n, (off_t)begin) == (ssize_t)n) {
        record_tail(bytes, (size_t)len, tail);
        if (memcmp(tail, bytes + len, sizeof tail) == 0) {
            event = emend__trackers__tensorboard__event__unpack(NULL, (size_t)len, bytes);
        }
    }
    free(bytes);
    *end = begin + n;
    return event;
}

/* Finds where the events that stay end. *n_kept: how many those are, the first one, which says what
 * the file is, not counted. */
static uint64_t find_end(const EventFile *file, uint64_t size, uint64_t last_step,
                         uint64_t n_records, uint64_t *n_kept) {
    uint64_t kept_end = 0, end = 0;
    *n_kept = 0;
    for (bool is_first = true; is_first || *n_kept < n_records; is_first = false) {
        Event *event = read_event(file, size, kept_end, &end);
        bool is_kept = event && (is_first ? event->file_version != NULL
                                          : event->step >= 0 && (uint64_t)event->step <= last_step);
        if (event) {
            emend__trackers__tensorboard__event__free_unpacked(event, NULL);
        }
        if (!is_kept) {
            break;
        }
        kept_end = end;
        *n_kept += !is_first;
    }
    return kept_end;
}

static void report_lost(const EventFile *file, uint64_t n_kept, uint64_t n_records,
                        const EmendHost *host) {
    char message[sizeof file->path + 128];
    snprintf(message, sizeof message,
             "%s: %" PRIu64 " of the run's %" PRIu64
             " events are there; the rest were damaged or never written",
             file->path, n_kept, n_records);
    host->log(host, EMEND_LOG_WARNING, emend_str(message));
}

EmendStatus event_file_reopen(EventFile *file, EmendStr run_dir, const char *name,
                              uint64_t last_step, uint64_t n_records, const EmendHost *host,
                              EmendError *err) {
    uint64_t size = 0, n_kept = 0;
    EmendStatus status = open_in(file, run_dir, name, err);
    if (status == EMEND_OK) {
        status = size_of(file, &size, err);
    }
    if (status == EMEND_OK) {
        uint64_t end = find_end(file, size, last_step, n_records, &n_kept);
        if (end < size && ftruncate(file->fd, (off_t)end) != 0) {
            status = file_fail(file, "its later events cannot be cut off", errno, err);
        }
        if (status == EMEND_OK && end == 0) {
            status = write_version(file, err);
        }
    }
    if (status != EMEND_OK) {
        event_file_close(file);
    } else if (size > 0 && n_kept < n_records && n_records != UINT64_MAX) {
        report_lost(file, n_kept, n_records, host);
    }
    return status;
}

EmendStatus event_file_sync(EventFile *file, EmendError *err) {
    return fsync(file->fd) < 0 || fsync(file->dir) < 0
               ? file_fail(file, "it cannot be synced", errno, err)
               : EMEND_OK;
}

static void close_if_open(int fd) {
    if (fd >= 0) {
        close(fd);
    }
}

void event_file_close(EventFile *file) {
    close_if_open(file->fd);
    close_if_open(file->dir);
    file->fd = -1;
    file->dir = -1;
}

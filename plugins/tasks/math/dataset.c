/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset.h"
#include "file.h"
#include "folder.h"
#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_ROWS = 256 };

static EmendStatus add_row(Dataset *dataset, const Row *row, EmendError *err) {
    if (dataset->n_rows == dataset->capacity) {
        const EmendHost *host = dataset->host;
        uint64_t capacity = dataset->capacity > 0 ? 2 * dataset->capacity : FIRST_ROWS;
        // Rows are numbered in 32 bits.
        Row *larger =
            capacity <= UINT32_MAX ? host->alloc(host, capacity * sizeof *larger, 0) : NULL;
        if (!larger) {
            return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for more than %llu problems",
                              dataset->path, (unsigned long long)dataset->n_rows);
        }
        if (dataset->n_rows > 0) {
            memcpy(larger, dataset->rows, dataset->n_rows * sizeof *larger);
        }
        host->free(host, dataset->rows);
        dataset->rows = larger;
        dataset->capacity = capacity;
    }
    dataset->rows[dataset->n_rows++] = *row;
    return EMEND_OK;
}

// What a folder's file says of its problem by where it is.
static EmendStatus fill_in(Arena *arena, Row *row, EmendError *err) {
    const char *slash = row->name.len > 0 ? memchr(row->name.ptr, '/', row->name.len) : NULL;
    uint64_t n_subject = slash ? (uint64_t)(slash - row->name.ptr) : 0;
    EmendStatus status = arena_keep(arena, row->name, &row->name, err);
    if (status == EMEND_OK && row->subject.len == 0) {
        row->subject = (EmendStr){row->name.ptr, n_subject};
    }
    return status;
}

static EmendStatus take_row(void *ctx, const Place *place, const json_t *json, EmendError *err) {
    Dataset *dataset = ctx;
    Row row;
    if (dataset->host->is_cancelled(dataset->host)) {
        return emend_fail(err, EMEND_CANCELLED, "%s: reading it was stopped", dataset->path);
    }
    EmendStatus status = row_read(place, json, &dataset->arena, &row, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (str_is_blank(row.problem) || str_is_blank(row.answer)) {
        dataset->n_blank++;
        return EMEND_OK;
    }
    status = fill_in(&dataset->arena, &row, err);
    return status == EMEND_OK ? add_row(dataset, &row, err) : status;
}

static EmendStatus take_file(void *ctx, int fd, EmendStr name, EmendError *err) {
    Dataset *dataset = ctx;
    Place place = {.path = dataset->path, .name = name};
    Text bytes = {.host = dataset->host};
    EmendStatus status = file_read(fd, &place, &bytes, err);
    if (status == EMEND_OK) {
        status = name.len > 0 ? file_row(text_str(&bytes), &place, take_row, dataset, err)
                              : file_rows(text_str(&bytes), &place, take_row, dataset, err);
    }
    text_finish(&bytes);
    return status;
}

static EmendStatus read_path(Dataset *dataset, EmendError *err) {
    struct stat about;
    int fd = open(dataset->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return emend_fail(
            err, errno == ENOENT ? EMEND_NOT_FOUND : EMEND_DENIED,
            "%s: %s; it must be a file of problems or MATH's folder of them, seen from "
            "the folder the command runs in",
            dataset->path, strerror(errno));
    }
    if (fstat(fd, &about) == 0 && S_ISDIR(about.st_mode)) {
        return folder_files(dataset->host, fd, dataset->path, take_file, dataset, &dataset->n_links,
                            err);
    }
    return take_file(dataset, fd, (EmendStr){"", 0}, err);
}

static EmendStatus name_row(const Naming *naming, Arena *arena, Row *row, EmendError *err) {
    Note id = {0};
    if (row->name.len > 0) {
        note_add_str(&id, naming->folder);
        note_add(&id, "/%.*s", (int)row->name.len, row->name.ptr);
    } else {
        note_add(&id, "%s:%llu", naming->split,
                 (unsigned long long)(row->object > 0 ? row->object : row->line));
    }
    return arena_keep(arena, (EmendStr){id.text, id.len}, &row->id, err);
}

static EmendStatus name_rows(Dataset *dataset, const Naming *naming, EmendError *err) {
    Keys keys = {0};
    EmendStatus status = keys_init(dataset->host, dataset->n_rows, &keys, err);
    for (uint64_t i = 0; i < dataset->n_rows && status == EMEND_OK; i++) {
        Row *row = &dataset->rows[i];
        if (row->id.len == 0 || keys_put(&keys, row->id, i) != i) {
            status = name_row(naming, &dataset->arena, row, err);
        }
    }
    keys_finish(&keys);
    return status;
}

EmendStatus dataset_load(const EmendHost *host, const char *path, const Naming *naming,
                         Dataset *out, EmendError *err) {
    Dataset dataset = {.host = host, .path = path, .arena = {host, NULL}};
    *out = (Dataset){0};
    EmendStatus status = read_path(&dataset, err);
    if (status == EMEND_OK && dataset.n_rows == 0) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "%s: no problem with an answer is in it; it must be a file with a JSON "
                            "object a line, or a folder of <subject>/<number>.json",
                            path);
    }
    if (status == EMEND_OK) {
        status = name_rows(&dataset, naming, err);
    }
    if (status != EMEND_OK) {
        goto out;
    }
    *out = dataset;
    dataset = (Dataset){0}; // given away
out:
    dataset_finish(&dataset);
    return status;
}

void dataset_finish(Dataset *dataset) {
    if (dataset->host) {
        dataset->host->free(dataset->host, dataset->rows);
        arena_free(&dataset->arena);
    }
    *dataset = (Dataset){0};
}

void dataset_add_place(const Dataset *dataset, const Row *row, Note *note) {
    place_add(&(Place){dataset->path, row->name, row->line, row->object}, note);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "dataset.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

static const uint64_t max_file_bytes = (uint64_t)1 << 30;

typedef struct Bytes {
    char *ptr;
    uint64_t len, capacity;
} Bytes;

static EmendStatus grow(const EmendHost *host, const char *path, Bytes *bytes, EmendError *err) {
    uint64_t capacity = bytes->capacity > 0 ? bytes->capacity * 2 : 1 << 16;
    char *larger = capacity <= max_file_bytes ? host->alloc(host, capacity, 0) : NULL;
    if (!larger) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for more than %llu bytes of it",
                          path, (unsigned long long)bytes->len);
    }
    if (bytes->len > 0) {
        memcpy(larger, bytes->ptr, bytes->len);
    }
    host->free(host, bytes->ptr);
    bytes->ptr = larger;
    bytes->capacity = capacity;
    return EMEND_OK;
}

// The whole file, unpacked where it is compressed.
static EmendStatus read_file(const EmendHost *host, const char *path, Bytes *bytes,
                             EmendError *err) {
    errno = 0;
    gzFile file = gzopen(path, "rbe");
    if (!file) {
        return emend_fail(
            err, errno == ENOENT ? EMEND_NOT_FOUND : EMEND_DENIED,
            "%s: %s; it must be a file in MATH's form, seen from the folder the command "
            "runs in",
            path, errno ? strerror(errno) : "no memory");
    }
    EmendStatus status = EMEND_OK;
    int n_read = 1;
    while (status == EMEND_OK && n_read > 0) {
        if (bytes->len == bytes->capacity) {
            status = grow(host, path, bytes, err);
        }
        if (status == EMEND_OK) {
            uint64_t room = bytes->capacity - bytes->len;
            n_read =
                gzread(file, bytes->ptr + bytes->len, room < 1 << 20 ? (unsigned)room : 1 << 20);
            bytes->len += n_read > 0 ? (uint64_t)n_read : 0;
        }
        if (host->is_cancelled(host)) {
            status = emend_fail(err, EMEND_CANCELLED, "%s: reading was stopped", path);
        }
    }
    int code = Z_OK;
    const char *why = gzerror(file, &code);
    if (status == EMEND_OK && code < 0) {
        status = emend_fail(err, EMEND_DATA_LOSS, "%s: cannot be read: %s; get the file again",
                            path, code == Z_ERRNO ? strerror(errno) : why);
    }
    gzclose(file);
    return status;
}

static bool is_wanted(const Filter *filter, EmendStr subject, uint32_t level) {
    bool has_subject = filter->n_subjects == 0, has_level = filter->n_levels == 0;
    for (size_t i = 0; i < filter->n_subjects; i++) {
        has_subject =
            has_subject || (strlen(filter->subjects[i]) == subject.len &&
                            strncasecmp(filter->subjects[i], subject.ptr, subject.len) == 0);
    }
    for (size_t i = 0; i < filter->n_levels; i++) {
        has_level = has_level || filter->levels[i] == level;
    }
    return has_subject && has_level;
}

typedef struct Line {
    const char *path;
    uint32_t number;
} Line;

// A text of a row, borrowed from it; empty where the field is missing or null and need not be
// there.
static EmendStatus read_text(const Line *line, const json_t *row, const char *field, bool is_needed,
                             EmendStr *out, EmendError *err) {
    const json_t *value = json_object_get(row, field);
    if (!json_is_string(value) && (is_needed || (value && !json_is_null(value)))) {
        return emend_fail(err, EMEND_DATA_LOSS, "%s:%u: %s is %s; it must be a string", line->path,
                          line->number, field, value ? "of another type" : "missing");
    }
    *out = (EmendStr){"", 0};
    if (value && json_is_string(value)) {
        *out = (EmendStr){json_string_value(value), json_string_length(value)};
    }
    return EMEND_OK;
}

static EmendStatus read_level(const Line *line, const json_t *row, uint32_t *level,
                              EmendError *err) {
    const json_t *value = json_object_get(row, "level");
    *level = 0;
    if (!value || json_is_null(value)) {
        return EMEND_OK;
    }
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > 1000) {
        return emend_fail(err, EMEND_DATA_LOSS,
                          "%s:%u: level is not a number from 0 to 1000; it must be", line->path,
                          line->number);
    }
    *level = (uint32_t)json_integer_value(value);
    return EMEND_OK;
}

static EmendStatus read_row(const Line *line, const json_t *json, Row *row, EmendError *err) {
    if (!json_is_object(json)) {
        return emend_fail(err, EMEND_DATA_LOSS,
                          "%s:%u: is not a JSON object; each line must be one", line->path,
                          line->number);
    }
    row->line = line->number;
    EmendStatus status = read_text(line, json, "problem", true, &row->problem, err);
    if (status == EMEND_OK) {
        status = read_text(line, json, "answer", true, &row->answer, err);
    }
    if (status == EMEND_OK) {
        status = read_text(line, json, "solution", false, &row->solution, err);
    }
    if (status == EMEND_OK) {
        status = read_text(line, json, "subject", false, &row->subject, err);
    }
    if (status == EMEND_OK) {
        status = read_text(line, json, "unique_id", false, &row->id, err);
    }
    return status == EMEND_OK ? read_level(line, json, &row->level, err) : status;
}

static EmendStr keep_text(char **end, EmendStr text) {
    EmendStr kept = {*end, text.len};
    if (text.len > 0) {
        memcpy(*end, text.ptr, text.len);
    }
    *end += text.len;
    return kept;
}

// JSON never writes a text shorter than it is, so the line that held a row has room for its texts.
static char *keep_row(Dataset *dataset, const Row *row, char *end) {
    dataset->rows[dataset->n_rows++] = (Row){.problem = keep_text(&end, row->problem),
                                             .solution = keep_text(&end, row->solution),
                                             .answer = keep_text(&end, row->answer),
                                             .subject = keep_text(&end, row->subject),
                                             .id = keep_text(&end, row->id),
                                             .level = row->level,
                                             .line = row->line};
    return end;
}

static bool is_blank(EmendStr text) {
    for (uint64_t i = 0; i < text.len; i++) {
        if (!strchr(" \t\r\n", text.ptr[i]) || text.ptr[i] == '\0') {
            return false;
        }
    }
    return true;
}

static EmendStatus add_line(Dataset *dataset, const Line *line, EmendStr text, const Filter *filter,
                            char **end, EmendError *err) {
    json_error_t where;
    Row row = {.line = line->number};
    if (is_blank(text)) {
        return EMEND_OK;
    }
    json_t *json = json_loadb(text.ptr, text.len, 0, &where);
    if (!json) {
        return emend_fail(err, EMEND_DATA_LOSS, "%s:%u: %s; each line must be a JSON object",
                          line->path, line->number, where.text);
    }
    EmendStatus status = read_row(line, json, &row, err);
    if (status == EMEND_OK && !is_blank(row.problem) && !is_blank(row.answer) &&
        is_wanted(filter, row.subject, row.level)) {
        *end = keep_row(dataset, &row, *end);
    }
    json_decref(json);
    return status;
}

static uint64_t count_lines(const Bytes *bytes) {
    uint64_t n = 1;
    for (uint64_t i = 0; i < bytes->len; i++) {
        n += bytes->ptr[i] == '\n';
    }
    return n;
}

// The texts are kept in the file's own bytes, which they overtake line by line.
static EmendStatus read_rows(Dataset *dataset, const char *path, const Bytes *bytes,
                             const Filter *filter, EmendError *err) {
    char *end = bytes->ptr;
    Line line = {path, 0};
    for (uint64_t at = 0; at < bytes->len;) {
        const char *begin = bytes->ptr + at;
        const char *stop = memchr(begin, '\n', bytes->len - at);
        uint64_t n = stop ? (uint64_t)(stop - begin) : bytes->len - at;
        line.number++;
        EmendStatus status = add_line(dataset, &line, (EmendStr){begin, n}, filter, &end, err);
        if (status != EMEND_OK) {
            return status;
        }
        if (filter->max_rows > 0 && dataset->n_rows == filter->max_rows) {
            return EMEND_OK;
        }
        at += n + 1;
    }
    return EMEND_OK;
}

EmendStatus dataset_load(const EmendHost *host, const char *path, const Filter *filter,
                         Dataset *out, EmendError *err) {
    Dataset dataset = {.host = host};
    Bytes bytes = {0};
    *out = (Dataset){0};
    EmendStatus status = read_file(host, path, &bytes, err);
    dataset.texts = bytes.ptr;
    if (status != EMEND_OK) {
        goto out;
    }
    uint64_t n_lines = count_lines(&bytes);
    if (filter->max_rows > 0 && filter->max_rows < n_lines) {
        n_lines = filter->max_rows;
    }
    dataset.rows = host->alloc(host, n_lines * sizeof *dataset.rows, 0);
    if (!dataset.rows) {
        status = emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for %llu problems", path,
                            (unsigned long long)n_lines);
        goto out;
    }
    status = read_rows(&dataset, path, &bytes, filter, err);
    if (status == EMEND_OK && dataset.n_rows == 0) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "%s: no problem with an answer is left; `subject` and `level` must let "
                            "some through",
                            path);
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
        dataset->host->free(dataset->host, dataset->texts);
    }
    *dataset = (Dataset){0};
}

static int compare_problems(const void *left, const void *right) {
    EmendStr a = (*(const Row *const *)left)->problem, b = (*(const Row *const *)right)->problem;
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

EmendStatus dataset_find_shared(const Dataset *dataset, const Dataset *other, const Row **shared,
                                EmendError *err) {
    const EmendHost *host = dataset->host;
    const Row **order = host->alloc(host, other->n_rows * sizeof(const Row *), 0);
    if (!order) {
        return emend_fail(err, EMEND_EXHAUSTED, "math: no memory to compare %llu problems",
                          (unsigned long long)other->n_rows);
    }
    for (uint64_t i = 0; i < other->n_rows; i++) {
        order[i] = &other->rows[i];
    }
    qsort(order, other->n_rows, sizeof *order, compare_problems);
    *shared = NULL;
    for (uint64_t i = 0; i < dataset->n_rows && !*shared; i++) {
        const Row *row = &dataset->rows[i];
        if (bsearch(&row, order, other->n_rows, sizeof *order, compare_problems)) {
            *shared = row;
        }
    }
    host->free(host, order);
    return EMEND_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static const uint64_t max_bytes = (uint64_t)1 << 30;
enum { READ_BYTES = 1 << 16, MESSAGE_BYTES = 1024 };

EmendStatus place_fail(const Place *place, EmendError *err, const char *format, ...) {
    char message[MESSAGE_BYTES], where[64] = "";
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    for (char *c = message; *c; c++) {
        *c = (unsigned char)*c < 0x20 || *c == 0x7F ? ' ' : *c;
    }
    if (place->object > 0) {
        snprintf(where, sizeof where, ": object %llu", (unsigned long long)place->object);
    } else if (place->line > 0) {
        snprintf(where, sizeof where, ":%llu", (unsigned long long)place->line);
    }
    return emend_fail(err, EMEND_DATA_LOSS, "%s%s: %s", place->path, where, message);
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static EmendStatus read_all(gzFile file, const Place *place, Text *out, EmendError *err) {
    for (;;) {
        EmendStatus status = text_reserve(out, READ_BYTES, err);
        if (status != EMEND_OK) {
            return status;
        }
        if (out->host->is_cancelled(out->host)) {
            return emend_fail(err, EMEND_CANCELLED, "%s: reading it was stopped", place->path);
        }
        int n_read = gzread(file, out->bytes + out->len, READ_BYTES);
        if (n_read <= 0) {
            return EMEND_OK;
        }
        out->len += (uint64_t)n_read;
        if (out->len > max_bytes) {
            return place_fail(place, err, "is larger than 1 GiB unpacked; it must be smaller");
        }
    }
}

static EmendStatus read_file(const Place *place, const char *what, Text *out, EmendError *err) {
    int fd = open(place->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return emend_fail(err, errno == ENOENT ? EMEND_NOT_FOUND : EMEND_DENIED,
                          "%s: %s; it must be %s, seen from the folder the command runs in",
                          place->path, strerror(errno), what);
    }
    gzFile file = gzdopen(fd, "rb");
    if (!file) {
        close(fd);
        return emend_fail(err, EMEND_EXHAUSTED, "coding: no memory to read a file");
    }
    errno = 0;
    EmendStatus status = read_all(file, place, out, err);
    int code = Z_OK;
    const char *why = gzerror(file, &code);
    if (status == EMEND_OK && code < 0) {
        status = place_fail(place, err, "cannot be read: %s; get the file again",
                            code == Z_ERRNO ? strerror(errno) : why);
    }
    gzclose(file);
    return status;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static EmendStatus take_row(const Place *place, const json_t *row, RowTaker take, void *ctx,
                            EmendError *err) {
    return json_is_object(row) ? take(ctx, place, row, err)
                               : place_fail(place, err, "is no JSON object; it must be one");
}

static EmendStatus bad_json(Place place, const json_error_t *where, EmendError *err) {
    place.line += where->line > 0 ? (uint64_t)where->line - (place.line > 0) : 0;
    return place_fail(&place, err, "%s; each problem must be a JSON object", where->text);
}

static EmendStatus take_lines(EmendStr bytes, Place place, RowTaker take, void *ctx,
                              EmendError *err) {
    EmendStatus status = EMEND_OK;
    EmendStr line;
    while (status == EMEND_OK && str_line(&bytes, &line)) {
        json_error_t where;
        place.line++;
        line = str_trim(line);
        if (line.len == 0) {
            continue;
        }
        json_t *row = json_loadb(line.ptr, line.len, JSON_DECODE_ANY, &where);
        status = row ? take_row(&place, row, take, ctx, err) : bad_json(place, &where, err);
        json_decref(row);
    }
    return status;
}

static EmendStatus take_array(EmendStr bytes, Place place, RowTaker take, void *ctx,
                              EmendError *err) {
    json_error_t where;
    json_t *array = json_loadb(bytes.ptr, bytes.len, 0, &where);
    EmendStatus status = array ? EMEND_OK : bad_json(place, &where, err);
    for (size_t i = 0; status == EMEND_OK && i < json_array_size(array); i++) {
        place.object = i + 1;
        status = take_row(&place, json_array_get(array, i), take, ctx, err);
    }
    json_decref(array);
    return status;
}

EmendStatus rows_read(const EmendHost *host, const char *path, const char *what, RowTaker take,
                      void *ctx, EmendError *err) {
    Text bytes = {.host = host};
    Place place = {.path = path};
    EmendStatus status = read_file(&place, what, &bytes, err);
    EmendStr text = text_str(&bytes);
    text = str_starts(text, "\xEF\xBB\xBF") ? str_skip(text, 3) : text;
    if (status == EMEND_OK) {
        status = str_starts(str_trim(text), "[") ? take_array(text, place, take, ctx, err)
                                                 : take_lines(text, place, take, ctx, err);
    }
    text_finish(&bytes);
    return status;
}

/* ---- members -------------------------------------------------------------------------------- */

EmendStatus row_keep(const json_t *string, Arena *arena, EmendStr *out, EmendError *err) {
    EmendStr text = {json_string_value(string), json_string_length(string)};
    EmendStatus status = arena_keep(arena, text, out, err);
    if (status != EMEND_OK) {
        return status;
    }
    char *kept = (char *)(uintptr_t)out->ptr;
    uint64_t n = 0;
    for (uint64_t i = 0; i < text.len; i++) {
        bool is_crlf = text.ptr[i] == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n';
        if (!is_crlf) {
            kept[n++] = text.ptr[i];
        }
    }
    out->len = n;
    return EMEND_OK;
}

EmendStatus row_optional_text(const Place *place, const json_t *row, const char *name, Arena *arena,
                              EmendStr *out, EmendError *err) {
    const json_t *value = json_object_get(row, name);
    *out = (EmendStr){"", 0};
    if (!value || json_is_null(value)) {
        return EMEND_OK;
    }
    if (!json_is_string(value)) {
        return place_fail(place, err, "%s is of another type; it must be a string", name);
    }
    return row_keep(value, arena, out, err);
}

EmendStatus row_text(const Place *place, const json_t *row, const char *name, Arena *arena,
                     EmendStr *out, EmendError *err) {
    if (!json_object_get(row, name)) {
        return place_fail(place, err, "%s is missing; a problem must have it", name);
    }
    return row_optional_text(place, row, name, arena, out, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static const uint64_t max_bytes = (uint64_t)1 << 30;
enum { READ_BYTES = 1 << 16 };

static EmendStatus too_large(const Place *place, EmendError *err) {
    return place_fail(place, err,
                      "is larger than 1 GiB unpacked; it must be smaller: split the file");
}

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
            return too_large(place, err);
        }
    }
}

EmendStatus file_read(int fd, const Place *place, Text *out, EmendError *err) {
    struct stat about;
    if (fstat(fd, &about) == 0 && (uint64_t)about.st_size > max_bytes && S_ISREG(about.st_mode)) {
        close(fd);
        return too_large(place, err);
    }
    gzFile file = gzdopen(fd, "rb");
    if (!file) {
        close(fd);
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory to read it", place->path);
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

static EmendStatus bad_json(const Place *place, const json_error_t *where, EmendError *err) {
    if (json_error_code(where) == json_error_null_character) {
        return place_fail(place, err, "a text has \\u0000 in it; a text must not");
    }
    return place_fail(place, err, "%s; each problem must be a JSON object", where->text);
}

// Parses the value at the beginning of a text and hands it out; *n_used is how long it is. The
// whole text must be the value where n_used is NULL.
static EmendStatus take_value(EmendStr text, const Place *place, RowTaker take, void *ctx,
                              uint64_t *n_used, EmendError *err) {
    json_error_t where;
    size_t flags = JSON_DECODE_ANY | (n_used ? JSON_DISABLE_EOF_CHECK : 0);
    json_t *row = json_loadb(text.ptr, text.len, flags, &where);
    if (!row) {
        Place at = *place;
        at.line += where.line > 0 ? (uint32_t)where.line - (at.line > 0) : 0;
        return bad_json(&at, &where, err);
    }
    if (n_used) {
        *n_used = (uint64_t)where.position;
    }
    EmendStatus status = take(ctx, place, row, err);
    json_decref(row);
    return status;
}

static EmendStatus take_lines(EmendStr bytes, Place place, RowTaker take, void *ctx,
                              EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (uint64_t at = 0; at < bytes.len && status == EMEND_OK;) {
        const char *begin = bytes.ptr + at;
        const char *stop = memchr(begin, '\n', bytes.len - at);
        EmendStr line = {begin, stop ? (uint64_t)(stop - begin) : bytes.len - at};
        place.line++;
        if (!str_is_blank(line)) {
            status = take_value(line, &place, take, ctx, NULL, err);
        }
        at += line.len + 1;
    }
    return status;
}

// A place in a text, and its line.
typedef struct Reader {
    EmendStr rest;
    uint32_t line;
} Reader;

static void advance(Reader *reader, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        reader->line += reader->rest.ptr[i] == '\n';
    }
    reader->rest = (EmendStr){reader->rest.ptr + n, reader->rest.len - n};
}

// The next character that is no white space; '\0' at the end.
static char peek(Reader *reader) {
    uint64_t n = 0;
    while (n < reader->rest.len && strchr(" \t\r\n", reader->rest.ptr[n]) && reader->rest.ptr[n]) {
        n++;
    }
    advance(reader, n);
    return reader->rest.len > 0 ? reader->rest.ptr[0] : '\0';
}

// `reader` stands at the bracket.
static EmendStatus take_array(Reader reader, Place place, RowTaker take, void *ctx,
                              EmendError *err) {
    advance(&reader, 1);
    bool is_over = peek(&reader) == ']';
    while (!is_over) {
        uint64_t n_used = 0;
        peek(&reader);
        place.line = reader.line;
        place.object++;
        EmendStatus status = take_value(reader.rest, &place, take, ctx, &n_used, err);
        if (status != EMEND_OK) {
            return status;
        }
        advance(&reader, n_used);
        is_over = peek(&reader) == ']';
        if (!is_over && peek(&reader) != ',') {
            place.line = reader.line;
            return place_fail(&place, err,
                              "is not followed by `,` or `]`; the array must be whole");
        }
        advance(&reader, is_over ? 0 : 1);
    }
    advance(&reader, 1);
    if (peek(&reader) != '\0' || reader.rest.len > 0) {
        place.line = reader.line;
        place.object = 0;
        return place_fail(&place, err, "there is more behind the array; it must be the whole file");
    }
    return EMEND_OK;
}

EmendStatus file_rows(EmendStr bytes, const Place *place, RowTaker take, void *ctx,
                      EmendError *err) {
    static const char mark[] = "\xEF\xBB\xBF"; // some editors begin UTF-8 with it
    if (bytes.len >= 3 && memcmp(bytes.ptr, mark, 3) == 0) {
        bytes = (EmendStr){bytes.ptr + 3, bytes.len - 3};
    }
    Reader reader = {bytes, 1};
    return peek(&reader) == '[' ? take_array(reader, *place, take, ctx, err)
                                : take_lines(bytes, *place, take, ctx, err);
}

EmendStatus file_row(EmendStr bytes, const Place *place, RowTaker take, void *ctx,
                     EmendError *err) {
    return take_value(bytes, place, take, ctx, NULL, err);
}

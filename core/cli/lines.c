/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lines.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 20 };

static const char byte_order_mark[] = "\xEF\xBB\xBF";

static bool is_blank(const char *text, size_t len) {
    size_t i = 0;
    while (i < len && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r')) {
        i++;
    }
    return i == len;
}

// Takes the line that ends at `end`, behind which the next begins at `next`.
static Line take(Lines *lines, size_t end, size_t next) {
    Line line = {lines->buffer + lines->begin, end - lines->begin, ++lines->n, lines->is_skipping};
    if (line.number == 1 && line.len >= 3 && memcmp(line.text, byte_order_mark, 3) == 0) {
        line.text += 3;
        line.len -= 3;
    }
    line.is_too_long = line.is_too_long || line.len > LINE_BYTES_MAX;
    line.len = line.is_too_long ? 0 : line.len;
    lines->begin = lines->scanned = next;
    lines->is_skipping = false;
    return line;
}

bool lines_next(Lines *lines, Line *line) {
    while (lines->scanned < lines->end) {
        const char *at = lines->buffer + lines->scanned;
        const char *newline = memchr(at, '\n', lines->end - lines->scanned);
        if (!newline) {
            lines->scanned = lines->end;
            break;
        }
        size_t end = (size_t)(newline - lines->buffer);
        *line = take(lines, end, end + 1);
        if (line->is_too_long || !is_blank(line->text, line->len)) {
            return true;
        }
    }
    if (lines->is_over && (lines->begin < lines->end || lines->is_skipping)) {
        *line = take(lines, lines->end, lines->end);
        return line->is_too_long || !is_blank(line->text, line->len);
    }
    if (lines->end - lines->begin > LINE_BYTES_MAX || lines->is_skipping) {
        lines->is_skipping = true;
        lines->begin = lines->scanned = lines->end;
    }
    return false;
}

// Makes room for a read: what was had goes, and where that is too little, the buffer grows.
static bool make_room(Lines *lines) {
    size_t n_kept = lines->end - lines->begin;
    if (lines->begin > 0) {
        memmove(lines->buffer, lines->buffer + lines->begin, n_kept);
    }
    lines->scanned -= lines->begin;
    lines->begin = 0;
    lines->end = n_kept;
    if (lines->capacity - n_kept >= READ_BYTES / 2) {
        return true;
    }
    size_t capacity = 2 * lines->capacity + READ_BYTES;
    char *buffer = realloc(lines->buffer, capacity);
    if (!buffer) {
        return false;
    }
    lines->buffer = buffer;
    lines->capacity = capacity;
    return true;
}

EmendStatus lines_read(Lines *lines, EmendError *err) {
    if (!make_room(lines)) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for a line of %zu bytes",
                          lines->end);
    }
    size_t n_free = lines->capacity - lines->end;
    ssize_t n =
        read(lines->fd, lines->buffer + lines->end, n_free < READ_BYTES ? n_free : READ_BYTES);
    if (n < 0) {
        bool is_passing = errno == EINTR || errno == EAGAIN;
        return is_passing
                   ? EMEND_OK
                   : emend_fail(err, EMEND_DATA_LOSS, "it cannot be read: %s", strerror(errno));
    }
    lines->end += (size_t)n;
    lines->is_over = n == 0;
    return EMEND_OK;
}

void lines_finish(Lines *lines) {
    free(lines->buffer);
    *lines = (Lines){.fd = -1};
}

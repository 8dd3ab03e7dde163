/* SPDX-License-Identifier: Apache-2.0 */
/* Messages with their place in front, and the line with a caret behind. */
#include "manifest/text_tree.h"

#include <string.h>

enum { MAX_MESSAGE = 1024, MAX_SHOWN = 96, MAX_BEFORE_CARET = 64 };

typedef struct Line {
    const char *start;
    size_t len;
    size_t number; /* from 1 */
    size_t before; /* bytes of it in front of the place */
} Line;

static Line find_line(const TextSource *source, size_t offset) {
    Line line = {source->text, 0, 1, 0};
    for (size_t i = 0; i < offset; i++) {
        if (source->text[i] == '\n') {
            line.start = source->text + i + 1;
            line.number++;
        }
    }
    const char *text_end = source->text + source->len;
    const char *end = memchr(line.start, '\n', (size_t)(text_end - line.start));
    line.len = (size_t)((end ? end : text_end) - line.start);
    line.before = (size_t)(source->text + offset - line.start);
    return line;
}

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Characters, not bytes. */
static size_t count_characters(const char *text, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        n += !is_continuation(text[i]);
    }
    return n;
}

/* Control characters become '?', so that nothing quoted can move a terminal's cursor. */
static void make_visible(char *text, bool keep_tabs) {
    for (char *c = text; *c; c++) {
        if (((unsigned char)*c < 0x20 && !(keep_tabs && *c == '\t')) || *c == 0x7F) {
            *c = '?';
        }
    }
}

void text_place_name(const TextTree *tree, TextPlace place, char *name, size_t capacity) {
    const TextSource *source = &tree->sources[place.source];
    if (source->assignment) {
        bool is_in_file = source->origin[0] != '\0';
        snprintf(name, capacity, "%s%s%s", source->origin, is_in_file ? ": set: " : "--set ",
                 source->assignment);
        make_visible(name, false);
        return;
    }
    Line line = find_line(source, place.offset);
    snprintf(name, capacity, "%s:%zu:%zu", source->origin, line.number,
             count_characters(line.start, line.before) + 1);
    make_visible(name, false);
}

/* Writes the line, cut around the place where it is long, and under it a caret. */
static void show_line(const TextSource *source, size_t offset, char *out, size_t capacity) {
    Line line = find_line(source, offset);
    if (line.len > 0 && line.start[line.len - 1] == '\r') {
        line.len--;
    }
    if (line.before > MAX_BEFORE_CARET) {
        size_t cut = line.before - MAX_BEFORE_CARET;
        while (is_continuation(line.start[cut])) {
            cut++;
        }
        line.start += cut;
        line.len -= cut <= line.len ? cut : line.len;
        line.before -= cut;
    }
    if (line.len > MAX_SHOWN) {
        line.len = MAX_SHOWN;
        while (line.len > 0 && is_continuation(line.start[line.len])) {
            line.len--;
        }
    }
    char shown[MAX_SHOWN + 1] = "", blanks[MAX_BEFORE_CARET + 1] = "";
    memcpy(shown, line.start, line.len);
    make_visible(shown, true);
    size_t n_blanks = 0;
    for (size_t i = 0; i < line.before; i++) {
        if (!is_continuation(line.start[i])) {
            blanks[n_blanks++] = line.start[i] == '\t' ? '\t' : ' ';
        }
    }
    snprintf(out, capacity, "\n%s\n%s^", shown, blanks);
}

EmendStatus text_fail_v(const TextTree *tree, TextPlace place, EmendStatus status, EmendError *err,
                        const char *format, va_list args) {
    const TextSource *source = &tree->sources[place.source];
    char name[MAX_MESSAGE], message[MAX_MESSAGE], line[2 * MAX_SHOWN + 8] = "";
    vsnprintf(message, sizeof message, format, args);
    make_visible(message, false);
    text_place_name(tree, place, name, sizeof name);
    if (!source->assignment) {
        show_line(source, place.offset, line, sizeof line);
    }
    if (err) {
        err->flags |= EMEND_ERROR_USER;
    }
    return emend_fail(err, status, "%s: %s%s", name, message, line);
}

EmendStatus text_fail(const TextTree *tree, TextPlace place, EmendStatus status, EmendError *err,
                      const char *format, ...) {
    va_list args;
    va_start(args, format);
    text_fail_v(tree, place, status, err, format, args);
    va_end(args);
    return status;
}

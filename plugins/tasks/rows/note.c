/* SPDX-License-Identifier: Apache-2.0 */
#include "note.h"

enum { LONGEST_STR = 200 };

// Where the character that a cut at `len` would split begins.
static uint64_t whole_characters(const char *text, uint64_t len) {
    while (len > 0 && ((unsigned char)text[len] & 0xC0u) == 0x80u) {
        len--;
    }
    return len;
}

void note_add_args(Note *note, const char *format, va_list args) {
    size_t room = sizeof note->text - note->len;
    int n = vsnprintf(note->text + note->len, room, format, args);
    size_t begin = note->len;
    note->len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
    if (n > 0 && (size_t)n >= room) {
        char last = note->text[note->len - (note->len > 0)];
        note->len -= ((unsigned char)last & 0x80u) != 0; // its character may be cut
        note->len = whole_characters(note->text, note->len);
        note->text[note->len] = '\0';
    }
    for (size_t i = begin; i < note->len; i++) {
        unsigned char c = (unsigned char)note->text[i];
        if (c < 0x20 || c == 0x7F) {
            note->text[i] = ' ';
        }
    }
}

void note_add(Note *note, const char *format, ...) {
    va_list args;
    va_start(args, format);
    note_add_args(note, format, args);
    va_end(args);
}

void note_add_str(Note *note, EmendStr text) {
    uint64_t len = text.len;
    if (len > LONGEST_STR) {
        len = whole_characters(text.ptr, LONGEST_STR);
    }
    note_add(note, "%.*s%s", (int)len, len > 0 ? text.ptr : "", len < text.len ? ".." : "");
}

void note_log(const Note *note, const EmendHost *host, uint32_t level) {
    host->log(host, level, (EmendStr){note->text, note->len});
}

EmendStatus note_fail(const Note *note, EmendStatus status, EmendError *err) {
    return emend_fail(err, status, "%s", note->text);
}

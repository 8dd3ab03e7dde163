/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/spelling.h"

#include <string.h>

// Walks over the characters of a text that count.
typedef struct Reader {
    EmendStr rest;
    const char *pending;  // what stands for something else and has not been given out
    bool is_behind_digit; // or a comma
} Reader;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool starts(EmendStr text, const char *prefix) {
    size_t n = strlen(prefix);
    return text.len >= n && memcmp(text.ptr, prefix, n) == 0;
}

// The length of something at the front that does not count; 0: it counts.
static uint64_t invisible_length(EmendStr text) {
    static const char *const invisible[] = {" ",   "\t",  "\n",  "\r",  "$",   "~",   "\\!", "\\,",
                                            "\\;", "\\:", "\\ ", "\\(", "\\)", "\\[", "\\]"};
    static const char *const words[] = {"\\left", "\\right", "\\displaystyle"};
    for (size_t i = 0; i < sizeof invisible / sizeof invisible[0]; i++) {
        if (starts(text, invisible[i])) {
            return strlen(invisible[i]);
        }
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i]);
        if (starts(text, words[i]) && (text.len == n || !is_letter(text.ptr[n]))) {
            return n;
        }
    }
    return 0;
}

// The next character that counts; -1 at the end.
static int next_character(Reader *reader) {
    if (reader->pending && *reader->pending) {
        return (unsigned char)*reader->pending++;
    }
    bool has_gap = false;
    for (uint64_t n = invisible_length(reader->rest); n > 0; n = invisible_length(reader->rest)) {
        reader->rest = (EmendStr){reader->rest.ptr + n, reader->rest.len - n};
        has_gap = true;
    }
    if (reader->rest.len == 0) {
        return -1;
    }
    // 3 4 is not 34, and 1, 234 is not 1,234.
    bool is_digit_next = is_digit(reader->rest.ptr[0]);
    bool is_between = has_gap && is_digit_next && reader->is_behind_digit;
    bool is_comma_next = reader->rest.ptr[0] == ',' || reader->rest.ptr[0] == '.';
    reader->is_behind_digit = (is_digit_next || is_comma_next) && !is_between;
    if (is_between) {
        return ' ';
    }
    if (starts(reader->rest, "\\dfrac") || starts(reader->rest, "\\tfrac")) {
        reader->rest = (EmendStr){reader->rest.ptr + 6, reader->rest.len - 6};
        reader->pending = "frac";
        return '\\';
    }
    int c = (unsigned char)reader->rest.ptr[0];
    reader->rest = (EmendStr){reader->rest.ptr + 1, reader->rest.len - 1};
    return c;
}

static EmendStr without_space(EmendStr text) {
    while (text.len > 0 && text.ptr[text.len - 1] != '\0' &&
           strchr(" \t\r\n$", text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

// One full stop, which is not the last of three.
static EmendStr without_stop(EmendStr text) {
    text = without_space(text);
    if (text.len > 1 && text.ptr[text.len - 1] == '.' && text.ptr[text.len - 2] != '.') {
        text.len--;
    }
    return without_space(text);
}

bool spelling_is_same(EmendStr a, EmendStr b) {
    Reader x = {.rest = without_stop(a)}, y = {.rest = without_stop(b)};
    for (;;) {
        int c = next_character(&x);
        if (c != next_character(&y)) {
            return false;
        }
        if (c < 0) {
            return true;
        }
    }
}

static bool begins_with(Reader text, Reader part) {
    for (int c = next_character(&part); c >= 0; c = next_character(&part)) {
        if (next_character(&text) != c) {
            return false;
        }
    }
    return true;
}

bool spelling_contains(EmendStr text, EmendStr part) {
    Reader here = {.rest = text}, wanted = {.rest = without_stop(part)};
    do {
        if (begins_with(here, wanted)) {
            return true;
        }
    } while (next_character(&here) >= 0);
    return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "str.h"

#include <string.h>

bool str_is(EmendStr text, const char *word) {
    return str_equal(text, emend_str(word));
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_is_word(EmendStr text, const char *word) {
    if (strlen(word) != text.len) {
        return false;
    }
    for (uint64_t i = 0; i < text.len; i++) {
        if (lower(text.ptr[i]) != lower(word[i])) {
            return false;
        }
    }
    return true;
}

bool str_equal(EmendStr a, EmendStr b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_starts(EmendStr text, const char *prefix) {
    size_t n = strlen(prefix);
    return text.len >= n && memcmp(text.ptr, prefix, n) == 0;
}

bool str_ends(EmendStr text, const char *suffix) {
    size_t n = strlen(suffix);
    return text.len >= n && memcmp(text.ptr + text.len - n, suffix, n) == 0;
}

uint64_t str_find(EmendStr text, const char *word, uint64_t from) {
    if (from >= text.len) {
        return text.len;
    }
    const char *at = memmem(text.ptr + from, text.len - from, word, strlen(word));
    return at ? (uint64_t)(at - text.ptr) : text.len;
}

EmendStr str_skip(EmendStr text, uint64_t n) {
    return (EmendStr){text.ptr + n, text.len - n};
}

EmendStr str_head(EmendStr text, uint64_t n) {
    return (EmendStr){text.ptr, n};
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool str_is_blank(EmendStr text) {
    return str_trim(text).len == 0;
}

EmendStr str_trim(EmendStr text) {
    while (text.len > 0 && is_space(text.ptr[0])) {
        text = str_skip(text, 1);
    }
    while (text.len > 0 && is_space(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

bool str_line(EmendStr *rest, EmendStr *line) {
    if (rest->len == 0) {
        return false;
    }
    const char *stop = memchr(rest->ptr, '\n', rest->len);
    *line = str_head(*rest, stop ? (uint64_t)(stop - rest->ptr) : rest->len);
    *rest = str_skip(*rest, line->len + (stop ? 1 : 0));
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <string.h>

bool str_is(EmendStr text, const char *word) {
    return strlen(word) == text.len && (text.len == 0 || memcmp(text.ptr, word, text.len) == 0);
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

EmendStr str_skip(EmendStr text, uint64_t n) {
    return (EmendStr){text.ptr + n, text.len - n};
}

bool str_starts(EmendStr text, const char *prefix) {
    size_t n = strlen(prefix);
    return text.len >= n && memcmp(text.ptr, prefix, n) == 0;
}

bool str_ends(EmendStr text, const char *suffix) {
    size_t n = strlen(suffix);
    return text.len >= n && memcmp(text.ptr + text.len - n, suffix, n) == 0;
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
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

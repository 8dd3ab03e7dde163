/* SPDX-License-Identifier: Apache-2.0 */
#include "find/find.h"

static bool is_word_at(EmendStr text, uint64_t at) {
    return is_letter(text_char(text, at)) && is_letter(text_char(text, at + 1));
}

// Where the number ends that stands at a position, without a full stop or comma behind it.
static uint64_t number_end(EmendStr text, uint64_t at) {
    uint64_t end = at;
    char c = text_char(text, at);
    while (is_digit(c) || c == '.' || c == ',') {
        at++;
        end = is_digit(c) ? at : end;
        c = text_char(text, at);
    }
    return end;
}

// Whether prose goes on after a number: then the dollar before it opened nothing.
static bool prose_follows(EmendStr text, uint64_t at) {
    char c = text_char(text, at), next = text_char(text, at + 1);
    bool at_end = at + 1 >= text.len;
    switch (c) {
    case '\n':
    case '\r':
        return true;
    case '.':
    case '!':
    case '?':
        return at_end || is_space(next) || is_emphasis(next) || next == '"' || next == ')';
    case ';':
    case ':':
    case ')':
    case '*':
    case '`':
    case '"':
        return true;
    case ',':
        return next == ' ' && is_word_at(text, at + 2);
    case ' ':
        return is_word_at(text, at + 1);
    case '/':
        return is_letter(next);
    default:
        return false;
    }
}

// A dollar that ends mathematics follows what it ends; this one begins something of its own.
static bool begins_anew(EmendStr text, uint64_t at) {
    char before = text.ptr[at - 1], next = text_char(text, at + 1);
    bool is_apart = is_space(before) || before == '(';
    return is_digit(next) || (is_apart && (is_letter(next) || next == '\\'));
}

// The next dollar in the paragraph, or the end.
static uint64_t next_dollar(EmendStr text, uint64_t at) {
    for (; at < text.len && text.ptr[at] != '$'; at++) {
        if (text.ptr[at] == '\\') {
            at++;
        } else if (text_has(text, at, "\n\n") || text_has(text, at, "\n\r\n")) {
            return text.len;
        }
    }
    return at < text.len ? at : text.len;
}

static Formula dollar_at(EmendStr text, uint64_t at, uint64_t *end) {
    uint64_t close = next_dollar(text, at + 1);
    uint64_t number = number_end(text, at + 1);
    bool is_number = is_digit(text_char(text, at + 1));
    if (close < text.len) {
        *end = close + 1;
        return is_number && begins_anew(text, close) ? FORMULA_NONE : FORMULA_CLOSED;
    }
    return is_number && prose_follows(text, number) ? FORMULA_NONE : FORMULA_OPEN;
}

static Formula delimited_at(EmendStr text, uint64_t at, const char *close, uint64_t *end) {
    for (at += 2; at < text.len; at++) {
        if (text_has(text, at, close)) {
            *end = at + 2;
            return FORMULA_CLOSED;
        }
        at += text.ptr[at] == '\\';
    }
    return FORMULA_OPEN;
}

Formula formula_at(EmendStr text, uint64_t at, uint64_t *end) {
    if (text_has(text, at, "$$")) {
        return delimited_at(text, at, "$$", end);
    }
    if (text_has(text, at, "\\(")) {
        return delimited_at(text, at, "\\)", end);
    }
    if (text_has(text, at, "\\[")) {
        return delimited_at(text, at, "\\]", end);
    }
    return text_char(text, at) == '$' ? dollar_at(text, at, end) : FORMULA_NONE;
}

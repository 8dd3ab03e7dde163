/* SPDX-License-Identifier: Apache-2.0 */
#include "find/find.h"

// Each of these gives the length of what stands at a position, 0 where it is something else.

static uint64_t word_length(EmendStr text, uint64_t at) {
    uint64_t end = at;
    while (end < text.len && is_letter(text.ptr[end])) {
        end++;
    }
    return end - at;
}

static uint64_t conjunction_length(EmendStr text, uint64_t at) {
    uint64_t n = word_length(text, at);
    bool is_one = (n == 3 && text_has(text, at, "and")) || (n == 2 && text_has(text, at, "or"));
    return is_one ? n : 0;
}

// \text{ and }, \mbox{, }
static uint64_t text_macro_length(EmendStr text, uint64_t at) {
    static const char *const macros[] = {"\\text{", "\\mbox{", "\\textrm{", "\\mathrm{"};
    for (size_t i = 0; i < sizeof macros / sizeof macros[0]; i++) {
        if (!text_has(text, at, macros[i])) {
            continue;
        }
        uint64_t end = at + strlen(macros[i]);
        end = text_skip_space(text, end);
        end += text_char(text, end) == ',';
        end = text_skip_space(text, end);
        end += conjunction_length(text, end);
        end = text_skip_space(text, end);
        return text_char(text, end) == '}' ? end + 1 - at : 0;
    }
    return 0;
}

// \quad, \, and the like; the line break \\; the signs that mathematics begins and ends with.
static uint64_t macro_length(EmendStr text, uint64_t at) {
    char next = text_char(text, at + 1);
    if (next == '\0') {
        return 0;
    }
    if (strchr(",;:! \\()[]\n", next)) {
        return 2;
    }
    uint64_t n = word_length(text, at + 1);
    bool is_space_macro =
        (n == 4 && text_has(text, at, "\\quad")) || (n == 5 && text_has(text, at, "\\qquad"));
    return is_space_macro ? n + 1 : text_macro_length(text, at);
}

// What may stand in one pair of brackets after a name: `_{10}`, `(x)`. Short, so that it is a name.
static uint64_t skip_group(EmendStr text, uint64_t at, char open, char close) {
    enum { MAX_BYTES = 8 };
    uint64_t end = at + 1;
    if (text_char(text, at) != open) {
        return at;
    }
    while (end - at <= MAX_BYTES &&
           (is_letter(text_char(text, end)) || is_digit(text_char(text, end)))) {
        end++;
    }
    return text_char(text, end) == close ? end + 1 : at;
}

static uint64_t skip_subscript(EmendStr text, uint64_t at) {
    if (text_char(text, at) != '_') {
        return at;
    }
    if (is_letter(text_char(text, at + 1)) || is_digit(text_char(text, at + 1))) {
        return at + 2;
    }
    uint64_t end = skip_group(text, at + 1, '{', '}');
    return end > at + 1 ? end : at;
}

// x =, x_1 =, f(x) &=, \theta =
static uint64_t left_side_length(EmendStr text, uint64_t at) {
    bool is_macro = text_char(text, at) == '\\';
    uint64_t n = word_length(text, at + is_macro);
    if (n == 0 || (n > 1 && !is_macro)) {
        return 0;
    }
    uint64_t end = skip_subscript(text, at + is_macro + n);
    while (text_char(text, end) == '\'') {
        end++;
    }
    end = text_skip_space(text, skip_group(text, end, '(', ')'));
    end += text_char(text, end) == '&';
    return text_char(text, end) == '=' ? end + 1 - at : 0;
}

static uint64_t separator_length(EmendStr text, uint64_t at) {
    char c = text.ptr[at];
    if (is_space(c) || (c != '\0' && strchr(",;&$*", c))) {
        return 1;
    }
    uint64_t n = c == '\\' ? macro_length(text, at) : conjunction_length(text, at);
    return n > 0 ? n : left_side_length(text, at);
}

bool separators_only(EmendStr text) {
    for (uint64_t at = 0; at < text.len;) {
        uint64_t n = separator_length(text, at);
        if (n == 0) {
            return false;
        }
        at += n;
    }
    return true;
}

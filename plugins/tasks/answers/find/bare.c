/* SPDX-License-Identifier: Apache-2.0 */
#include "find/find.h"

static bool is_known_word(EmendStr word) {
    static const char *const known[] = {"and", "or",  "sqrt", "pi",  "sin", "cos", "tan",
                                        "cot", "sec", "csc",  "log", "ln",  "exp"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (word.len == strlen(known[i]) && text_has(word, 0, known[i])) {
            return true;
        }
    }
    return word.len == 1;
}

// A Greek letter or a mathematical sign outside ASCII; 0 where it is something else.
static uint64_t symbol_length(EmendStr text, uint64_t at) {
    static const char *const two_bytes[] = {"\xC2\xB0", "\xC2\xB1", "\xC2\xB2", "\xC2\xB3",
                                            "\xC2\xB7", "\xC3\x97", "\xC3\xB7"};
    unsigned char first = (unsigned char)text.ptr[at];
    for (size_t i = 0; i < sizeof two_bytes / sizeof two_bytes[0]; i++) {
        if (text_has(text, at, two_bytes[i])) {
            return 2;
        }
    }
    if ((first == 0xCE || first == 0xCF) && at + 1 < text.len) {
        return 2;
    }
    // U+2200 to U+22FF, and superscripts
    unsigned char second = (unsigned char)text_char(text, at + 1);
    bool is_sign = first == 0xE2 && ((second >= 0x88 && second <= 0x8B) || second == 0x81);
    return is_sign && at + 2 < text.len ? 3 : 0;
}

// A macro, a formula, a name or a number: what is a value by itself.
static uint64_t value_length(EmendStr text, uint64_t at) {
    bool is_macro = text.ptr[at] == '\\';
    uint64_t end = at;
    if (formula_at(text, at, &end) == FORMULA_CLOSED) {
        return end - at;
    }
    end = at + is_macro;
    while (is_letter(text_char(text, end))) {
        end++;
    }
    if (is_macro || end > at) {
        bool is_word = end > at + is_macro;
        return is_word && (is_macro || is_known_word(text_slice(text, at, end))) ? end - at : 0;
    }
    return is_digit(text.ptr[at]) ? 1 : symbol_length(text, at);
}

static uint64_t sign_length(EmendStr text, uint64_t at) {
    char c = text.ptr[at];
    // A full stop or a colon between words is prose.
    if (c == '.' || c == ':') {
        return is_digit(text_char(text, at + 1)) ? 1 : 0;
    }
    if (c == '\\') {
        return at + 1 < text.len && !is_letter(text.ptr[at + 1]) ? 2 : 0;
    }
    return c != '\0' && strchr(" \t+-*/^_()[]{}=<>!|,;'%&~$", c) ? 1 : 0;
}

bool bare_is(EmendStr text) {
    enum { MAX_BYTES = 256 };
    uint64_t n_values = 0, n_open = 0;
    if (text.len > MAX_BYTES || text_char(text, 0) == ',') {
        return false;
    }
    for (uint64_t at = 0, n = 0; at < text.len; at += n) {
        char c = text.ptr[at];
        n = value_length(text, at);
        n_values += n > 0;
        n_open += c == '(' || c == '[' || c == '{';
        if ((c == ')' || c == ']' || c == '}') && n_open-- == 0) {
            return false;
        }
        n = n > 0 ? n : sign_length(text, at);
        if (n == 0) {
            return false;
        }
    }
    return n_values > 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, with what may stand between their groups of three digits. */
#include "read/lexer.h"
#include "read/names.h"

#include <string.h>

// What may stand between groups of three digits, and its length.
static uint64_t thousands_mark(const Lexer *lexer, EmendStr text) {
    static const char *const marks[] = {",\\!", "{,}\\!", "{,}", "\\,", "\\ ",
                                        "\\;",  "\\!,",   " ",   "~"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (str_starts(text, marks[i])) {
            return strlen(marks[i]);
        }
    }
    return lexer->has_thousands && lexer->depth == 0 && lexer_char(text, 0) == ',' ? 1 : 0;
}

// Whether exactly three digits follow.
bool lexer_three_digits(EmendStr text) {
    return lexer_is_digit(lexer_char(text, 0)) && lexer_is_digit(lexer_char(text, 1)) &&
           lexer_is_digit(lexer_char(text, 2)) && !lexer_is_digit(lexer_char(text, 3));
}

static uint64_t count_digits(EmendStr text) {
    uint64_t n = 0;
    while (n < text.len && lexer_is_digit(text.ptr[n])) {
        n++;
    }
    return n;
}

// Length of e5, E-5 behind a number; 0: none.
static uint64_t exponent_length(EmendStr text) {
    uint64_t n = 1;
    if (lexer_char(text, 0) != 'e' && lexer_char(text, 0) != 'E') {
        return 0;
    }
    n += lexer_char(text, 1) == '-' || lexer_char(text, 1) == '+';
    uint64_t n_digits = count_digits(str_skip(text, n < text.len ? n : text.len));
    return n_digits > 0 && !lexer_is_letter(lexer_char(text, n + n_digits)) ? n + n_digits : 0;
}

// A point that a digit, or a bar over digits, follows.
bool lexer_is_point(EmendStr text) {
    return lexer_char(text, 0) == '.' &&
           (lexer_is_digit(lexer_char(text, 1)) || str_starts(str_skip(text, 1), "\\overline{") ||
            str_starts(str_skip(text, 1), "\\bar{") || str_starts(str_skip(text, 1), "\\dot{"));
}

// The bytes of a number with groups of three digits, and how many groups they are.
static uint64_t grouped_length(const Lexer *lexer, EmendStr text, uint32_t *n_groups) {
    uint64_t n = count_digits(text);
    *n_groups = 0;
    if (n < 1 || n > 3 || text.ptr[0] == '0') {
        return n;
    }
    for (;;) {
        uint64_t mark = thousands_mark(lexer, str_skip(text, n));
        if (mark == 0 || !lexer_three_digits(str_skip(text, n + mark))) {
            return n;
        }
        n += mark + 3;
        ++*n_groups;
    }
}

// Digits, point and exponent; what may stand between groups is left out.
static EmendStr without_marks(Lexer *lexer, EmendStr number) {
    char *digits = work_alloc(lexer->work, number.len);
    uint64_t n = 0;
    for (uint64_t i = 0; digits && i < number.len; i++) {
        if (lexer_is_digit(number.ptr[i]) || lexer_is_letter(number.ptr[i]) ||
            strchr(".+-", number.ptr[i])) {
            digits[n++] = number.ptr[i];
        }
    }
    return (EmendStr){digits, n};
}

bool lexer_number(Lexer *lexer) {
    EmendStr text = lexer_rest(lexer);
    uint32_t n_groups = 0;
    uint64_t n = grouped_length(lexer, text, &n_groups);
    if (lexer_is_point(str_skip(text, n))) {
        n += 1 + count_digits(str_skip(text, n + 1));
    }
    n += exponent_length(str_skip(text, n));
    EmendStr number = {text.ptr, n};
    if (n_groups > 0) {
        number = without_marks(lexer, number);
    }
    lexer->at += n;
    return number.ptr && lexer_emit(lexer, TOKEN_NUMBER, 0, number);
}

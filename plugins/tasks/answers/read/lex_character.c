/* SPDX-License-Identifier: Apache-2.0 */
/* Characters outside ASCII. */
#include "read/lexer.h"
#include "read/names.h"

#include <string.h>

// A power or an index in small characters: x², x₁.
static bool lex_small(Lexer *lexer, bool *done) {
    static const struct {
        const char *spelling, *digit;
        bool is_power;
    } small[] = {
        {"\u00B9", "1", true},  {"\u00B2", "2", true},  {"\u00B3", "3", true},
        {"\u2070", "0", true},  {"\u2074", "4", true},  {"\u2075", "5", true},
        {"\u2076", "6", true},  {"\u2077", "7", true},  {"\u2078", "8", true},
        {"\u2079", "9", true},  {"\u207B", "-", true},  {"\u207F", "n", true},
        {"\u2080", "0", false}, {"\u2081", "1", false}, {"\u2082", "2", false},
        {"\u2083", "3", false}, {"\u2084", "4", false}, {"\u2085", "5", false},
        {"\u2086", "6", false}, {"\u2087", "7", false}, {"\u2088", "8", false},
        {"\u2089", "9", false},
    };
    int is_power = -1;
    for (;;) {
        size_t i = 0, n = sizeof small / sizeof small[0];
        while (i < n && (!str_starts(lexer_rest(lexer), small[i].spelling) ||
                         (is_power >= 0 && small[i].is_power != (is_power == 1)))) {
            i++;
        }
        if (i == n) {
            break;
        }
        bool is_first = is_power < 0;
        is_power = small[i].is_power;
        if (is_first &&
            (!lexer_emit(lexer, is_power ? TOKEN_POWER : TOKEN_SUBSCRIPT, 0, emend_str("")) ||
             !lexer_emit(lexer, TOKEN_GROUP_OPEN, 0, emend_str("")))) {
            return false;
        }
        EmendStr digit = emend_str(small[i].digit);
        Token *last = &lexer->out->items[lexer->out->n - 1];
        if (lexer_is_digit(digit.ptr[0]) && last->kind == TOKEN_NUMBER) {
            char *joined = work_alloc(lexer->work, last->text.len + 1);
            if (!joined) {
                return false;
            }
            memcpy(joined, last->text.ptr, last->text.len);
            joined[last->text.len] = digit.ptr[0];
            last->text = (EmendStr){joined, last->text.len + 1};
        } else if (!lexer_emit(lexer,
                               lexer_is_digit(digit.ptr[0]) ? TOKEN_NUMBER
                               : digit.ptr[0] == '-'        ? TOKEN_MINUS
                                                            : TOKEN_LETTER,
                               0, digit)) {
            return false;
        }
        lexer->at += strlen(small[i].spelling);
    }
    *done = is_power >= 0;
    return !*done || lexer_emit(lexer, TOKEN_GROUP_CLOSE, 0, emend_str(""));
}

// ½ as \frac{1}{2}
static bool lex_vulgar_fraction(Lexer *lexer, bool *done) {
    static const struct {
        const char *spelling, *top, *bottom;
    } fractions[] = {{"\u00BD", "1", "2"}, {"\u00BC", "1", "4"}, {"\u00BE", "3", "4"},
                     {"\u2153", "1", "3"}, {"\u2154", "2", "3"}, {"\u2155", "1", "5"},
                     {"\u2156", "2", "5"}, {"\u2157", "3", "5"}, {"\u2158", "4", "5"},
                     {"\u2159", "1", "6"}, {"\u215A", "5", "6"}, {"\u215B", "1", "8"},
                     {"\u215C", "3", "8"}, {"\u215D", "5", "8"}, {"\u215E", "7", "8"}};
    for (size_t i = 0; i < sizeof fractions / sizeof fractions[0]; i++) {
        if (str_starts(lexer_rest(lexer), fractions[i].spelling)) {
            lexer->at += strlen(fractions[i].spelling);
            *done = true;
            return lexer_emit(lexer, TOKEN_FRACTION, 0, emend_str("")) &&
                   lexer_emit(lexer, TOKEN_NUMBER, 0, emend_str(fractions[i].top)) &&
                   lexer_emit(lexer, TOKEN_NUMBER, 0, emend_str(fractions[i].bottom));
        }
    }
    return true;
}

static bool is_invisible(EmendStr text, uint64_t *n_bytes) {
    static const char *const invisible[] = {"\u00A0", "\u2009", "\u200A", "\u202F", "\u2003",
                                            "\u2002", "\u200B", "\u2062", "\u2061", "\uFEFF",
                                            "\u201C", "\u201D", "\u3000", "\u2063"};
    for (size_t i = 0; i < sizeof invisible / sizeof invisible[0]; i++) {
        if (str_starts(text, invisible[i])) {
            *n_bytes = strlen(invisible[i]);
            return true;
        }
    }
    return false;
}

bool lexer_character(Lexer *lexer) {
    Name name;
    uint64_t n_bytes = 0;
    bool done = false;
    if (is_invisible(lexer_rest(lexer), &n_bytes)) {
        lexer->at += n_bytes;
        lexer->is_spaced = true;
        return true;
    }
    if (name_of_character(lexer_rest(lexer), &name, &n_bytes)) {
        lexer->at += n_bytes;
        return lexer_emit_name(lexer, &name);
    }
    if (!lex_small(lexer, &done) || (!done && !lex_vulgar_fraction(lexer, &done))) {
        return false;
    }
    return done || lexer_fail(lexer, "it has an unknown character", lexer_rest(lexer));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/text_lex.h"
#include "manifest/utf8.h"

#include <string.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The value of a hexadecimal digit, or -1. */
static int hex_value(char c) {
    if (is_digit(c)) {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool fail(Lexer *lexer, const char *at, const char *problem) {
    lexer->problem = problem;
    lexer->problem_at = at;
    return false;
}

/* The character `ahead` of the lexer; NUL, which no text holds, behind the end. */
static char peek(const Lexer *lexer, size_t ahead) {
    return (size_t)(lexer->end - lexer->at) > ahead ? lexer->at[ahead] : '\0';
}

static void skip_blanks(Lexer *lexer) {
    while (lexer->at < lexer->end) {
        if (*lexer->at == '#') {
            const char *line_end = memchr(lexer->at, '\n', (size_t)(lexer->end - lexer->at));
            lexer->at = line_end ? line_end : lexer->end;
        } else if (!strchr(" \n\t\v\f\r", *lexer->at)) {
            return;
        } else {
            lexer->at++;
        }
    }
}

static void skip_digits(Lexer *lexer) {
    while (is_digit(peek(lexer, 0))) {
        lexer->at++;
    }
}

static bool read_integer_with_prefix(Lexer *lexer, TokenKind *kind) {
    if ((peek(lexer, 1) | 0x20) == 'x') {
        *kind = TOKEN_HEX;
        lexer->at += 2;
        if (hex_value(peek(lexer, 0)) < 0) {
            return fail(lexer, lexer->at, "a hexadecimal number needs a digit here");
        }
        while (hex_value(peek(lexer, 0)) >= 0) {
            lexer->at++;
        }
        return true;
    }
    *kind = TOKEN_OCTAL;
    while (is_octal(peek(lexer, 0))) {
        lexer->at++;
    }
    return !is_digit(peek(lexer, 0)) ||
           fail(lexer, lexer->at, "a number that starts with 0 is octal and has no digit above 7");
}

static bool read_decimal(Lexer *lexer, TokenKind *kind) {
    *kind = TOKEN_DECIMAL;
    skip_digits(lexer);
    if (peek(lexer, 0) == '.') {
        *kind = TOKEN_FLOAT;
        lexer->at++;
        skip_digits(lexer);
    }
    if ((peek(lexer, 0) | 0x20) == 'e') {
        size_t sign = peek(lexer, 1) == '+' || peek(lexer, 1) == '-' ? 1 : 0;
        if (!is_digit(peek(lexer, 1 + sign))) {
            return fail(lexer, lexer->at, "the exponent needs a digit behind the e");
        }
        *kind = TOKEN_FLOAT;
        lexer->at += 1 + sign;
        skip_digits(lexer);
    }
    if ((peek(lexer, 0) | 0x20) == 'f') {
        *kind = TOKEN_FLOAT;
        lexer->at++;
    }
    return true;
}

static bool read_number(Lexer *lexer, TokenKind *kind) {
    char second = peek(lexer, 1);
    bool has_prefix = *lexer->at == '0' && (is_digit(second) || (second | 0x20) == 'x');
    if (!(has_prefix ? read_integer_with_prefix(lexer, kind) : read_decimal(lexer, kind))) {
        return false;
    }
    return !is_letter(peek(lexer, 0)) ||
           fail(lexer, lexer->at, "a letter may not stand right behind a number; put a blank here");
}

static bool read_string(Lexer *lexer) {
    const char *start = lexer->at;
    char quote = *lexer->at++;
    while (lexer->at < lexer->end && *lexer->at != quote) {
        if (*lexer->at == '\n') {
            return fail(lexer, start,
                        "the string does not end on its line; close it, and write"
                        " \\n for a new line");
        }
        lexer->at += *lexer->at == '\\' && peek(lexer, 1) != '\n' && lexer->end - lexer->at > 1;
        lexer->at++;
    }
    if (lexer->at == lexer->end) {
        return fail(lexer, start, "the string does not end; close it");
    }
    lexer->at++;
    return true;
}

bool lexer_next(Lexer *lexer, Token *token) {
    skip_blanks(lexer);
    token->text = lexer->at;
    token->kind = TOKEN_END;
    token->len = 0;
    if (lexer->at == lexer->end) {
        return true;
    }
    char c = *lexer->at;
    bool is_read = true;
    if (is_letter(c)) {
        token->kind = TOKEN_WORD;
        while (is_letter(peek(lexer, 0)) || is_digit(peek(lexer, 0))) {
            lexer->at++;
        }
    } else if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1)))) {
        is_read = read_number(lexer, &token->kind);
    } else if (c == '"' || c == '\'') {
        token->kind = TOKEN_STRING;
        is_read = read_string(lexer);
    } else if (c != '\0' && strchr("{}<>[]:,;-./", c)) {
        token->kind = TOKEN_SYMBOL;
        lexer->at++;
    } else {
        is_read = fail(lexer, lexer->at, "this character has no meaning here");
    }
    token->len = (size_t)(lexer->at - token->text);
    return is_read;
}

/* Reads up to `max` digits of `base` at *at. */
static size_t take_digits(const char **at, const char *end, int base, size_t max, uint32_t *value) {
    size_t n = 0;
    *value = 0;
    while (n < max && *at < end) {
        int digit = hex_value(**at);
        if (digit < 0 || digit >= base) {
            break;
        }
        *value = *value * (uint32_t)base + (uint32_t)digit;
        *at += 1;
        n++;
    }
    return n;
}

static bool put_byte(Lexer *lexer, const char *escape, uint32_t value, char *out, size_t *len) {
    if (value > 0xFF) {
        return fail(lexer, escape, "an octal escape is at most \\377");
    }
    out[(*len)++] = (char)value;
    return true;
}

/* Unescapes what follows a backslash; *at is behind it. */
static bool unescape_one(Lexer *lexer, const char **at, const char *end, char *out, size_t *len) {
    static const char letters[] = "abfnrtv?\\'\"", meanings[] = "\a\b\f\n\r\t\v?\\'\"";
    const char *escape = *at - 1;
    char c = *at < end ? **at : '\0';
    uint32_t value = 0;
    if (is_octal(c)) {
        take_digits(at, end, 8, 3, &value);
        return put_byte(lexer, escape, value, out, len);
    }
    *at += 1;
    if (c == 'x') {
        return take_digits(at, end, 16, 2, &value) > 0
                   ? put_byte(lexer, escape, value, out, len)
                   : fail(lexer, escape, "\\x needs one or two hexadecimal digits");
    }
    if (c == 'u' || c == 'U') {
        size_t n_digits = c == 'u' ? 4 : 8;
        if (take_digits(at, end, 16, n_digits, &value) != n_digits) {
            return fail(lexer, escape, "\\u needs four hexadecimal digits, \\U eight");
        }
        size_t n = utf8_put(value, out + *len);
        *len += n;
        return n > 0 || fail(lexer, escape,
                             "this is no Unicode character; write one up to \\U0010FFFF, surrogate"
                             " pairs as one character");
    }
    const char *letter = c == '\0' ? NULL : strchr(letters, c);
    return letter ? put_byte(lexer, escape, (unsigned char)meanings[letter - letters], out, len)
                  : fail(lexer, escape, "unknown escape; a backslash itself is written \\\\");
}

bool lexer_unescape(Lexer *lexer, const Token *token, char *out, size_t *len) {
    const char *at = token->text + 1, *end = token->text + token->len - 1;
    *len = 0;
    while (at < end) {
        if (*at != '\\') {
            out[(*len)++] = *at++;
            continue;
        }
        at++;
        if (!unescape_one(lexer, &at, end, out, len)) {
            return false;
        }
    }
    return true;
}

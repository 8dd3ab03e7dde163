/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_TEXT_LEX_H
#define MANIFEST_TEXT_LEX_H
/* Text format's tokens; blanks and comments between them are skipped. The longest match wins. */
#include <stdbool.h>
#include <stddef.h>

typedef enum TokenKind {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_DECIMAL,
    TOKEN_OCTAL,
    TOKEN_HEX,
    TOKEN_FLOAT,
    TOKEN_STRING, /* its quotes included, escapes not yet looked at */
    TOKEN_SYMBOL  /* one of { } < > [ ] : , ; - . / */
} TokenKind;

typedef struct Token {
    TokenKind kind;
    const char *text; /* in the lexer's text */
    size_t len;
} Token;

typedef struct Lexer {
    const char *at, *end;
    const char *problem; /* why the last token could not be read; static */
    const char *problem_at;
} Lexer;

/* Reads the next token; TOKEN_END for good after the last. False where there is none to be read:
 * `problem` says why. */
bool lexer_next(Lexer *lexer, Token *token);

/* Writes what a string token stands for to `out`, which has room for token->len bytes. */
bool lexer_unescape(Lexer *lexer, const Token *token, char *out, size_t *len);

#endif

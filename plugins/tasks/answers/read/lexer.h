/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_LEXER_H
#define ANSWERS_LEXER_H
/* The state of lex(), for the files that take their share of it: lex.c (letters, punctuation),
 * lex_number.c, lex_macro.c, lex_character.c. Functions that return bool set the problem where they
 * fail. */
#include "read/lex.h"
#include "read/names.h"

typedef struct Lexer {
    Work *work;
    EmendStr text;
    uint64_t at;
    Tokens *out;
    uint32_t depth;     /* of brackets */
    int32_t side;       /* 1 behind \left, 2 behind \right, else 0 */
    bool is_spaced;     /* white space was passed since the last token */
    bool has_thousands; /* plain commas between digits are those of thousands */
    bool has_money;     /* a dollar sign means money */
} Lexer;

/* What has not been read. */
EmendStr lexer_rest(const Lexer *lexer);
/* The i-th byte; 0 behind the end. */
char lexer_char(EmendStr text, uint64_t i);
bool lexer_is_letter(char c);
bool lexer_is_digit(char c);
void lexer_skip_spaces(Lexer *lexer);

/* Adds a token. */
bool lexer_emit(Lexer *lexer, TokenKind kind, int32_t value, EmendStr text);
bool lexer_emit_name(Lexer *lexer, const Name *name);
bool lexer_emit_letter(Lexer *lexer, EmendStr letter);
/* Sets the problem to `what` with the text at `where` and its byte, and returns false. */
bool lexer_fail(Lexer *lexer, const char *what, EmendStr where);

/* The content of the group {..} that `text` begins with; false where it is never closed. */
bool lexer_group(EmendStr text, EmendStr *content, uint64_t *n_bytes);
/* Whether `sec` and `min` are units here: no argument follows. */
bool lexer_lacks_argument(EmendStr word, EmendStr rest);
/* Whether exactly three digits follow. */
bool lexer_three_digits(EmendStr text);
/* Whether a point stands here that a digit, or a bar over digits, follows. */
bool lexer_is_point(EmendStr text);

/* Reads what stands next, whatever it is. */
bool lexer_one(Lexer *lexer);
/* At a digit, a backslash, a byte outside ASCII. */
bool lexer_number(Lexer *lexer);
bool lexer_macro(Lexer *lexer);
bool lexer_character(Lexer *lexer);

#endif

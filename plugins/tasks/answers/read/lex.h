/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_LEX_H
#define ANSWERS_LEX_H
/* LaTeX, plain text and Unicode as one stream of tokens. What only changes the look is gone. */
#include "str.h"
#include "tree.h"

enum { LEX_MAX_BYTES = 4096, LEX_MAX_TOKENS = 1024 };

typedef enum TokenKind {
    TOKEN_END,
    TOKEN_NUMBER,   /* text: digits, perhaps with a point and an exponent, without separators */
    TOKEN_LETTER,   /* text: "x", "theta": one symbol */
    TOKEN_WORD,     /* text: two or more letters with no meaning of their own */
    TOKEN_TEXT,     /* text: the content of \text{..} and its like */
    TOKEN_FUNCTION, /* value: a Function */
    TOKEN_EXP,      /* exp( ) */
    TOKEN_ROOT,     /* value: the index, 2 or 3; text: "plain" where it is no macro */
    TOKEN_FRACTION,
    TOKEN_BINOMIAL,
    TOKEN_OVER,   /* {a \over b} */
    TOKEN_CHOOSE, /* {n \choose k} */
    TOKEN_PI,
    TOKEN_E,
    TOKEN_I,
    TOKEN_INFINITY,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_PLUS_MINUS,
    TOKEN_MINUS_PLUS,
    TOKEN_TIMES,
    TOKEN_DIVIDE,
    TOKEN_POWER,
    TOKEN_SUBSCRIPT,
    TOKEN_FACTORIAL,
    TOKEN_PRIME,
    TOKEN_DEGREE,
    TOKEN_PERCENT,
    TOKEN_DOLLAR,
    TOKEN_OPEN,  /* value: '(' '[' '<' */
    TOKEN_CLOSE, /* value: ')' ']' '>' */
    TOKEN_SET_OPEN,
    TOKEN_SET_CLOSE,
    TOKEN_GROUP_OPEN, /* value: 1 behind a macro that adds nothing, as \boxed */

    TOKEN_GROUP_CLOSE,
    TOKEN_FLOOR_OPEN,
    TOKEN_FLOOR_CLOSE,
    TOKEN_CEIL_OPEN,
    TOKEN_CEIL_CLOSE,
    TOKEN_BAR,  /* | : value: 1 where it must open, 2 where it must close, 0 unknown */
    TOKEN_NORM, /* \| */
    TOKEN_COMMA,
    TOKEN_SEMICOLON,
    TOKEN_COLON,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_STOP,
    TOKEN_RELATION, /* value: a Relation */
    TOKEN_UNION,
    TOKEN_INTERSECTION,
    TOKEN_WITHOUT,
    TOKEN_EMPTY_SET,
    TOKEN_NAMED_SET,
    TOKEN_ELLIPSIS,
    TOKEN_MOD,    /* a \bmod b */
    TOKEN_MODULO, /* \pmod n */
    TOKEN_BEGIN,
    TOKEN_FINISH, /* text: the environment */
    TOKEN_CELL,
    TOKEN_ROW,
    TOKEN_OVERLINE,
    TOKEN_OPAQUE /* text: a macro that names something of one argument: "vec", "angle" */
} TokenKind;

typedef struct Token {
    TokenKind kind;
    int32_t value;
    EmendStr text;
    bool is_spaced; /* white space stands before it */
} Token;

typedef struct Tokens {
    Token *items; /* n of them, and a TOKEN_END */
    uint32_t n;
} Tokens;

/* False where the text cannot be read; work->problem says why, with the byte. */
bool lex(Work *work, EmendStr text, Tokens *tokens);

#endif

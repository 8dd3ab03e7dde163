/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_PARSER_H
#define ANSWERS_PARSER_H
/* Recursive descent over tokens. From the top: read.c, element.c (lists, relations), measure.c
 * (units), expression.c (scalars), and what these are made of: bracket.c, function.c, literal.c,
 * symbol.c. A function returns NULL where it cannot read on; work->problem says why. */
#include "read/lex.h"

/* Three for each level that a reader would count: a sum, a sign, a base. */
enum { PARSER_MAX_DEPTH = 3 * 64, PARSER_MAX_PARTS = 128 };

typedef struct Parser {
    Work *work;
    Token *token;    /* the next one; the last is TOKEN_END */
    uint32_t depth;  /* of nesting */
    uint32_t n_bars; /* open | of absolute values */
} Parser;

/* The list of elements up to a token that cannot belong to it, which is left standing. */
const Node *parse_list(Parser *parser);
/* Passes words by that only tell of the value behind them; false where none stand here. */
bool parse_label(Parser *parser);
/* One element: a relation, a quantity, a set, words .. */
const Node *parse_element(Parser *parser);
/* Terms with + and - between; anything that stands for a number. */
const Node *parse_sum(Parser *parser);
/* What a bracket opens: a group, a point, an interval, a set, an absolute value, a matrix .. The
 * next token is one for which parse_opens() is true. */
const Node *parse_bracket(Parser *parser);
bool parse_opens(const Parser *parser);

/* The node as a number to calculate with: degrees and percent are worked in. NULL, and the problem
 * set, for what is no scalar. */
const Node *parse_scalar(Parser *parser, const Node *node);

/* The base that an index gives, from 2 to 36, the next token being the _; 0, and the problem set,
 * where it gives none. */
uint32_t parse_base(Parser *parser);
/* -204_5 */
const Node *parse_negative_based(Parser *parser, const Node *node);
/* The value of digits in a base. */
const Node *parse_based(Parser *parser, EmendStr digits, uint32_t base);

/* Whether a U stands here for a union. */
bool parse_letter_for_union(const Token *token);
/* Whether "a.m." or "p.m." begins here. */
bool parse_half_of_day(const Token *token);

/* Numbers, at a TOKEN_NUMBER; of a macro's argument the first digit alone, as TeX takes it. */
const Node *parse_number(Parser *parser);
const Node *parse_digit(Parser *parser);
/* The exact value of digits. */
Node *parse_digits(Parser *parser, EmendStr digits);
/* (204)_5: the base of a number that stands in brackets. */
const Node *parse_bracketed_base(Parser *parser, const Node *node);
/* A5_{11}; NULL, and no problem set, where something else begins here. */
const Node *parse_letter_digits(Parser *parser);

/* Whether f(x) or f^{-1}(x) stands here, of f, g and h: no product; and its reading. */
bool parse_function_name(const Parser *parser);
const Node *parse_function_value(Parser *parser);

/* A letter with its index and primes; the first of letters side by side; \vec{v} and its like. */
const Node *parse_symbol(Parser *parser);
const Node *parse_first_letter(Parser *parser);
const Node *parse_opaque(Parser *parser);

/* At their tokens. */
const Node *parse_fraction(Parser *parser);
const Node *parse_binomial(Parser *parser);
const Node *parse_root(Parser *parser);
const Node *parse_function(Parser *parser);
const Node *parse_exp(Parser *parser);

/* {..} or one token, as a scalar: what \frac, ^ and \sqrt take. */
const Node *parse_argument(Parser *parser, bool takes_digit);
/* A base with what follows it: powers, factorials, degrees. */
const Node *parse_factor(Parser *parser);
bool parse_begins_factor(const Parser *parser);
/* A scalar with its sign turned. */
const Node *parse_negative(Parser *parser, const Node *node);

/* A value with its unit. */
const Node *parse_quantity(Parser *parser);
/* The elements of a list, at most PARSER_MAX_PARTS, up to a token that ends it; *separator: what
 * stood between them, ',' '&' or '|', 0 where nothing did. */
bool parse_parts(Parser *parser, const Node **parts, uint32_t *n, char *separator);
/* The content of \text{..}: words, or mathematics once more. */
const Node *parse_text(Parser *parser, EmendStr text);

bool parse_next_is(const Parser *parser, TokenKind kind);
/* Passes a token of that kind by; false where another stands here. */
bool parse_take(Parser *parser, TokenKind kind);
/* Whether a token ends an element. */
bool parse_ends_part(TokenKind kind);
/* Enters or leaves a level of nesting; false: there are too many. */
bool parse_enter(Parser *parser);
const Node *parse_leave(Parser *parser, const Node *node);
/* Sets the problem to "`what` near TOKEN" and returns NULL. */
const Node *parse_fail(Parser *parser, const char *what);

/* Exact value of digits with a point and an exponent; false where the exponent is too large. */
bool number_read(Work *work, EmendStr digits, mpq_ptr value, uint32_t *n_decimals);

/* Words alone: one NODE_WORDS, or a list of them at "," "and" "or". */
const Node *prose_read(Work *work, EmendStr text);
/* Whether a text is words and nothing to calculate with. */
bool prose_is(EmendStr text);
/* Whether words before a value only tell what it is ("Area", "The answer is"): all of them are
 * known for that. */
bool prose_is_label(EmendStr text);
/* Whether none of the words takes a value back or changes it ("not", "half of"). */
bool prose_is_harmless(EmendStr text);
/* A word of plain letters that is an answer by itself ("yes", "odd"). */
bool prose_is_word(EmendStr word);

#endif

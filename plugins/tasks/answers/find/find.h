/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TASK_ANSWERS_FIND_H
#define TASK_ANSWERS_FIND_H
/* What the files that find an answer share; find.c puts them together.
 *
 * Texts are slices of one response, without a NUL at the end, and positions are bytes into the text
 * that was handed in. Every call is linear in its text and allocates nothing. */
#include "answers.h"
#include <string.h>

static inline bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static inline bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

static inline bool is_letter(char c) {
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static inline char text_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool is_emphasis(char c) {
    return c == '*' || c == '_' || c == '`';
}

static inline EmendStr text_slice(EmendStr text, uint64_t begin, uint64_t end) {
    return (EmendStr){text.ptr + begin, end - begin};
}

static inline EmendStr text_from(EmendStr text, uint64_t at) {
    return text_slice(text, at, text.len);
}

/* The character at a position, NUL behind the end. */
static inline char text_char(EmendStr text, uint64_t at) {
    return at < text.len ? text.ptr[at] : '\0';
}

static inline bool text_has(EmendStr text, uint64_t at, const char *part) {
    size_t n = strlen(part);
    return at <= text.len && text.len - at >= n && memcmp(text.ptr + at, part, n) == 0;
}

/* The first position from `at` on that holds no white space. */
static inline uint64_t text_skip_space(EmendStr text, uint64_t at) {
    while (at < text.len && is_space(text.ptr[at])) {
        at++;
    }
    return at;
}

/* The position of the next line break, or the end. */
static inline uint64_t text_line_end(EmendStr text, uint64_t at) {
    const char *end = at < text.len ? memchr(text.ptr + at, '\n', text.len - at) : NULL;
    return end ? (uint64_t)(end - text.ptr) : text.len;
}

/* Whether a backslash belongs to the last character, as in `\,` or `\ `. */
static inline bool text_ends_escaped(EmendStr text) {
    uint64_t n = 0;
    while (n + 1 < text.len && text.ptr[text.len - 2 - n] == '\\') {
        n++;
    }
    return n % 2 == 1;
}

/* Without the white space around it. */
static inline EmendStr text_trim(EmendStr text) {
    while (text.len > 0 && is_space(text.ptr[text.len - 1]) && !text_ends_escaped(text)) {
        text.len--;
    }
    return text_from(text, text_skip_space(text, 0));
}

/* The parts of a response that count, one after the other: what was thought before the answer and
 * what follows the end of the turn are left out. */
typedef struct Visible {
    EmendStr text;
    uint64_t at;
} Visible;

void visible_begin(EmendStr response, Visible *visible);
bool visible_next(Visible *visible, EmendStr *part);

/* The \boxed or \fbox at a position: *after is where its macro ends. */
bool box_begins(EmendStr text, uint64_t at, uint64_t *after);

/* The content of a box whose macro ends at `after`, trimmed, and where its text ends. False where
 * it is never closed. */
bool box_read(EmendStr text, uint64_t after, EmendStr *content, uint64_t *end);

/* Whether a text is nothing but what separates the members of a list: white space and spacing,
 * "," ";" "and" "or", what ends and begins mathematics, a left side as in "x =". */
bool separators_only(EmendStr text);

/* Mathematics between $..$, $$..$$, \(..\) or \[..\]. A `$` before an amount of money is none. */
typedef enum Formula {
    FORMULA_NONE,
    FORMULA_CLOSED,
    FORMULA_OPEN /* begins, and never ends */
} Formula;

/* Whether one begins at a position, and where it ends. */
Formula formula_at(EmendStr text, uint64_t at, uint64_t *end);

/* An answer without what only surrounds it: white space, the signs of mathematics or emphasis, a
 * leading ":", a final "." "," or ";". */
EmendStr answer_strip(EmendStr text);

/* The length of a phrase that an answer follows, in any case: "answer is", "**answers** are"; 0
 * where none begins. */
uint64_t phrase_length(EmendStr text, uint64_t at);

/* Whether what follows a phrase says something of an answer that was given: ".. is correct.", "..
 * is in lowest terms." */
bool phrase_is_remark(EmendStr text);

/* Where a label ends that a line begins with, in any case: "Answer:", "**The final answer**:",
 * "3. Answers:". Signs may stand before it, and "the", "my", "final", "correct". Without a colon it
 * fills its line, as a heading does. 0 where there is none. */
uint64_t label_end(EmendStr line);

/* Where the adverbs end that stand between "is" and an answer: "then", "therefore". */
uint64_t adverbs_end(EmendStr text);

/* The sentence a text begins with, without a ":", white space or adverbs before it. It ends with
 * the line or with a full stop before white space, outside mathematics and brackets. False where
 * mathematics, an environment or a brace is left open: the response was cut there. */
bool sentence_read(EmendStr text, EmendStr *sentence);

/* Whether a text is nothing but mathematics: signs, numbers, names of one letter, macros, formulas,
 * and "and" "or" between them. Short, with brackets closed only where they were opened. */
bool bare_is(EmendStr text);

/* The mathematics the last line of a text ends with; trailing.c has the rule. */
bool trailing_read(EmendStr text, EmendStr *answer);

#endif

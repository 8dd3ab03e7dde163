/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXTS_STR_H
#define TEXTS_STR_H
/* Small questions about texts. */
#include "emend/data.h"
#include <stdbool.h>

bool str_is(EmendStr text, const char *word);
/* Without regard to ASCII case. */
bool str_is_word(EmendStr text, const char *word);
bool str_equal(EmendStr a, EmendStr b);
bool str_starts(EmendStr text, const char *prefix);
bool str_ends(EmendStr text, const char *suffix);
/* Nothing but white space. */
bool str_is_blank(EmendStr text);
/* Where a word begins in a text, at `from` or later; the text's length where it does not occur. */
uint64_t str_find(EmendStr text, const char *word, uint64_t from);
/* Without its first n bytes; n <= len is the caller's promise. */
EmendStr str_skip(EmendStr text, uint64_t n);
/* Its first n bytes; n <= len is the caller's promise. */
EmendStr str_head(EmendStr text, uint64_t n);
/* Without the white space around it. */
EmendStr str_trim(EmendStr text);
/* Takes the first line off a text, without its newline. False at the end. */
bool str_line(EmendStr *rest, EmendStr *line);

#endif

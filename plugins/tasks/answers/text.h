/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_TEXT_H
#define ANSWERS_TEXT_H
/* Small questions about texts. */
#include "emend/data.h"
#include <stdbool.h>

bool str_is(EmendStr text, const char *word);
/* Without regard to ASCII case. */
bool str_is_word(EmendStr text, const char *word);
bool str_starts(EmendStr text, const char *prefix);
bool str_ends(EmendStr text, const char *suffix);
/* Without its first n bytes; n <= len is the caller's promise. */
EmendStr str_skip(EmendStr text, uint64_t n);
/* Without the white space around it. */
EmendStr str_trim(EmendStr text);

#endif

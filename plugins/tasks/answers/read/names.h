/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_NAMES_H
#define ANSWERS_NAMES_H
/* What macros, words and characters mean. */
#include "read/lex.h"

typedef struct Name {
    const char *spelling;
    TokenKind kind;
    int32_t value;
    const char *text; /* NULL: none */
} Name;

/* How a macro is treated that is no token of its own. */
typedef enum MacroUse {
    MACRO_UNKNOWN,
    MACRO_TOKEN,
    MACRO_SPACE,     /* a space, or nothing */
    MACRO_SIZE,      /* \left \big ..: a bracket follows */
    MACRO_TEXT,      /* \text{..}: words */
    MACRO_STYLE,     /* \mathbf{..}, \mathrm{..}: letters in another shape */
    MACRO_GROUP,     /* \boxed{..}, \underline{..}: the argument as it is */
    MACRO_COLOR,     /* \textcolor{red}{..}: the first argument goes */
    MACRO_DROP,      /* \phantom{..}, \hspace{..}: the argument goes */
    MACRO_BLACKBOARD /* \mathbb{R} */
} MacroUse;

/* The use of the macro `name` (without its backslash); *token is set for MACRO_TOKEN. */
MacroUse name_of_macro(EmendStr name, Name *token);
/* A word in plain letters that means something by itself ("sin", "pi", "and"). */
bool name_of_word(EmendStr word, Name *token);
/* A character outside ASCII: *n_bytes is its length. False where it has no meaning. */
bool name_of_character(EmendStr text, Name *token, uint64_t *n_bytes);

#endif

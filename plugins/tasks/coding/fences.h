/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODING_FENCES_H
#define CODING_FENCES_H
/* Blocks of code between fences, as Markdown has them and as models write them. */
#include "texts.h"

enum { FENCE_OTHER = 0, FENCE_UNNAMED = 1, FENCE_PYTHON = 2 };

typedef struct Block {
    EmendStr code;
    uint64_t indent; /* of the fence: white space that its lines have more than they mean */
    uint32_t sort;   /* FENCE_* */
} Block;

/* Takes the next block off a text, whose rest begins behind it. A block that is not closed ends
 * where the text does, or where a fence with a name opens the next. */
bool fence_block(EmendStr *rest, Block *block);
/* Where the first fence begins: its line; the text's length where there is none. */
uint64_t fence_find(EmendStr text);
/* Whether the fence line that a text begins with has a name behind it. */
bool fence_is_named(EmendStr text);

#endif

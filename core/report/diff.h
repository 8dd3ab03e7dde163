/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_DIFF_H
#define REPORT_DIFF_H
/* Which words of two texts are the same. */
#include "emend/data.h"
#include "emend/status.h"
#include <stdbool.h>
#include <stddef.h>

/* A word, a run of blanks, or one other character. */
typedef struct DiffToken {
    EmendStr text; /* borrowed */
    bool is_same;  /* it is in the other text too, in a longest common subsequence */
} DiffToken;

typedef struct DiffSide {
    DiffToken *tokens;
    size_t n;
} DiffSide;

/* Where the texts differ in very many words, all of those between what both begin and end with
 * count as different. Both sides are the caller's, until diff_finish. */
EmendStatus diff_words(EmendStr a, EmendStr b, DiffSide *out_a, DiffSide *out_b);
void diff_finish(DiffSide *side);

#endif

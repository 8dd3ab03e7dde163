/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OBJECTIVE_GROUPS_H
#define OBJECTIVE_GROUPS_H
/* The episodes of a step, by prompt and by turn (counted from 0 here). */
#include "emend/algorithm.h"
#include <stdbool.h>

/* The samples of one prompt: episodes begin <= i < end. */
typedef struct Group {
    EmendSpan episodes;
    uint64_t begin, end;
} Group;

/* The group that begins there. To walk all: from 0, then from each group's end. */
Group group_from(EmendSpan episodes, uint64_t begin);

/* Turn t of episode i, or NULL where the episode has fewer turns. Writable, as `advantages` may. */
EmendTurn *turn_at(EmendSpan episodes, uint64_t i, uint32_t t);
/* The same, NULL also where the turn has no reward. */
EmendTurn *rewarded_at(EmendSpan episodes, uint64_t i, uint32_t t);
/* Whether turn t of episode i, which there is, was not sampled. */
bool is_given(EmendSpan episodes, uint64_t i, uint32_t t);
/* Of the episode that has most. */
uint32_t max_turns(EmendSpan episodes);

/* Refuses a reward that is not finite. */
EmendStatus rewards_check(EmendSpan episodes, EmendError *err);

#endif

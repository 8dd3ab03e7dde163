/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MATH_SPLIT_H
#define MATH_SPLIT_H
/* The problems of a split: which rows of its dataset, in which order. */
#include "filter.h"
#include "overlap.h"

typedef enum OverlapRule { OVERLAP_DROP = 0, OVERLAP_REFUSE = 1, OVERLAP_KEEP = 2 } OverlapRule;

typedef struct SplitRules {
    const char *name; /* "train" */
    uint32_t number;  /* splits of different numbers are shuffled differently */
    Filter filter;
    bool is_shuffled;
    uint64_t shuffle_seed;
    uint64_t max_problems; /* 0: all */
    OverlapRule overlap;
} SplitRules;

/* Selects rows and logs what was left out.
 *
 * held_out  the dataset whose problems are not to be here, or NULL
 *
 * out->rows is the caller's, in host memory. */
EmendStatus split_select(const SplitRules *rules, const Dataset *dataset, const Dataset *held_out,
                         Selection *out, EmendError *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_PASSES_H
#define TRAIN_PASSES_H
/* pass@k: the chance that at least one of k samples of a problem is right, estimated without bias
 * from n samples of which c are (Chen et al. 2021, arXiv 2107.03374): 1 - C(n - c, k) / C(n, k). */
#include "train/trajectory.h"

/* The graded samples of one problem: all, and those right at each turn. */
typedef struct PassCount {
    uint32_t n, n_passed[MAX_TURNS];
} PassCount;

typedef struct Passes {
    PassCount *counts;
    size_t n, capacity;
} Passes;

/* What passes_add adds to from here on is of another problem. */
EmendStatus passes_begin(Passes *passes, EmendError *err);
/* Counts a sample that is graded at every turn; right is a grade of 1 or more, so nothing between.
 * Returns whether it is the problem's first. */
bool passes_add(Passes *passes, const Trajectory *trajectory);
void passes_finish(Passes *passes);

/* The estimate of one problem; k from 1 to n, c from 0 to n. */
double passes_estimate(uint32_t n, uint32_t c, uint32_t k);
/* The sum of the estimates of a turn (from 0) over problems with at least k samples; *n_problems
 * out: how many those are. */
double passes_sum(const Passes *passes, uint32_t turn, uint32_t k, uint64_t *n_problems);
/* The k to report after k (0: the first): powers of two below n, then n, then 0. */
uint32_t passes_next_k(uint32_t k, uint32_t n);

#endif

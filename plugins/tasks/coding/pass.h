/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODING_PASS_H
#define CODING_PASS_H
/* How many samples of each problem passed, and what that says: pass@k. */
#include "texts.h"

#include <pthread.h>

/* The unbiased estimator of Chen et al. 2021 (arXiv 2107.03374, eq. 1): the chance that of k
 * samples out of n, of which c are right, one is right at least: 1 - C(n - c, k) / C(n, k). k <= n
 * is the caller's promise. */
double pass_at_k(uint64_t n, uint64_t c, uint64_t k);

/* Counts by the number of a problem. */
typedef struct PassTally {
    const EmendHost *host;
    pthread_mutex_t mutex;
    struct PassCount *counts;
    uint64_t n_problems;
} PassTally;

EmendStatus pass_tally_init(const EmendHost *host, uint64_t n_problems, PassTally *out,
                            EmendError *err);
void pass_tally_finish(PassTally *tally);
/* [any] */
void pass_tally_add(PassTally *tally, uint64_t problem, bool has_passed);

/* Adds the JSON of an object: the problems that were tried and, for those k of 1, 10 and 100 that
 * each of them has samples for, pass@k as the mean over them:
 *
 *     {"problems":164,"samples":1640,"pass@1":0.25,"pass@10":0.5}  */
EmendStatus pass_tally_write(PassTally *tally, Text *out, EmendError *err);

#endif

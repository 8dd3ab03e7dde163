/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_PROBLEMS_H
#define TRAIN_PROBLEMS_H
/* Problems of a split, one by one, and the order a training run draws them in. */
#include "train/engine.h"

#define PROBLEM_FIELDS 6
#define MAX_TURNS 16

/* A problem's fields, by EMEND_PROBLEM_*; texts that were not put are empty, never NULL. */
typedef struct Problem {
    uint32_t split;
    uint64_t index;
    char *fields[PROBLEM_FIELDS];
    size_t lens[PROBLEM_FIELDS];
    EmendStr attempts[MAX_TURNS]; /* given, of the first turns; malloc'd, NUL behind */
    uint32_t n_attempts;
} Problem;

EmendStatus problem_read(const Engine *engine, uint32_t split, uint64_t index, Problem *out,
                         EmendError *err);
void problem_finish(Problem *problem);
EmendStr problem_field(const Problem *problem, uint32_t field);

/* The order problems are drawn in: as they come where the split is endless, else each epoch a new
 * permutation by the run's seed. */
typedef struct ProblemOrder {
    uint64_t seed, count, epoch;
    uint32_t *permutation; /* of `epoch`; NULL until first used */
    uint32_t split;
} ProblemOrder;

EmendStatus problem_order_open(const Engine *engine, const char *split, uint64_t seed,
                               ProblemOrder *out, EmendError *err);
void problem_order_finish(ProblemOrder *order);
/* The index of the cursor-th problem drawn in the run. */
EmendStatus problem_order_index(ProblemOrder *order, uint64_t cursor, uint64_t *index,
                                EmendError *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_TALLY_H
#define TRAIN_TALLY_H
/* The paper's metrics over graded episodes (arXiv 2409.12917, section 3): accuracy@t1, accuracy@t2,
 * delta(t1,t2), delta(i->c), delta(c->i). Denominator of all: problems graded at every turn. */
#include "emend/run.pb-c.h"
#include "train/metrics.h"
#include "train/trajectory.h"

typedef struct KindTally {
    char kind[48];
    uint64_t n, n_right[MAX_TURNS], n_i_to_c, n_c_to_i;
} KindTally;

typedef struct Tally {
    uint32_t n_turns;
    uint64_t n_left_out; /* a grade abstained or failed */
    uint64_t n_changed;  /* the answer of the last two turns differs */
    KindTally total;
    KindTally *kinds;
    size_t n_kinds;
} Tally;

EmendStatus tally_add(Tally *tally, const Trajectory *trajectories, size_t n, EmendError *err);
void tally_finish(Tally *tally);
/* accuracy@t1 .., delta(t1,t2), delta(i->c), delta(c->i), answer_changed. */
void tally_metrics(const Tally *tally, MetricSet *metrics);
/* A result to keep, freed with emend__evaluation_result__free_unpacked(result, NULL); NULL when
 * memory is gone. */
Emend__EvaluationResult *tally_result(const Tally *tally, const char *label, uint64_t step);

#endif

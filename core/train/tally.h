/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_TALLY_H
#define TRAIN_TALLY_H
/* The paper's metrics over graded episodes (arXiv 2409.12917, section 3): accuracy@t1, accuracy@t2,
 * delta(t1,t2), delta(i->c), delta(c->i). Denominator of all: episodes graded at every turn. And
 * pass@k and maj@k, where a problem has several samples. */
#include "emend/run.pb-c.h"
#include "train/metrics.h"
#include "train/passes.h"
#include "train/trajectory.h"
#include "train/votes.h"

typedef struct KindTally {
    char kind[48];
    uint64_t n_problems; /* with an episode that is graded */
    uint64_t n, n_right[MAX_TURNS], n_i_to_c, n_c_to_i;
} KindTally;

/* Problems apart by what one of their fields says, in the order it was first said. */
typedef struct TallyGroups {
    KindTally *items;
    size_t n;
} TallyGroups;

typedef struct Tally {
    uint32_t samples_per_problem; /* set by who counts; above 1, trajectories of a problem follow
                                     one another from sample 0, and pass@k and maj@k are told */
    uint32_t n_turns;
    uint64_t n_left_out; /* a grade abstained or failed */
    uint64_t n_changed;  /* the answer of the last two turns differs */
    double edit_ratios;  /* of the first two turns, summed */
    KindTally total;
    TallyGroups kinds, levels;
    Passes passes; /* empty unless samples_per_problem is above 1 */
    Votes votes;   /* the same */
} Tally;

EmendStatus tally_add(Tally *tally, const Trajectory *trajectories, size_t n, EmendError *err);
void tally_finish(Tally *tally);
/* accuracy@t1 .., delta(t1,t2), delta(i->c), delta(c->i), answer_changed, edit_distance_ratio,
 * pass@1@t1 .., maj@1@t1 .. */
void tally_metrics(const Tally *tally, MetricSet *metrics);
/* A result to keep, freed with emend__evaluation_result__free_unpacked(result, NULL); NULL when
 * memory is gone. */
Emend__EvaluationResult *tally_result(const Tally *tally, const char *label, uint64_t step);

#endif

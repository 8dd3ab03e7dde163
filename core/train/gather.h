/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_GATHER_H
#define TRAIN_GATHER_H
/* The episodes of a step: problems drawn, sampled, graded and rewarded, and drawn again where the
 * recipe asks for groups that differ. */
#include "train/score.h"
#include "train/stage.h"

typedef struct Gathered {
    Problem *problems; /* as many as were drawn, used or not */
    size_t n_problems;
    Trajectory *trajectories; /* groups together, numbered from 0 */
    size_t n, n_groups;
    uint64_t cursor; /* behind the last problem drawn */
    ScoreCounts counts;
    double rollout_seconds, reward_seconds;
} Gathered;

/* Sampled and rewarded episodes. The metrics of drawing and dropping are added. On failure there is
 * nothing to finish but *out. */
EmendStatus gather_rollouts(Stage *stage, const Emend__RunState *state, MetricSet *metrics,
                            Gathered *out, EmendError *err);
/* The task's demonstrations. */
EmendStatus gather_demonstrations(Stage *stage, const Emend__RunState *state, MetricSet *metrics,
                                  Gathered *out, EmendError *err);
/* A zeroed one is allowed. */
void gathered_finish(Gathered *gathered);

#endif

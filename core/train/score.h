/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_SCORE_H
#define TRAIN_SCORE_H
/* Grades every turn with the task, then runs the reward chain: each plugin in the recipe's order
 * adds to a reward for each turn. An error never becomes a number. */
#include "train/trajectory.h"

/* What came of the scores of a step. */
typedef struct ScoreCounts {
    uint64_t n_scores, n_abstained, n_errors;
    char first_error[192]; /* of the first error: component, problem, turn, reason */
} ScoreCounts;

/* Fills grade and extracted of every turn that has a response. */
EmendStatus score_grade(const Engine *engine, Trajectory *trajectories, size_t n,
                        ScoreCounts *counts, EmendError *err);
/* Fills reward and state of every turn: the sum over the plugins; left out where any of them
 * abstained or failed. */
EmendStatus score_reward(const Component *rewards, size_t n_rewards, uint64_t seed,
                         Trajectory *trajectories, size_t n, ScoreCounts *counts, EmendError *err);

#endif

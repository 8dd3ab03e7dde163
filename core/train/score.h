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

/* Grades every turn of some episodes: where the task's calls may overlap
 * (EMEND_CONCURRENCY_PARALLEL), on as many threads as there are processors and while the next turn
 * is being sampled. What comes of it is what grading one after another gives, first turns first;
 * where that would have ended with a failure, so does this, and later turns have no grade. */
typedef struct Grading Grading;
EmendStatus grading_open(const Engine *engine, size_t n_episodes, uint32_t max_turns, Grading **out,
                         EmendError *err);
/* The turn, counted from 0, has its response in all episodes, which stay where they are until
 * grading_close. Turns come in order. */
void grading_turn(Grading *grading, Trajectory *trajectories, uint32_t turn);
/* Waits, and fills grade and extracted of the turns there were. */
EmendStatus grading_settle(Grading *grading, ScoreCounts *counts, EmendError *err);
/* NULL is allowed. */
void grading_close(Grading *grading);

/* Fills reward and state of every turn: the sum over the plugins; left out where any of them
 * abstained or failed. */
EmendStatus score_reward(const Component *rewards, size_t n_rewards, uint64_t seed,
                         Trajectory *trajectories, size_t n, ScoreCounts *counts, EmendError *err);

#endif

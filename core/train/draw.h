/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_DRAW_H
#define TRAIN_DRAW_H
/* The problems of a step, and the task's demonstrations of them as episodes. */
#include "train/rollout.h"

/* Draws n problems from *cursor on. One whose episode might not fit `max_positions` is passed over
 * and counted. On success *cursor is behind the last one drawn. problems: n of room. */
EmendStatus draw_problems(const Engine *engine, ProblemOrder *order, const Emend__Rollout *rollout,
                          uint32_t max_positions, uint64_t *cursor, Problem *problems, size_t n,
                          uint64_t *n_too_long, EmendError *err);

/* Demonstrated episodes, groups together: samples_per_prompt of each problem, the turns' responses
 * (with the token that ends them) where a rollout has sampled tokens. A response over
 * max_response_tokens is cut there and truncated. seed: differs from step to step. */
EmendStatus draw_demonstrations(const Engine *engine, const Problem *problems, size_t n_problems,
                                const Emend__Rollout *rollout, uint64_t seed, Trajectory **out,
                                EmendError *err);

#endif

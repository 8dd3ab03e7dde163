/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_SETTINGS_H
#define TRAIN_SETTINGS_H
/* Parts of a recipe that may be left out, as if written with their defaults. Borrowed; static where
 * the recipe says nothing. */
#include "emend/recipe.pb-c.h"

const Emend__Rollout *stage_rollout(const Emend__Stage *stage);
const Emend__Optimizer *stage_optimizer(const Emend__Stage *stage);
const Emend__Evaluation *recipe_evaluation(const Emend__Recipe *recipe);
const Emend__Checkpointing *recipe_checkpointing(const Emend__Recipe *recipe);

/* The learning rate of update `update` (from 0) of a stage's `n_updates`: linear warm-up, then the
 * schedule down to learning_rate * final_ratio at the last. */
double learning_rate_at(const Emend__Optimizer *optimizer, uint64_t update, uint64_t n_updates);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_FORK_H
#define TRAIN_FORK_H
/* A run that goes on from another's checkpoint under another recipe. */
#include "manifest/recipe.h"

#define FORK_NEWEST UINT64_MAX

/* Makes run_dir, which must hold no run, from the run in `from`: its records and stages' policies,
 * and its checkpoint at `step` (FORK_NEWEST: the newest that is whole), under the new recipe.
 * run_train with is_resumed then goes on from there.
 *
 * What led to the checkpoint must be the same in both recipes: tokenizer, template, policy, and the
 * stages up to it. Within a stage the algorithm may be another; it then starts without the state
 * that the first one had. */
EmendStatus run_fork(const Recipe *recipe, const AnyResolver *resolver, const char *from,
                     uint64_t step, const char *run_dir, EmendError *err);

#endif

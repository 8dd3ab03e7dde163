/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_BEST_H
#define TRAIN_BEST_H
/* The policy of a stage with the best training reward, for stages that end with it: the mean of
 * reward/mean over the steps between two checkpoints, the policy at the later one. */
#include "emend/run.pb-c.h"
#include "train/engine.h"
#include "train/metrics.h"

typedef struct BestArgs {
    const Engine *engine;
    const char *run_dir, *stage;
    const EmendModel *policy;
    Emend__RunState *state; /* what is best so far is in it */
} BestArgs;

/* Counts a step in, and at the end of a window keeps the policy where it is the best. */
EmendStatus best_step(const BestArgs *args, const MetricSet *metrics, bool is_window_over,
                      EmendError *err);
/* The folder of the best policy, malloc'd; NULL in *out where no step had a reward. */
EmendStatus best_folder(const BestArgs *args, char **out, EmendError *err);
/* Forgets the stage's best. */
void best_forget(Emend__RunState *state);
/* Removes the stage's folders of policies that were the best, all but that of the one that is. */
EmendStatus best_sweep(const BestArgs *args, EmendError *err);

#endif

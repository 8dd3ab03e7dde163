/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_STAGE_H
#define TRAIN_STAGE_H
/* One stage of a run while it is on: its algorithm, rewards, problems and reference. */
#include "emend/run.pb-c.h"
#include "train/engine.h"
#include "train/metrics.h"
#include "train/problems.h"
#include <stdbool.h>

/* A policy that another stage ended with, frozen. */
typedef struct StagePolicy {
    const char *name; /* "initial", or the stage's */
    EmendModel *model;
} StagePolicy;

/* The reference, one that samples, one that makes first attempts. */
enum { STAGE_POLICIES = 3 };

typedef struct Stage {
    const Engine *engine;
    const Emend__Stage *recipe;
    size_t index;
    const char *run_dir;
    EmendModel *policy;    /* borrowed */
    EmendModel *reference; /* NULL until a plan asks for it; one of `others` */
    StagePolicy others[STAGE_POLICIES];
    size_t n_others;
    uint32_t max_positions;
    Component algorithm;
    Component *rewards;
    size_t n_rewards;
    ProblemOrder order;
    bool is_ahead; /* the policy had an update of a step that then did not end */
} Stage;

/* Makes what the stage takes, components and split, and lets go of it: a recipe that cannot be run
 * to its end fails before its first step. */
EmendStatus stage_check(const Engine *engine, size_t index, EmendError *err);
/* Makes the stage's components; algorithm_state: what it saved in a checkpoint, empty at the start.
 */
EmendStatus stage_open(Stage *stage, const Engine *engine, size_t index, const char *run_dir,
                       EmendModel *policy, EmendBytes algorithm_state, EmendError *err);
void stage_close(Stage *stage);
/* The name of the policy that a stage starts from. */
const char *stage_start(const Engine *engine, size_t index);
/* The policy of that name, frozen; opened when first asked for, and the stage's. */
EmendStatus stage_policy_of(Stage *stage, const char *name, EmendModel **out, EmendError *err);
/* Runs one step and moves the state behind it, the algorithm's included. On failure the state is as
 * it was; the weights too, unless is_ahead says otherwise. */
EmendStatus stage_step(Stage *stage, Emend__RunState *state, MetricSet *metrics, EmendError *err);

#endif

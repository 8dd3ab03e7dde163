/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_RUN_PARTS_H
#define TRAIN_RUN_PARTS_H
/* What the files that make up a run share: run.c, run_begin.c, run_model.c, run_stages.c. */
#include "train/engine.h"
#include "train/stage.h"
#include "train/train.h"

/* A run on its way. */
typedef struct Run {
    const RunArgs *args;
    const Emend__Recipe *recipe;
    int lock; /* descriptor of the run folder's lock, or -1 */
    Engine engine;
    EmendModel *policy;
    Emend__RunState *state;
    MetricSet metrics;
    double started_at, elapsed_before;
    size_t n_stages;    /* to run */
    uint64_t n_steps;   /* of all stages */
    uint64_t n_records; /* that the trackers got, in this process and before */
    bool is_resumed;
    bool has_begun; /* the run's folder is there, and all that a checkpoint takes */
    bool is_ahead;  /* policy or state are ahead of what a checkpoint must hold */
} Run;

/* run_begin.c: finds where the run starts, opens its components and its policy, checks what later
 * stages ask for, makes and locks the folder, tells the trackers. */
EmendStatus run_begin(Run *run, EmendError *err);
EmendStatus run_state_new(Run *run, EmendError *err);

/* run_model.c: what becomes run->policy; the one before is closed. */
EmendStatus run_open_folder(Run *run, const char *dir, uint32_t flags, EmendError *err);
EmendStatus run_open_fresh(Run *run, const Emend__FreshModel *fresh, EmendError *err);
EmendStatus run_check_vocabulary(const Run *run, EmendError *err);
/* RUN/stages/NAME, malloc'd; NULL when memory is gone. */
char *run_stage_dir(const Run *run, const char *name);
EmendStatus run_write_policy(Run *run, const char *name, EmendError *err);

/* run_stages.c */
EmendStatus run_stages(Run *run, EmendError *err);
EmendStatus run_checkpoint(Run *run, EmendError *err);
EmendStatus run_evaluate_policy(Run *run, const char *label, Emend__EvaluationResult **out,
                                EmendError *err);

EmendStatus run_no_memory(EmendError *err);

#endif

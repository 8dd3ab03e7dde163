/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_TRAIN_H
#define TRAIN_TRAIN_H
/* A run: the stages of a recipe in order, with evaluation between, in a folder that can be resumed.
 *
 *   RUN/recipe.textproto   the resolved recipe
 *   RUN/checkpoints/       see checkpoint.h
 *   RUN/stages/NAME/       the policy at the end of a stage, a HuggingFace folder; "initial" before
 *   RUN/...                what the trackers write (metrics.jsonl)
 *
 * One optimizer step, in words of the files here: draw (problems) -> rollout (episodes) -> score
 * (grades, rewards) -> algorithm.advantages -> update (forward, coefficients, backward, optimizer).
 */
#include "emend/run.pb-c.h"
#include "manifest/recipe.h"
#include "plugin/loader.h"
#include "train/metrics.h"

typedef struct StepReport {
    const char *stage;
    uint64_t stage_step, n_stage_steps; /* stage_step: done, from 1 */
    uint64_t step, n_steps;             /* of the whole run */
    const MetricSet *metrics;
    double elapsed_seconds; /* of the whole run, earlier processes included */
} StepReport;

/* What happens, as it happens; any may be NULL. Called on the thread that runs. */
typedef struct RunEvents {
    void *ctx;
    void (*started)(void *ctx, const char *backend, uint64_t n_parameters, uint64_t model_bytes);
    void (*stage_started)(void *ctx, const char *stage, size_t i, size_t n_stages, uint64_t n_steps,
                          uint64_t n_done);
    void (*stepped)(void *ctx, const StepReport *report);
    void (*evaluating)(void *ctx, const char *label, uint64_t n_done, uint64_t n_all);
    void (*evaluated)(void *ctx, const Emend__EvaluationResult *result, uint64_t step);
    void (*checkpointed)(void *ctx, uint64_t step);
    void (*noted)(void *ctx, const char *message);
} RunEvents;

typedef struct RunArgs {
    const Recipe *recipe;
    const AnyResolver *resolver;
    PluginHost *plugins;
    const char *run_dir; /* made where missing */
    bool is_resumed;     /* go on from the newest checkpoint; start where there is none yet */
    const char *until;   /* the stage to end with; NULL: the last */
    const volatile int *cancel; /* NULL: never */
    RunEvents events;
} RunArgs;

/* Runs the recipe to its end. *out (also set where the run was cut) holds the evaluations, by
 * stage; the caller's, until emend__run_state__free_unpacked.
 *
 * EMEND_CANCELLED: stopped by the user, a checkpoint was written, resumable. Any other failure
 * leaves the last checkpoint as it was, and the message says what to do. */
EmendStatus run_train(const RunArgs *args, Emend__RunState **out, EmendError *err);

/* Evaluates one policy: model_dir, or NULL for the recipe's own. No folder is written. */
EmendStatus run_evaluate(const RunArgs *args, const char *model_dir, Emend__EvaluationResult **out,
                         EmendError *err);

#endif

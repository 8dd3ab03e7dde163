/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_EVALUATE_H
#define TRAIN_EVALUATE_H
/* The policy on held-out problems, turn by turn, graded. */
#include "train/tally.h"

/* Called after each batch; NULL is allowed. */
typedef void (*EvaluateProgress)(void *ctx, const char *label, uint64_t n_done, uint64_t n_all);

typedef struct EvaluateArgs {
    const Engine *engine;
    EmendModel *model;
    const Emend__Evaluation *settings;
    const char *label;
    uint64_t step;
    EvaluateProgress progress;
    void *progress_ctx;
} EvaluateArgs;

/* Whether there are such problems, before the time comes to ask for them. */
EmendStatus evaluate_check(const Engine *engine, const Emend__Evaluation *settings,
                           EmendError *err);

/* Evaluates, and hands metrics and the first transcripts to the trackers. *out is the caller's,
 * until emend__evaluation_result__free_unpacked. */
EmendStatus evaluate(const EvaluateArgs *args, Emend__EvaluationResult **out, EmendError *err);

#endif

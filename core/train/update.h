/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_UPDATE_H
#define TRAIN_UPDATE_H
/* One optimizer update from the episodes of a step: forward, coefficients, backward for each
 * micro-batch, then the optimizer. Advantages and totals are fixed before the first backward; how
 * the episodes are cut changes nothing. */
#include "emend/backend.h"
#include "train/metrics.h"
#include "train/trajectory.h"

/* The episodes of a step as algorithms see them. */
typedef struct EpisodeBatch {
    EmendEpisode *episodes;
    EmendTurn *turns; /* MAX_TURNS for each episode */
    size_t n;
    EmendTotals totals;
    /* At the sampled tokens of all episodes in order; filled by the step's first update. */
    float *old_log_probs, *reference_log_probs;
    size_t *offsets; /* of each episode's there */
} EpisodeBatch;

/* has_rollout: the tokens were sampled, so there are log-probs to compare with. step: of the stage.
 */
EmendStatus episode_batch_init(EpisodeBatch *batch, const Trajectory *trajectories, size_t n,
                               bool has_rollout, uint32_t max_response_tokens, uint64_t step,
                               EmendError *err);
void episode_batch_finish(EpisodeBatch *batch);

/* How far the trainer's log-probs are from the sampler's, and the policy from its reference. */
typedef struct Agreement {
    double max_log_prob_difference;
    double max_kl;
} Agreement;

typedef struct UpdateArgs {
    const Engine *engine;
    const EmendAlgorithm *algorithm;
    void *algorithm_self;
    const char *algorithm_name;
    EmendModel *policy, *reference; /* reference: NULL unless needs asks for it */
    uint32_t needs;                 /* of the plan */
    uint32_t microbatch_tokens;
    bool is_first_of_step; /* the policy is the one that sampled: old_log_probs are its */
    /* Where the first update of a stage must find agreement or stop. */
    bool must_agree_with_sampler, must_equal_reference;
    EmendOptimizerStep optimizer;
} UpdateArgs;

/* On failure the weights are as they were. metrics may be NULL: then nothing is recorded. */
EmendStatus update_run(const UpdateArgs *args, EpisodeBatch *batch, MetricSet *metrics,
                       EmendError *err);

#endif

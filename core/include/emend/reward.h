/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_REWARD_H
#define EMEND_REWARD_H
/* Kind "emend.reward/1": adds to the reward of each turn of an episode.
 *
 * A recipe lists reward plugins in order; a turn's reward is the sum of what each adds. One ABSTAIN
 * or ERROR on a turn leaves that turn out of the baseline and of the loss: it never counts as 0. A
 * turn on which no plugin says anything (all NONE) has no policy gradient.
 */
#include "emend/data.h"
#include "emend/status.h"
#include "emend/task.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EMEND_KIND_REWARD "emend.reward/1"

/* One turn as rewards see it. Growable. */
typedef struct EmendGradedAttempt {
    uint32_t struct_size;
    uint32_t is_truncated;   /* 1: cut at the token limit */
    EmendStr response;       /* decoded text without special tokens */
    EmendStr extracted;      /* the answer the task found in it; empty where none was */
    const EmendScore *grade; /* the task's verdict */
    double reward;           /* sum so far, of the reward plugins earlier in the recipe */
    uint64_t n_tokens;       /* sampled tokens */
} EmendGradedAttempt;

/* One episode to score. Growable. */
typedef struct EmendSample {
    uint32_t struct_size;
    uint32_t n_turns;
    EmendStr prompt, reference, kind;
    EmendSpan attempts; /* of EmendGradedAttempt, n_turns of them */
    EmendScore *scores; /* out: n_turns, the host's memory, zeroed: what this plugin adds */
} EmendSample;

typedef struct EmendReward {
    uint32_t struct_size;
    uint32_t flags;

    /* Scores every sample of a batch.
     *
     * samples  EmendSample, walked by stride; the host's until the call returns
     * seed     for rewards that draw at random; the same samples and seed give the same scores
     *
     * Fails as a whole only where no sample could be scored. [worker] */
    EmendStatus (*score)(void *self, EmendSpan samples, uint64_t seed, EmendError *err);
} EmendReward;

EMEND_STATIC_ASSERT(sizeof(EmendGradedAttempt) == 64 && sizeof(EmendSample) == 88,
                    "no tail padding");
EMEND_STATIC_ASSERT(sizeof(EmendReward) == EMEND_END_OF(EmendReward, score) &&
                        sizeof(EmendReward) == 16,
                    "layout of revision 1");

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_ALGORITHM_H
#define EMEND_ALGORITHM_H
/* Kind "emend.algorithm/1": episodes and rewards to advantages, log-probs to coefficients.
 *
 * An algorithm never sees a tensor. For one optimizer step the host calls
 *
 *   plan          what it needs                                  (once for each step)
 *   advantages    all episodes of the step, with their rewards   (once for each step)
 *   coefficients  some of the episodes, with their log-probs     (for each micro-batch and update)
 *
 * and the backend turns the coefficients c = dL/dlog_prob, dL/dentropy, dL/dKL of each sampled
 * token into gradients in closed form at the logits. L is minimised.
 *
 * How the episodes are cut into micro-batches must change nothing: advantages and the normaliser
 * are fixed in `advantages`; `coefficients` of an episode depend on nothing else in its micro-batch
 * but the other episodes of its group, which the host never splits.
 *
 * Credit is turn-local: what a turn's tokens see is that turn's reward. (Summed over turns, alpha >
 * 1 would punish a right first attempt.)
 */
#include "emend/data.h"
#include "emend/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EMEND_KIND_ALGORITHM "emend.algorithm/1"

/* Where a step's episodes come from. */
enum {
    EMEND_EPISODES_ROLLOUT = 0,      /* sampled from the policy and rewarded */
    EMEND_EPISODES_DEMONSTRATION = 1 /* the task's; no rewards, no sampler log-probs */
};

/* What a plan asks the backend to compute, beside log-probs. Bits. */
enum {
    EMEND_NEED_ENTROPY = 1u,
    EMEND_NEED_KL = 2u, /* exact KL(policy || reference) over the vocabulary; opens the reference */
    EMEND_NEED_REFERENCE = 4u /* the reference's log-probs of the sampled tokens; opens it too */
};

/* A step's plan. Growable. The host fills the defaults: rollouts, one update, nothing needed. */
typedef struct EmendPlan {
    uint32_t struct_size;
    uint32_t episodes;  /* EMEND_EPISODES_* */
    uint32_t needs;     /* EMEND_NEED_* */
    uint32_t n_updates; /* passes over the episodes, each with its optimizer step; >= 1 */
} EmendPlan;

/* Whether a turn takes part in the policy gradient. */
enum {
    EMEND_TURN_UNREWARDED = 0, /* no reward plugin spoke: no policy gradient; KL still applies */
    EMEND_TURN_REWARDED = 1,
    EMEND_TURN_LEFT_OUT = 2 /* a reward abstained or failed: no policy gradient, not in baselines */
};

/* One turn of an episode. Growable. */
typedef struct EmendTurn {
    uint32_t struct_size;
    uint32_t state;                 /* EMEND_TURN_* */
    uint64_t begin;                 /* of the sampled tokens in the episode's tokens */
    uint64_t n_tokens;              /* sampled tokens, the stop token included; 0: a given turn */
    const float *sampler_log_probs; /* n_tokens, as sampled; NULL for demonstrations and where the
                                       episode is composed */
    double reward;                  /* finite; 0 unless rewarded */
    double advantage;               /* out of `advantages`, reported in the metrics */
    float temperature;              /* it was sampled at; log-probs are taken at the same */
    uint32_t is_truncated;
} EmendTurn;

/* One episode. Tokens are append-only; what was sampled is said by the turns, never by token
 * values. Growable. */
typedef struct EmendEpisode {
    uint32_t struct_size;
    uint32_t n_turns;
    uint64_t group; /* episodes of one prompt share it; neighbours in the span */
    uint64_t n_tokens;
    const int32_t *tokens; /* prompt, sampled and inserted tokens, in order */
    EmendSpan turns;       /* of EmendTurn; writable for `advantages` through the pointer */
} EmendEpisode;

/* Totals over all episodes of the optimizer step, of every micro-batch and rank. Frozen. */
typedef struct EmendTotals {
    uint64_t n_episodes;
    uint64_t n_tokens;        /* sampled tokens */
    uint64_t max_turn_tokens; /* the recipe's limit on a response: a constant of the run */
    uint64_t step;            /* optimizer step of the stage, from 0 */
} EmendTotals;

/* One episode's numbers at the tokens it sampled, all turns' tokens one after another. Growable. */
typedef struct EmendTokenTerms {
    uint32_t struct_size;
    uint32_t reserved;
    const EmendEpisode *episode;
    uint64_t n_tokens;          /* sum over the turns */
    const float *log_probs;     /* of the policy now, nats, at the turn's temperature */
    const float *entropies;     /* nats; NULL unless planned */
    const float *kls;           /* nats; NULL unless planned */
    float *d_log_probs;         /* out, zeroed by the host: dL/dlog_prob */
    float *d_entropies;         /* out, zeroed; NULL unless planned */
    float *d_kls;               /* out, zeroed; NULL unless planned */
    const float *old_log_probs; /* of the policy before the first update of the step, under which
                                   the importance ratio exp(log_prob - old_log_prob) is 1 then */
    const float *reference_log_probs; /* at the turn's temperature; NULL unless planned */
} EmendTokenTerms;

/* A turn of an episode that `compose` makes: the tokens of a turn that was sampled. Frozen. */
typedef struct EmendSourceTurn {
    uint64_t episode;    /* its index in the span */
    uint32_t turn;       /* from 0 */
    uint32_t is_context; /* 1: only what later turns see; it counts as given, and is not learned */
} EmendSourceTurn;

/* The metric under which `coefficients` reports L itself: over the calls of one update, sum /
 * weight is L. `emend check` holds the coefficients to its differences. (optional) */
#define EMEND_METRIC_LOSS "actor/loss"

typedef struct EmendAlgorithm {
    uint32_t struct_size;
    uint32_t flags;

    /* Says what the step needs, in a plan already filled with the defaults. [control] */
    EmendStatus (*plan)(void *self, uint64_t step, EmendPlan *plan, EmendError *err);
    /* Sets EmendTurn.advantage of every turn, and whatever normalises the step.
     *
     * episodes  of EmendEpisode, every episode of the step, groups together
     * totals    over the same episodes
     *
     * [control] */
    EmendStatus (*advantages)(void *self, EmendSpan episodes, const EmendTotals *totals,
                              const EmendMetrics *metrics, EmendError *err);
    /* Fills the coefficients of some episodes (whole groups), and adds the loss terms to the
     * metrics. Must not change what later calls in the same step return.
     *
     * terms   of EmendTokenTerms
     * totals  as given to `advantages`
     *
     * [control] */
    EmendStatus (*coefficients)(void *self, EmendSpan terms, const EmendTotals *totals,
                                const EmendMetrics *metrics, EmendError *err);
    /* Puts (field 0) whatever must outlive the process, moving baselines say, so that a resumed run
     * goes on to the same bits. (optional: no state) [control] */
    EmendStatus (*save)(void *self, const EmendSink *state, EmendError *err);
    /* Takes back what `save` put. (optional; required where save is set) [control] */
    EmendStatus (*restore)(void *self, EmendBytes state, EmendError *err);
    /* Makes the episodes to learn from out of those that were sampled and rewarded, for algorithms
     * that filter or pair attempts (STaR, Pair-SFT, DPO). `advantages` and `coefficients` then get
     * these instead; without any, the step changes nothing.
     *
     * episodes  of EmendEpisode, as sampled, with rewards
     * seed      of the step, for what is drawn at random
     * composed  takes each new episode as one array of EmendSourceTurn under field 0: its turns,
     *           the first of which says whose prompt it has. All are of one group, and groups come
     *           in the order they have in `episodes`. Instructions between turns are the task's,
     *           for the new history
     *
     * (optional: every episode is learned from as it was sampled) [control] */
    EmendStatus (*compose)(void *self, EmendSpan episodes, uint64_t seed, const EmendSink *composed,
                           EmendError *err);
} EmendAlgorithm;

EMEND_STATIC_ASSERT(sizeof(EmendPlan) == 16 && sizeof(EmendTurn) == 56 &&
                        sizeof(EmendEpisode) == 56 && sizeof(EmendTotals) == 32 &&
                        sizeof(EmendTokenTerms) == 88 && sizeof(EmendSourceTurn) == 16,
                    "no tail padding");
EMEND_STATIC_ASSERT(sizeof(EmendAlgorithm) == EMEND_END_OF(EmendAlgorithm, compose) &&
                        sizeof(EmendAlgorithm) == 56,
                    "layout of revision 1");

#ifdef __cplusplus
}
#endif
#endif

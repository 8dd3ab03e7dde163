/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OBJECTIVE_H
#define OBJECTIVE_H
/* The loss that the policy-gradient algorithms share, minimised, over episodes i, turns t and the
 * sampled tokens k of a turn, n of them:
 *
 *   L = sum_itk  w_it * P_itk  +  beta_t * v_it * D_itk  -  lambda * w_it * H_itk
 *
 *   P  of surrogate.h, with the advantage A_itk and the importance ratio r_itk
 *   A  the turn's advantage (where gamma < 1, discounted from its last token), on rewarded turns
 * that are not masked, 0 on others; less the costs of a KL in the reward (kl.h),  scale * beta_t *
 * sum_{s >= k} gamma^(s - k) u_its,  with u of the policy before the step's first update, on every
 * turn; over all s where r is the turn's r  of each token, or of the turn: its geometric mean or
 * its product over the turn D  a KL of kl.h, on every turn whatever its reward H  the entropy w 1/Z
 * of `aggregation`, v 1/Z of `kl_aggregation`; N and token counts are those of the whole step,
 * turns without a reward included, so that nothing but the totals enters
 *
 * Credit is turn-local: the tokens of a turn see nothing of another's.
 *
 * Config fields read by name, where an algorithm's config has them: aggregation, kl_aggregation,
 * surrogate, ratio, clip_low, clip_high, dual_clip, kl, kl_estimator, entropy_weight,
 * updates_per_rollout, always_measure_kl, measure_entropy, and those of truncated.h.
 */
#include "emend/algorithm.h"
#include "instance.h"
#include "surrogate.h"
#include "truncated.h"
#include <stdbool.h>

/* 1/Z for a token of a turn; N episodes of the step, n tokens of the turn. */
typedef enum Aggregation {
    SEQ_MEAN_TOKEN_SUM = 0,      /* 1 / N */
    TOKEN_MEAN = 1,              /* 1 / tokens of the step */
    SEQ_MEAN_TOKEN_SUM_NORM = 2, /* 1 / (N * limit on a response) */
    SEQ_MEAN_TOKEN_MEAN = 3,     /* 1 / (N * n) */
    TOKEN_MEAN_OF_TURN = 4       /* 1 / tokens of that turn in the step */
} Aggregation;

/* Over what an importance ratio is taken. */
enum {
    RATIO_OF_TOKEN = 0,
    RATIO_OF_TURN_MEAN = 1, /* geometric mean: GSPO, arXiv 2507.18071 */
    RATIO_OF_TURN_SUM = 2   /* product, of the turn as one action: RLOO */
};

/* What is known of one turn number over the step. */
typedef struct TurnTotals {
    double kl_weight;  /* beta_t */
    uint64_t n_tokens; /* sampled on it */
    double kl_sum;     /* of the exact KLs that `objective_coefficients` met, n_kls of them */
    uint64_t n_kls;
    double baseline; /* gamma < 1: what was taken from the returns to make the advantages, in the
                        units of these; an advantage is that of the turn's last token */
} TurnTotals;

typedef struct Objective {
    const AlgorithmBase *base;
    Surrogate surrogate;
    int ratio;               /* RATIO_OF_* */
    bool is_against_sampler; /* the ratio's denominator: the sampler instead of the old policy */
    Aggregation aggregation, kl_aggregation;
    int kl_estimator; /* KL_* of kl.h */
    double entropy_weight;
    uint32_t n_updates;
    bool always_measures_kl, measures_entropy;
    Truncated truncated;
    double gamma;        /* discount of costs and rewards over the tokens of a turn; 1: none */
    double reward_scale; /* what the step's advantages were multiplied with; 1 where nothing is */
    TurnTotals *turns;   /* of turn 1, 2, ... */
    uint32_t n_turns;
} Objective;

/* Reads the config of an instance, or refuses it naming the field. */
EmendStatus objective_init(Objective *objective, const AlgorithmBase *base, EmendError *err);
void objective_finish(Objective *objective);

/* beta of a turn (from 1) by the config. */
double objective_kl_weight(const Objective *objective, uint32_t turn);

/* Fills a plan of rollouts. */
void objective_plan(const Objective *objective, EmendPlan *plan);

/* Begins a step: counts its tokens by turn. To be called in `advantages`. */
EmendStatus objective_begin(Objective *objective, EmendSpan episodes, EmendError *err);
/* Makes objective->turns of at least n_turns turns, with their weights by the config. */
EmendStatus objective_reserve(Objective *objective, uint32_t n_turns, EmendError *err);

/* EmendAlgorithm.coefficients. Reports actor/{loss,pg_loss,kl_loss,entropy,coef_mass/t*},
 * kl/ref/t*, and where there is a ratio actor/{ppo_kl,clip_frac_low,clip_frac_high,clip_frac_dual}.
 */
EmendStatus objective_coefficients(Objective *objective, EmendSpan terms, const EmendTotals *totals,
                                   const EmendMetrics *metrics, EmendError *err);

#endif

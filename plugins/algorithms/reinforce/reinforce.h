/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REINFORCE_H
#define REINFORCE_H
/* REINFORCE with turn-local credit. The loss of a step, minimised, over episodes i, turns t and the
 * sampled tokens k of a turn:
 *
 *   L = sum_itk  w_it * P_itk  +  beta_t * v_it * KL_itk  -  lambda * w_it * H_itk
 *
 *   P   one update a rollout: -A_it * log_prob_itk
 *       several: -A_it * exp(log_prob - sampler log_prob)
 *   A   r_it - b_it on rewarded turns, 0 on others; b is the configured baseline of turn t
 *   w   1/Z of `aggregation`, v 1/Z of `kl_aggregation`; N and token counts are those of the whole
 *       step, turns without a reward included, so that nothing but the totals enters
 *   KL  exact KL(policy || reference) at the token, H the entropy there
 *
 * Sources: REINFORCE, Williams 1992; leave-one-out, Ahmadian et al., arXiv 2402.14740; KL and
 * rewards by turn, SCoRe, eq. 2-4 of arXiv 2409.12917. There is no division by a standard
 * deviation: per turn it would take back what the progress bonus adds.
 */
#include "config.pb-c.h"
#include "emend/algorithm.h"
#include "emend/host.h"

typedef Emend__Algorithms__Reinforce__Config Config;

/* The mean reward of one turn, moving over the steps. */
typedef struct MovingAverage {
    double mean;
    uint64_t n_steps; /* that had a reward on this turn; 0: mean is not set */
} MovingAverage;

typedef struct Reinforce {
    const EmendHost *host;
    Config *config;
    MovingAverage *moving; /* of turn 1, 2, ... */
    uint32_t n_moving;
    uint32_t warned_lone; /* 1: the user knows that groups of one teach nothing */
} Reinforce;

/* Refuses a config that cannot be right, naming the field. */
EmendStatus reinforce_config_check(const Config *config, EmendError *err);

/* The KL weight of a turn, counted from 1. */
double reinforce_kl_weight(const Config *config, uint32_t turn);

/* EmendAlgorithm.advantages, coefficients, save and restore. */
EmendStatus reinforce_advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                                 const EmendMetrics *metrics, EmendError *err);
EmendStatus reinforce_coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                   const EmendMetrics *metrics, EmendError *err);
EmendStatus reinforce_save(void *self, const EmendSink *state, EmendError *err);
EmendStatus reinforce_restore(void *self, EmendBytes state, EmendError *err);

/* Makes moving averages for at least n_turns turns. */
EmendStatus reinforce_reserve(Reinforce *reinforce, uint32_t n_turns, EmendError *err);

/* Adds to the metric `name`, or `name`/t<turn> where turn is not 0; nothing where metrics is NULL.
 */
void reinforce_report(const EmendMetrics *metrics, const char *name, uint32_t turn, double sum,
                      double weight);

#endif

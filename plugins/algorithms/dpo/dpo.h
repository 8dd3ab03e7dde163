/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DPO_H
#define DPO_H
/* Direct preference optimisation. The loss of a step, minimised, over B pairs of composed episodes,
 * w preferred to l, with u = log_prob - reference log_prob of each learned token:
 *
 *   L = 1/B * sum of pairs  P + nll_weight * -mean_w log_prob
 *
 *   P  SIGMOID: -(1 - e) log sigmoid(beta D) - e log sigmoid(-beta D),  D = sum_w u - sum_l u,
 *               e the label smoothing
 *      IPO:     (h - 1 / (2 beta))^2,  h = mean_w u - mean_l u
 *
 * Sources: DPO, eq. 7 of arXiv 2305.18290; IPO, eq. 17 of arXiv 2310.12036, with means over tokens
 * as its authors run it; smoothing, E. Mitchell, "A note on DPO with noisy preferences".
 *
 * Pairs are neighbours: of a group's composed episodes the first is preferred to the second, the
 * third to the fourth, and so on. */
#include "config.pb-c.h"
#include "instance.h"

typedef Emend__Algorithms__Dpo__Config Config;

typedef struct Dpo {
    AlgorithmBase base;
    const Config *config;
    uint64_t n_pairs; /* B; 0 until `advantages` counted it */
} Dpo;

/* Pairs of the samples of each problem. EmendAlgorithm.compose. */
EmendStatus dpo_compose(void *self, EmendSpan episodes, uint64_t seed, const EmendSink *composed,
                        EmendError *err);
/* EmendAlgorithm.advantages and coefficients. */
EmendStatus dpo_advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                           const EmendMetrics *metrics, EmendError *err);
EmendStatus dpo_coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                             const EmendMetrics *metrics, EmendError *err);

#endif

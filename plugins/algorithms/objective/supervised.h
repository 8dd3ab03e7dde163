/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OBJECTIVE_SUPERVISED_H
#define OBJECTIVE_SUPERVISED_H
/* Supervised training on composed episodes: the mean cross-entropy over their learned tokens,
 *
 *   L = - 1/Z * sum log_prob,   Z the learned tokens of the whole step,
 *
 * which is REINFORCE with advantage 1. Context has no tokens to learn, so it enters nothing. */
#include "emend/algorithm.h"

/* EmendAlgorithm.advantages and coefficients; self is not used. The latter reports sft/{nll,loss}.
 */
EmendStatus supervised_advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                                  const EmendMetrics *metrics, EmendError *err);
EmendStatus supervised_coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                    const EmendMetrics *metrics, EmendError *err);

#endif

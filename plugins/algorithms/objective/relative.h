/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OBJECTIVE_RELATIVE_H
#define OBJECTIVE_RELATIVE_H
/* Algorithms whose advantages are relative to the other samples of a prompt: the loss of
 * objective.h, with
 *
 *   A_it = (r_it - b_it) / (s + epsilon)     b of the group's samples on turn t, s of `scale`
 */
#include "baseline.h"
#include "objective.h"

typedef struct Relative {
    AlgorithmBase base;
    Objective objective;
    bool is_centred; /* false: b is 0 */
    Peers peers;
    int scale; /* SCALE_* of baseline.h */
    double epsilon;
    bool has_warned_lone;
} Relative;

/* Reads the config: all of objective.h, by_previous_reward and scale_epsilon. Leaves what is named
 * otherwise in each algorithm: is_centred is true, leave_one_out false, scale SCALE_NONE. */
EmendStatus relative_init(Relative *relative, EmendError *err);

/* AlgorithmType.finish and the calls of EmendAlgorithm, on a Relative. */
void relative_finish(void *self);
EmendStatus relative_plan(void *self, uint64_t step, EmendPlan *plan, EmendError *err);
EmendStatus relative_advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                                const EmendMetrics *metrics, EmendError *err);
EmendStatus relative_coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                  const EmendMetrics *metrics, EmendError *err);
extern const EmendAlgorithm relative_table;

#endif

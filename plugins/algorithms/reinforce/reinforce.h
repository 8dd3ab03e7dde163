/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REINFORCE_H
#define REINFORCE_H
/* REINFORCE with turn-local credit. The loss of a step is that of objective.h, with
 *
 *   P   one update a rollout: -A_it * log_prob_itk
 *       several: -A_it * exp(log_prob - sampler log_prob)
 *   A   r_it - b_it on rewarded turns, 0 on others; b is the configured baseline of turn t
 *   D   exact KL(policy || reference) at the token, its weights fixed or adaptive
 *
 * Sources: REINFORCE, Williams 1992; leave-one-out, Ahmadian et al., arXiv 2402.14740; KL and
 * rewards by turn, SCoRe, eq. 2-4 of arXiv 2409.12917. There is no division by a standard
 * deviation: per turn it would take back what the progress bonus adds.
 */
#include "config.pb-c.h"
#include "objective.h"

typedef Emend__Algorithms__Reinforce__Config Config;

/* The mean reward of one turn, moving over the steps. */
typedef struct MovingAverage {
    double mean;
    uint64_t n_steps; /* that had a reward on this turn; 0: mean is not set */
} MovingAverage;

typedef struct Reinforce {
    AlgorithmBase base;
    const Config *config;  /* the base's */
    Objective objective;   /* its turns hold the KL weights */
    MovingAverage *moving; /* of turn 1, 2, ... */
    uint32_t n_moving;
    bool has_warned_lone; /* the user knows that groups of one teach nothing */
} Reinforce;

/* EmendAlgorithm.advantages, save and restore. */
EmendStatus reinforce_advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                                 const EmendMetrics *metrics, EmendError *err);
EmendStatus reinforce_save(void *self, const EmendSink *state, EmendError *err);
EmendStatus reinforce_restore(void *self, EmendBytes state, EmendError *err);

/* Makes moving averages and turns of the objective for at least n_turns turns. */
EmendStatus reinforce_reserve(Reinforce *reinforce, uint32_t n_turns, EmendError *err);

/* Refuses targets that cannot be right, naming the field. */
EmendStatus reinforce_targets_check(const Config *config, EmendError *err);
bool reinforce_has_targets(const Config *config);
/* Moves adaptive KL weights by what the step before found, and reports them. */
void reinforce_adapt(Reinforce *reinforce, const EmendMetrics *metrics);

#endif

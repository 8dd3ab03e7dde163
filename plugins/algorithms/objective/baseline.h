/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OBJECTIVE_BASELINE_H
#define OBJECTIVE_BASELINE_H
/* Rewards to advantages over the samples of a prompt, turn by turn: what one turn gets depends on
 * no other turn's reward. Turns without a reward get 0 and are in no mean. */
#include "emend/algorithm.h"
#include "instance.h"
#include "truncated.h"
#include <stdbool.h>

/* The rewards of a step, as the objective sees them. */
typedef struct Rewards {
    EmendSpan episodes;
    uint32_t n_turns; /* of the longest episode */
    const EmendTotals *totals;
    const Truncated *truncated;
} Rewards;

/* Refuses a reward that is not finite. */
EmendStatus rewards_of(EmendSpan episodes, const EmendTotals *totals, const Truncated *truncated,
                       Rewards *out, EmendError *err);
double reward_of(const Rewards *rewards, const EmendTurn *turn);

/* What rewards a sample's baseline is made of. */
typedef struct Peers {
    bool leave_one_out;      /* not its own */
    bool by_previous_reward; /* only those of samples alike before */
} Peers;

/* advantage = reward - baseline on turn t (from 0), everywhere the same. */
void centre_on(const Rewards *rewards, uint32_t t, double baseline);
/* advantage = reward - the mean of the peers of its group on its turn; 0 where it has none. Reports
 * adv/lone_samples, and warns once (*has_warned) where no sample of the step has a peer. */
void centre_on_group(const Rewards *rewards, Peers peers, const AlgorithmBase *base,
                     bool *has_warned, const EmendMetrics *metrics);

/* Over what a standard deviation is taken, unbiased, about the mean of each turn. */
enum {
    SCALE_NONE = 0,
    SCALE_GROUP_TURN = 1, /* a group's rewards on one turn */
    SCALE_GROUP = 2,      /* a group's rewards on all its turns */
    SCALE_STEP = 3        /* all rewards of the step, each about the mean of its group and turn */
};

/* advantage /= standard deviation + epsilon, of centred advantages. */
void scale_by_deviation(const Rewards *rewards, int scale, double epsilon);

/* Reports adv/{mean,std}/t<turn>, reward/frac_zero_std, reward/left_out. */
void report_advantages(const Rewards *rewards, const EmendMetrics *metrics);

#endif

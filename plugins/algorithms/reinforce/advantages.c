/* SPDX-License-Identifier: Apache-2.0 */
/* Rewards to advantages: a baseline for each turn. */
#include "baseline.h"
#include "groups.h"
#include "reinforce.h"

/* Takes this step's rewards of turn t into their moving average. */
static void moving_update(MovingAverage *moving, double momentum, EmendSpan episodes, uint32_t t) {
    double sum = 0;
    uint64_t n = 0;
    for (uint64_t i = 0; i < episodes.count; i++) {
        const EmendTurn *turn = rewarded_at(episodes, i, t);
        if (turn) {
            sum += turn->reward;
            n++;
        }
    }
    if (n == 0) {
        return;
    }
    double mean = sum / (double)n;
    moving->mean = moving->n_steps ? momentum * moving->mean + (1 - momentum) * mean : mean;
    moving->n_steps++;
}

/* The average enters as it was before this step, so that no reward is its own baseline. */
static void centre_on_moving(Reinforce *reinforce, const Rewards *rewards) {
    for (uint32_t t = 0; t < rewards->n_turns; t++) {
        MovingAverage *moving = &reinforce->moving[t];
        centre_on(rewards, t, moving->mean);
        moving_update(moving, reinforce->config->momentum, rewards->episodes, t);
    }
}

static void centre(Reinforce *reinforce, const Rewards *rewards, const EmendMetrics *metrics) {
    const Config *config = reinforce->config;
    Peers peers = {.leave_one_out = config->baseline ==
                                    EMEND__ALGORITHMS__REINFORCE__CONFIG__BASELINE__LEAVE_ONE_OUT,
                   .by_previous_reward = config->by_previous_reward};
    switch (config->baseline) {
    case EMEND__ALGORITHMS__REINFORCE__CONFIG__BASELINE__LEAVE_ONE_OUT:
    case EMEND__ALGORITHMS__REINFORCE__CONFIG__BASELINE__GROUP_MEAN:
        centre_on_group(rewards, peers, &reinforce->base, &reinforce->has_warned_lone, metrics);
        break;
    case EMEND__ALGORITHMS__REINFORCE__CONFIG__BASELINE__MOVING_AVERAGE:
        centre_on_moving(reinforce, rewards);
        break;
    default:
        for (uint32_t t = 0; t < rewards->n_turns; t++) {
            centre_on(rewards, t, 0);
        }
    }
}

EmendStatus reinforce_advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                                 const EmendMetrics *metrics, EmendError *err) {
    Reinforce *reinforce = self;
    Rewards rewards = {0};

    EmendStatus status =
        rewards_of(episodes, totals, &reinforce->objective.truncated, &rewards, err);
    if (status == EMEND_OK) {
        status = reinforce_reserve(reinforce, rewards.n_turns, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    reinforce_adapt(reinforce, metrics);
    status = objective_begin(&reinforce->objective, episodes, err);
    if (status != EMEND_OK) {
        return status;
    }
    centre(reinforce, &rewards, metrics);
    report_advantages(&rewards, metrics);
    return EMEND_OK;
}

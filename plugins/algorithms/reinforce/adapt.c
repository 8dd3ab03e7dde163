/* SPDX-License-Identifier: Apache-2.0 */
/* Adaptive KL weights: the proportional controller in log-space of Ziegler et al., eq. 5 of
 * arXiv 1909.08593, for each turn. */
#include "reinforce.h"
#include "report.h"
#include <math.h>

typedef Emend__Algorithms__Reinforce__Config__KlWeight KlWeight;

static const double max_error = 0.2;

bool reinforce_has_targets(const Config *config) {
    for (size_t i = 0; i < config->n_kl; i++) {
        if (config->kl[i]->has_target) {
            return true;
        }
    }
    return false;
}

EmendStatus reinforce_targets_check(const Config *config, EmendError *err) {
    if (!(config->kl_adaptation > 0 && config->kl_adaptation < 1 / max_error)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "kl_adaptation: it is %g; it must be above 0 and below %g",
                          config->kl_adaptation, 1 / max_error);
    }
    for (size_t i = 0; i < config->n_kl; i++) {
        const KlWeight *kl = config->kl[i];
        if (kl->has_target && !(isfinite(kl->target) && kl->target > 0)) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "kl[%zu].target: it is %g; it must be finite and above 0", i,
                              kl->target);
        }
        if (kl->has_target && !(kl->weight > 0)) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "kl[%zu].weight: it is %g, which no factor moves to the target; it "
                              "must be above 0",
                              i, kl->weight);
        }
    }
    return EMEND_OK;
}

/* The target of a turn counted from 1; 0: none. */
static double target_of(const Config *config, uint32_t turn) {
    double target = 0;
    for (size_t i = 0; i < config->n_kl; i++) {
        if (config->kl[i]->turn == turn) {
            return config->kl[i]->has_target ? config->kl[i]->target : 0;
        }
        if (config->kl[i]->turn == 0 && config->kl[i]->has_target) {
            target = config->kl[i]->target;
        }
    }
    return target;
}

void reinforce_adapt(Reinforce *reinforce, const EmendMetrics *metrics) {
    Objective *objective = &reinforce->objective;
    for (uint32_t t = 0; t < objective->n_turns; t++) {
        TurnTotals *turn = &objective->turns[t];
        double target = target_of(reinforce->config, t + 1);
        if (target <= 0) {
            continue;
        }
        if (turn->n_kls > 0) {
            double error = turn->kl_sum / (double)turn->n_kls / target - 1;
            double weight = turn->kl_weight * (1 + reinforce->config->kl_adaptation *
                                                       fmax(-max_error, fmin(max_error, error)));
            // Neither end is left again, so neither is reached.
            turn->kl_weight = fmax(1e-30, fmin(1e30, weight));
        }
        report(metrics, "kl/weight", t + 1, turn->kl_weight, 1);
    }
}

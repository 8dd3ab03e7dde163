/* SPDX-License-Identifier: Apache-2.0 */
#include "relative.h"
#include "settings.h"
#include <math.h>

EmendStatus relative_init(Relative *relative, EmendError *err) {
    const ProtobufCMessage *config = relative->base.config;
    relative->is_centred = true;
    relative->peers.by_previous_reward = setting_bool(config, "by_previous_reward", false);
    relative->scale = SCALE_NONE;
    relative->epsilon = setting_double(config, "scale_epsilon", 1e-6);
    if (!(isfinite(relative->epsilon) && relative->epsilon > 0)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "scale_epsilon: it is %g; it must be finite and above 0",
                          relative->epsilon);
    }
    return objective_init(&relative->objective, &relative->base, err);
}

void relative_finish(void *self) {
    objective_finish(&((Relative *)self)->objective);
}

EmendStatus relative_plan(void *self, uint64_t step, EmendPlan *plan, EmendError *err) {
    (void)step;
    (void)err;
    objective_plan(&((const Relative *)self)->objective, plan);
    return EMEND_OK;
}

EmendStatus relative_advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                                const EmendMetrics *metrics, EmendError *err) {
    Relative *relative = self;
    Rewards rewards = {0};
    EmendStatus status =
        rewards_of(episodes, totals, &relative->objective.truncated, &rewards, err);
    if (status == EMEND_OK) {
        status = objective_begin(&relative->objective, episodes, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    if (relative->is_centred) {
        centre_on_group(&rewards, relative->peers, &relative->base, &relative->has_warned_lone,
                        metrics);
    } else {
        for (uint32_t t = 0; t < rewards.n_turns; t++) {
            centre_on(&rewards, t, 0);
        }
    }
    scale_by_deviation(&rewards, relative->scale, relative->epsilon);
    report_advantages(&rewards, metrics);
    return EMEND_OK;
}

EmendStatus relative_coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                  const EmendMetrics *metrics, EmendError *err) {
    return objective_coefficients(&((Relative *)self)->objective, terms, totals, metrics, err);
}

const EmendAlgorithm relative_table = {.struct_size = sizeof(EmendAlgorithm),
                                       .plan = relative_plan,
                                       .advantages = relative_advantages,
                                       .coefficients = relative_coefficients};

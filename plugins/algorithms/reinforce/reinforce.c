/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithm "reinforce": its config and its plan. The loss is in reinforce.h. */
#include "reinforce.h"

static EmendStatus plan(void *self, uint64_t step, EmendPlan *plan_out, EmendError *err) {
    (void)step;
    (void)err;
    objective_plan(&((const Reinforce *)self)->objective, plan_out);
    return EMEND_OK;
}

static EmendStatus coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                const EmendMetrics *metrics, EmendError *err) {
    return objective_coefficients(&((Reinforce *)self)->objective, terms, totals, metrics, err);
}

static EmendStatus init(void *self, EmendError *err) {
    Reinforce *reinforce = self;
    const Config *config = (const Config *)reinforce->base.config;
    reinforce->config = config;
    if (!(config->momentum >= 0 && config->momentum < 1)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "momentum: it is %g; it must be 0 or more and below 1", config->momentum);
    }
    EmendStatus status = objective_init(&reinforce->objective, &reinforce->base, err);
    if (status == EMEND_OK) {
        status = reinforce_targets_check(config, err);
    }
    reinforce->objective.surrogate.kind =
        config->updates_per_rollout > 1 ? SURROGATE_RATIO : SURROGATE_LOG_PROB;
    reinforce->objective.is_against_sampler = true;
    return status;
}

static void finish(void *self) {
    Reinforce *reinforce = self;
    objective_finish(&reinforce->objective);
    algorithm_free(&reinforce->base, reinforce->moving);
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    static const EmendAlgorithm table = {.struct_size = sizeof(EmendAlgorithm),
                                         .plan = plan,
                                         .advantages = reinforce_advantages,
                                         .coefficients = coefficients,
                                         .save = reinforce_save,
                                         .restore = reinforce_restore};
    static const AlgorithmType type = {.name = "reinforce",
                                       .config = &emend__algorithms__reinforce__config__descriptor,
                                       .table = &table,
                                       .self_bytes = sizeof(Reinforce),
                                       .init = init,
                                       .finish = finish};
    return algorithm_open(host, &type, dir, out, err);
}

EMEND_DECLARE_PLUGIN("emend.algorithms.reinforce", "0.1.0", plugin_open, algorithm_close,
                     algorithm_factory);

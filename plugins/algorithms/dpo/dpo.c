/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithm "dpo": its config and its plan. The loss is in dpo.h. */
#include "dpo.h"
#include "settings.h"
#include <math.h>

static EmendStatus plan(void *self, uint64_t step, EmendPlan *plan_out, EmendError *err) {
    (void)step;
    (void)err;
    plan_out->episodes = EMEND_EPISODES_ROLLOUT;
    plan_out->needs = EMEND_NEED_REFERENCE;
    plan_out->n_updates = ((const Dpo *)self)->config->updates_per_rollout;
    return EMEND_OK;
}

static EmendStatus counts_check(const Config *config, EmendError *err) {
    const struct {
        const char *field;
        uint32_t value;
    } counts[] = {{"turn", config->turn},
                  {"pairs_per_problem", config->pairs_per_problem},
                  {"updates_per_rollout", config->updates_per_rollout}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (counts[i].value == 0) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: it is 0; it must be 1 or more",
                              counts[i].field);
        }
    }
    return settings_check_enums(&config->base, err);
}

static EmendStatus config_check(const Config *config, EmendError *err) {
    if (!(isfinite(config->beta) && config->beta > 0)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "beta: it is %g; it must be finite and above 0", config->beta);
    }
    if (!(config->label_smoothing >= 0 && config->label_smoothing < 0.5)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "label_smoothing: it is %g; it must be 0 or more and below 0.5",
                          config->label_smoothing);
    }
    if (!(isfinite(config->nll_weight) && config->nll_weight >= 0)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "nll_weight: it is %g; it must be finite and 0 or more",
                          config->nll_weight);
    }
    if (!(isfinite(config->min_difference) && config->min_difference >= 0)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "min_difference: it is %g; it must be finite and 0 or more",
                          config->min_difference);
    }
    return counts_check(config, err);
}

static EmendStatus init(void *self, EmendError *err) {
    Dpo *dpo = self;
    dpo->config = (const Config *)dpo->base.config;
    return config_check(dpo->config, err);
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    static const EmendAlgorithm table = {.struct_size = sizeof(EmendAlgorithm),
                                         .plan = plan,
                                         .advantages = dpo_advantages,
                                         .coefficients = dpo_coefficients,
                                         .compose = dpo_compose};
    static const AlgorithmType type = {.name = "dpo",
                                       .config = &emend__algorithms__dpo__config__descriptor,
                                       .table = &table,
                                       .self_bytes = sizeof(Dpo),
                                       .init = init};
    return algorithm_open(host, &type, dir, out, err);
}

EMEND_DECLARE_PLUGIN("emend.algorithms.dpo", "0.1.0", plugin_open, algorithm_close,
                     algorithm_factory);

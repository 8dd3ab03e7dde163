/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithm "reinforce": the plugin, its instances and its plan. The loss is in reinforce.h. */
#include "reinforce.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include <stdio.h>
#include <string.h>

void reinforce_report(const EmendMetrics *metrics, const char *name, uint32_t turn, double sum,
                      double weight) {
    char full[64];
    snprintf(full, sizeof full, turn == 0 ? "%s" : "%s/t%u", name, turn);
    emend_metrics_add(metrics, full, sum, weight);
}

static EmendStatus plan(void *self, uint64_t step, EmendPlan *plan_out, EmendError *err) {
    const Config *config = ((const Reinforce *)self)->config;
    (void)step;
    (void)err;
    uint32_t needs = 0;
    for (size_t i = 0; i < config->n_kl; i++) {
        needs |= config->kl[i]->weight > 0 ? EMEND_NEED_KL : 0;
    }
    needs |= config->always_measure_kl ? EMEND_NEED_KL : 0;
    needs |= config->measure_entropy || config->entropy_weight > 0 ? EMEND_NEED_ENTROPY : 0;
    plan_out->episodes = EMEND_EPISODES_ROLLOUT;
    plan_out->needs = needs;
    plan_out->n_updates = config->updates_per_rollout;
    return EMEND_OK;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    const EmendHost *host = emend_plugin_host(plugin);
    Reinforce *reinforce = instance;
    if (reinforce) {
        emend_config_free(host, reinforce->config);
        host->free(host, reinforce->moving);
        host->free(host, reinforce);
    }
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const EmendAlgorithm algorithm = {.struct_size = sizeof(EmendAlgorithm),
                                             .plan = plan,
                                             .advantages = reinforce_advantages,
                                             .coefficients = reinforce_coefficients,
                                             .save = reinforce_save,
                                             .restore = reinforce_restore};
    const EmendHost *host = emend_plugin_host(plugin);
    EmendStatus status = EMEND_OK;
    (void)name;

    Reinforce *reinforce = emend_alloc(host, sizeof *reinforce, &status, err);
    if (status != EMEND_OK) {
        return status;
    }
    reinforce->host = host;
    reinforce->config = emend_config_unpack(host, &emend__algorithms__reinforce__config__descriptor,
                                            bytes, &status, err);
    if (status == EMEND_OK) {
        status = reinforce_config_check(reinforce->config, err);
    }
    if (status != EMEND_OK) {
        destroy(plugin, reinforce);
        return status;
    }
    *instance = reinforce;
    *table = &algorithm;
    return EMEND_OK;
}

static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("emend.algorithms.reinforce", "0.1.0", EMEND_KIND_ALGORITHM, factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithm "reinforce": the plugin, its instances and its plan. The loss is in reinforce.h. */
#include "reinforce.h"
#include "emend/plugin.h"
#include <stdio.h>
#include <string.h>

struct EmendPlugin {
    const EmendHost *host;
};

void reinforce_report(const EmendMetrics *metrics, const char *name, uint32_t turn, double sum,
                      double weight) {
    char full[64];
    if (!metrics || !EMEND_HAS(EmendMetrics, metrics, add)) {
        return;
    }
    if (turn == 0) {
        metrics->add(metrics->ctx, name, sum, weight);
        return;
    }
    snprintf(full, sizeof full, "%s/t%u", name, turn);
    metrics->add(metrics->ctx, full, sum, weight);
}

static void *host_alloc(void *host, size_t size) {
    return ((const EmendHost *)host)->alloc(host, size, 0);
}

static void host_free(void *host, void *block) {
    ((const EmendHost *)host)->free(host, block);
}

static ProtobufCAllocator config_allocator(const EmendHost *host) {
    ProtobufCAllocator allocator = {host_alloc, host_free, (void *)(uintptr_t)host};
    return allocator;
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
    Reinforce *reinforce = instance;
    if (!reinforce) {
        return;
    }
    ProtobufCAllocator allocator = config_allocator(plugin->host);
    emend__algorithms__reinforce__config__free_unpacked(reinforce->config, &allocator);
    plugin->host->free(plugin->host, reinforce->moving);
    plugin->host->free(plugin->host, reinforce);
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const EmendAlgorithm algorithm = {.struct_size = sizeof(EmendAlgorithm),
                                             .plan = plan,
                                             .advantages = reinforce_advantages,
                                             .coefficients = reinforce_coefficients,
                                             .save = reinforce_save,
                                             .restore = reinforce_restore};
    const EmendHost *host = plugin->host;
    ProtobufCAllocator allocator = config_allocator(host);
    (void)name;

    Reinforce *reinforce = host->alloc(host, sizeof *reinforce, 0);
    if (!reinforce) {
        return emend_fail(err, EMEND_EXHAUSTED, "reinforce: no memory for an instance");
    }
    *reinforce = (Reinforce){.host = host};
    reinforce->config =
        emend__algorithms__reinforce__config__unpack(&allocator, bytes.len, bytes.ptr);
    EmendStatus status =
        reinforce->config
            ? reinforce_config_check(reinforce->config, err)
            : emend_fail(err, EMEND_INVALID_ARGUMENT,
                         "config: its %llu bytes cannot be read as a %s, or memory is gone",
                         (unsigned long long)bytes.len, "emend.algorithms.reinforce.Config");
    if (status != EMEND_OK) {
        destroy(plugin, reinforce);
        return status;
    }
    *instance = reinforce;
    *table = &algorithm;
    return EMEND_OK;
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    (void)dir;
    EmendPlugin *plugin = host->alloc(host, sizeof *plugin, 0);
    if (!plugin) {
        return emend_fail(err, EMEND_EXHAUSTED, "reinforce: no memory to open the plugin");
    }
    plugin->host = host;
    *out = plugin;
    return EMEND_OK;
}

static void plugin_close(EmendPlugin *plugin) {
    plugin->host->free(plugin->host, plugin);
}

static const EmendFactory *plugin_factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory factory = {.struct_size = sizeof(EmendFactory),
                                         .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                         .create = create,
                                         .destroy = destroy};
    (void)plugin;
    return strcmp(kind, EMEND_KIND_ALGORITHM) == 0 ? &factory : NULL;
}

EMEND_DECLARE_PLUGIN("emend.algorithms.reinforce", "0.1.0", plugin_open, plugin_close,
                     plugin_factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Reward "correctness": weight * the task's grade, on every turn or on those listed. */
#include "config.pb-c.h"
#include "emend/plugin.h"
#include "emend/reward.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef Emend__Rewards__Correctness__Config Config;

struct EmendPlugin {
    const EmendHost *host;
};

typedef struct Correctness {
    Config *config;
} Correctness;

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

static bool rewards_turn(const Config *config, uint32_t turn) {
    for (size_t i = 0; i < config->n_turn; i++) {
        if (config->turn[i] == turn) {
            return true;
        }
    }
    return config->n_turn == 0;
}

static EmendScore no_value(uint32_t state, const char *reason) {
    EmendScore score = {.state = state};
    snprintf(score.reason, sizeof score.reason, "%s", reason);
    return score;
}

static EmendScore score_attempt(const Config *config, const EmendGradedAttempt *attempt) {
    if (attempt->is_truncated &&
        config->truncated == EMEND__REWARDS__CORRECTNESS__CONFIG__TRUNCATED__ABSTAIN) {
        return no_value(EMEND_SCORE_ABSTAIN, "the attempt was cut at the token limit");
    }
    if (!attempt->grade || attempt->grade->state == EMEND_SCORE_NONE) {
        return no_value(EMEND_SCORE_ERROR, "the task gave no grade");
    }
    EmendScore score = *attempt->grade;
    if (score.state != EMEND_SCORE_VALUE) {
        return score;
    }
    score.value *= config->weight;
    if (!isfinite(score.value)) {
        return no_value(EMEND_SCORE_ERROR, "weight * grade is not a finite number");
    }
    return score;
}

static EmendStatus score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    const Correctness *correctness = self;
    (void)seed;
    (void)err;
    for (uint64_t i = 0; i < samples.count; i++) {
        const EmendSample *sample = emend_span_at(samples, i);
        for (uint32_t t = 0; t < sample->n_turns; t++) {
            if (rewards_turn(correctness->config, t + 1)) {
                sample->scores[t] =
                    score_attempt(correctness->config, emend_span_at(sample->attempts, t));
            }
        }
    }
    return EMEND_OK;
}

static EmendStatus config_check(const Config *config, EmendError *err) {
    for (size_t i = 0; i < config->n_turn; i++) {
        if (config->turn[i] == 0) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "turn[%zu]: it is 0; turns count from 1; leave the list empty to "
                              "reward every turn",
                              i);
        }
    }
    if (!isfinite(config->weight) || config->weight < 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "weight: it is %g; it must be finite and 0 or more", config->weight);
    }
    if (!protobuf_c_enum_descriptor_get_value(
            &emend__rewards__correctness__config__truncated__descriptor, (int)config->truncated)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "truncated: it is %d; it must be COUNT or ABSTAIN",
                          (int)config->truncated);
    }
    return EMEND_OK;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    Correctness *correctness = instance;
    if (!correctness) {
        return;
    }
    ProtobufCAllocator allocator = config_allocator(plugin->host);
    emend__rewards__correctness__config__free_unpacked(correctness->config, &allocator);
    plugin->host->free(plugin->host, correctness);
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const EmendReward reward = {.struct_size = sizeof(EmendReward), .score = score};
    const EmendHost *host = plugin->host;
    ProtobufCAllocator allocator = config_allocator(host);
    (void)name;

    Correctness *correctness = host->alloc(host, sizeof *correctness, 0);
    if (!correctness) {
        return emend_fail(err, EMEND_EXHAUSTED, "correctness: no memory for an instance");
    }
    correctness->config =
        emend__rewards__correctness__config__unpack(&allocator, bytes.len, bytes.ptr);
    EmendStatus status =
        correctness->config
            ? config_check(correctness->config, err)
            : emend_fail(err, EMEND_INVALID_ARGUMENT,
                         "config: its %llu bytes cannot be read as a %s, or memory is gone",
                         (unsigned long long)bytes.len, "emend.rewards.correctness.Config");
    if (status != EMEND_OK) {
        destroy(plugin, correctness);
        return status;
    }
    *instance = correctness;
    *table = &reward;
    return EMEND_OK;
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    (void)dir;
    EmendPlugin *plugin = host->alloc(host, sizeof *plugin, 0);
    if (!plugin) {
        return emend_fail(err, EMEND_EXHAUSTED, "correctness: no memory to open the plugin");
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
    return strcmp(kind, EMEND_KIND_REWARD) == 0 ? &factory : NULL;
}

EMEND_DECLARE_PLUGIN("emend.rewards.correctness", "0.1.0", plugin_open, plugin_close,
                     plugin_factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Reward "correctness": weight * the task's grade, on every turn or on those listed. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include "emend/reward.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef Emend__Rewards__Correctness__Config Config;

typedef struct Correctness {
    Config *config;
} Correctness;

static bool rewards_turn(const Config *config, uint32_t turn) {
    for (size_t i = 0; i < config->n_turn; i++) {
        if (config->turn[i] == turn) {
            return true;
        }
    }
    return config->n_turn == 0;
}

static EmendScore score_attempt(const Config *config, const EmendGradedAttempt *attempt) {
    if (attempt->is_truncated &&
        config->truncated == EMEND__REWARDS__CORRECTNESS__CONFIG__TRUNCATED__ABSTAIN) {
        return emend_no_score(EMEND_SCORE_ABSTAIN, "the attempt was cut at the token limit");
    }
    if (!attempt->grade || attempt->grade->state == EMEND_SCORE_NONE) {
        return emend_no_score(EMEND_SCORE_ERROR, "the task gave no grade");
    }
    if (attempt->grade->state != EMEND_SCORE_VALUE) {
        return *attempt->grade;
    }
    return emend_score(config->weight * attempt->grade->value);
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
    const EmendHost *host = emend_plugin_host(plugin);
    Correctness *correctness = instance;
    if (correctness) {
        emend_config_free(host, correctness->config);
        host->free(host, correctness);
    }
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const EmendReward reward = {.struct_size = sizeof(EmendReward), .score = score};
    const EmendHost *host = emend_plugin_host(plugin);
    EmendStatus status = EMEND_OK;
    (void)name;

    Correctness *correctness = emend_alloc(host, sizeof *correctness, &status, err);
    if (status != EMEND_OK) {
        return status;
    }
    correctness->config = emend_config_unpack(
        host, &emend__rewards__correctness__config__descriptor, bytes, &status, err);
    if (status == EMEND_OK) {
        status = config_check(correctness->config, err);
    }
    if (status != EMEND_OK) {
        destroy(plugin, correctness);
        return status;
    }
    *instance = correctness;
    *table = &reward;
    return EMEND_OK;
}

static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("emend.rewards.correctness", "0.1.0", EMEND_KIND_REWARD, factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Reward "progress": alpha * (grade - previous turn's grade) on every turn after the first.
 * Source: the shaped reward of SCoRe's second stage, eq. 4 of arXiv 2409.12917. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include "emend/reward.h"
#include <math.h>

typedef Emend__Rewards__Progress__Config Config;

typedef struct Progress {
    double alpha;
} Progress;

/* The grade of turn t (from 0), where a grade that is missing is an error. */
static EmendScore grade_of(const EmendSample *sample, uint32_t t) {
    const EmendGradedAttempt *attempt = emend_span_at(sample->attempts, t);
    if (!attempt->grade || attempt->grade->state == EMEND_SCORE_NONE) {
        return emend_no_score(EMEND_SCORE_ERROR, "the task gave no grade");
    }
    return *attempt->grade;
}

/* The bonus of turn t >= 1 (from 0). Of two grades without a value an error is passed on before an
 * abstention, and the turn's own before the previous one's. */
static EmendScore score_turn(double alpha, const EmendSample *sample, uint32_t t) {
    EmendScore before = grade_of(sample, t - 1);
    EmendScore now = grade_of(sample, t);
    if (now.state == EMEND_SCORE_ERROR ||
        (now.state == EMEND_SCORE_ABSTAIN && before.state != EMEND_SCORE_ERROR)) {
        return now;
    }
    if (before.state != EMEND_SCORE_VALUE) {
        return before;
    }
    return emend_score(alpha * (now.value - before.value));
}

static EmendStatus score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    const Progress *progress = self;
    (void)seed;
    (void)err;
    for (uint64_t i = 0; i < samples.count; i++) {
        const EmendSample *sample = emend_span_at(samples, i);
        for (uint32_t t = 1; t < sample->n_turns; t++) {
            sample->scores[t] = score_turn(progress->alpha, sample, t);
        }
    }
    return EMEND_OK;
}

static EmendStatus config_check(const Config *config, EmendError *err) {
    if (!isfinite(config->alpha) || config->alpha < 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "alpha: it is %g; it must be finite and 0 or more", config->alpha);
    }
    return EMEND_OK;
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const EmendReward reward = {.struct_size = sizeof(EmendReward), .score = score};
    const EmendHost *host = emend_plugin_host(plugin);
    EmendStatus status = EMEND_OK;
    Progress *progress = NULL;
    (void)name;

    Config *config = emend_config_unpack(host, &emend__rewards__progress__config__descriptor, bytes,
                                         &status, err);
    if (status == EMEND_OK) {
        status = config_check(config, err);
    }
    if (status == EMEND_OK) {
        progress = emend_alloc(host, sizeof *progress, &status, err);
    }
    if (status == EMEND_OK) {
        progress->alpha = config->alpha;
        *instance = progress;
        *table = &reward;
    }
    emend_config_free(host, config);
    return status;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    const EmendHost *host = emend_plugin_host(plugin);
    host->free(host, instance);
}

static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("emend.rewards.progress", "0.1.0", EMEND_KIND_REWARD, factory);

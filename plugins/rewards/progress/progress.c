/* SPDX-License-Identifier: Apache-2.0 */
/* Reward "progress": alpha * (grade - previous turn's grade) on every turn after the first.
 * Source: the shaped reward of SCoRe's second stage, eq. 4 of arXiv 2409.12917. */
#include "config.pb-c.h"
#include "emend/plugin.h"
#include "emend/reward.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef Emend__Rewards__Progress__Config Config;

struct EmendPlugin {
    const EmendHost *host;
};

typedef struct Progress {
    double alpha;
} Progress;

static EmendScore failed_score(const char *reason) {
    EmendScore score = {.state = EMEND_SCORE_ERROR};
    snprintf(score.reason, sizeof score.reason, "%s", reason);
    return score;
}

/* The grade of turn t (from 0), where a grade that is missing is an error. */
static EmendScore grade_of(const EmendSample *sample, uint32_t t) {
    const EmendGradedAttempt *attempt = emend_span_at(sample->attempts, t);
    if (!attempt->grade || attempt->grade->state == EMEND_SCORE_NONE) {
        return failed_score("the task gave no grade");
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
    EmendScore score = {.state = EMEND_SCORE_VALUE, .value = alpha * (now.value - before.value)};
    return isfinite(score.value) ? score : failed_score("alpha * progress is not a finite number");
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

static EmendStatus read_alpha(EmendBytes bytes, double *alpha, EmendError *err) {
    Config *config = emend__rewards__progress__config__unpack(NULL, bytes.len, bytes.ptr);
    if (!config) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "config: its %llu bytes cannot be read as a %s, or memory is gone",
                          (unsigned long long)bytes.len, "emend.rewards.progress.Config");
    }
    *alpha = config->alpha;
    emend__rewards__progress__config__free_unpacked(config, NULL);
    if (!isfinite(*alpha) || *alpha < 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "alpha: it is %g; it must be finite and 0 or more", *alpha);
    }
    return EMEND_OK;
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const EmendReward reward = {.struct_size = sizeof(EmendReward), .score = score};
    (void)name;

    double alpha = 0;
    EmendStatus status = read_alpha(bytes, &alpha, err);
    if (status != EMEND_OK) {
        return status;
    }
    Progress *progress = plugin->host->alloc(plugin->host, sizeof *progress, 0);
    if (!progress) {
        return emend_fail(err, EMEND_EXHAUSTED, "progress: no memory for an instance");
    }
    progress->alpha = alpha;
    *instance = progress;
    *table = &reward;
    return EMEND_OK;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    plugin->host->free(plugin->host, instance);
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    (void)dir;
    EmendPlugin *plugin = host->alloc(host, sizeof *plugin, 0);
    if (!plugin) {
        return emend_fail(err, EMEND_EXHAUSTED, "progress: no memory to open the plugin");
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

EMEND_DECLARE_PLUGIN("emend.rewards.progress", "0.1.0", plugin_open, plugin_close, plugin_factory);

/* Reward "@NAME@": a bonus for right answers that are short,
 *
 *     weight * grade * (1 - tokens / max_tokens),
 *
 * and 0 from max_tokens on, for every turn. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include "emend/reward.h"
#include <math.h>

typedef @C_TYPE@__Config Config;

/* One use of the reward in a recipe, which may have several. */
typedef struct Brevity {
    double weight;
    double max_tokens;
} Brevity;

static EmendScore score_attempt(const Brevity *brevity, const EmendGradedAttempt *attempt) {
    if (!attempt->grade || attempt->grade->state == EMEND_SCORE_NONE) {
        return emend_no_score(EMEND_SCORE_ERROR, "the task gave no grade");
    }
    if (attempt->grade->state != EMEND_SCORE_VALUE) {
        return *attempt->grade; // passed on with its reason: what was not graded never becomes a 0
    }
    double spared = 1 - (double)attempt->n_tokens / brevity->max_tokens;
    return emend_score(brevity->weight * attempt->grade->value * fmax(spared, 0));
}

static EmendStatus score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    const Brevity *brevity = self;
    (void)seed; // nothing is drawn at random
    (void)err;
    for (uint64_t i = 0; i < samples.count; i++) {
        const EmendSample *sample = emend_span_at(samples, i);
        for (uint32_t t = 0; t < sample->n_turns; t++) {
            sample->scores[t] = score_attempt(brevity, emend_span_at(sample->attempts, t));
        }
    }
    return EMEND_OK;
}

/* The host has checked names and types of the fields; what they may be is the plugin's to say. */
static EmendStatus config_check(const Config *config, EmendError *err) {
    if (!isfinite(config->weight) || config->weight < 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "weight: it is %g; it must be finite and 0 or more", config->weight);
    }
    if (config->max_tokens == 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "max_tokens: it is 0; it must be 1 or more");
    }
    return EMEND_OK;
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const EmendReward reward = {.struct_size = sizeof reward, .score = score};
    const EmendHost *host = emend_plugin_host(plugin);
    (void)name; // the plugin has one component

    EmendStatus status = EMEND_OK;
    Brevity *brevity = NULL;
    Config *config =
        emend_config_unpack(host, &@C_NAME@__config__descriptor, bytes, &status, err);
    if (status == EMEND_OK) {
        status = config_check(config, err);
    }
    if (status == EMEND_OK) {
        brevity = emend_alloc(host, sizeof *brevity, &status, err);
    }
    if (status == EMEND_OK) {
        *brevity = (Brevity){.weight = config->weight, .max_tokens = config->max_tokens};
        *instance = brevity;
        *table = &reward;
    }
    emend_config_free(host, config);
    return status;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    const EmendHost *host = emend_plugin_host(plugin);
    host->free(host, instance);
}

/* PARALLEL: an instance is only read, so any number of threads may score with it. */
static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("@ID@", "0.1.0", EMEND_KIND_REWARD, factory);

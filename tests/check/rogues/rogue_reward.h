/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_ROGUES_ROGUE_REWARD_H
#define CHECK_ROGUES_ROGUE_REWARD_H
/* What the golden examples of these packages ask for: a tenth for every turn that answers. Each
 * rogue replaces one thing. */
#include "rogue.h"

static inline double upright_turn(const EmendGradedAttempt *attempt) {
    return attempt->response.len > 0 ? 0.1 : 0.0;
}

static inline EmendStatus upright_score(void *self, EmendSpan samples, uint64_t seed,
                                        EmendError *err) {
    (void)self;
    (void)seed;
    (void)err;
    for (uint64_t i = 0; i < samples.count; i++) {
        const EmendSample *sample = (const EmendSample *)emend_span_at(samples, i);
        for (uint32_t t = 0; t < sample->n_turns; t++) {
            const EmendGradedAttempt *attempt =
                (const EmendGradedAttempt *)emend_span_at(sample->attempts, t);
            sample->scores[t].state = EMEND_SCORE_VALUE;
            sample->scores[t].value = upright_turn(attempt);
        }
    }
    return EMEND_OK;
}

static const EmendReward upright_table = {
    .struct_size = sizeof(EmendReward), .flags = 0, .score = upright_score};

/* Refuses every config but the empty one: it has no fields. */
static inline EmendStatus upright_config(EmendBytes config, EmendError *err) {
    return config.len == 0 ? EMEND_OK
                           : emend_fail(err, EMEND_INVALID_ARGUMENT,
                                        "config: it has %llu bytes; it must be empty",
                                        (unsigned long long)config.len);
}

static inline EmendStatus upright_create(EmendPlugin *plugin, EmendStr name, EmendBytes config,
                                         void **instance, const void **table, EmendError *err) {
    (void)name;
    *instance = plugin;
    *table = &upright_table;
    return upright_config(config, err);
}

static inline const EmendFactory *upright_factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory factory = {.struct_size = sizeof(EmendFactory),
                                         .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                         .create = upright_create,
                                         .destroy = rogue_destroy};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_REWARD) ? &factory : NULL;
}

/* A plugin whose open is another one. */
#define ROGUE_WITH_OPEN(NAME, OPEN)                                                                \
    EMEND_DECLARE_PLUGIN("test.rogues." NAME, ROGUE_VERSION, OPEN, rogue_close, upright_factory)

/* A plugin whose create and destroy are others. */
#define ROGUE_WITH_FACTORY(NAME, CREATE, DESTROY)                                                  \
    static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {                    \
        static const EmendFactory reward = {                                                       \
            .struct_size = sizeof(EmendFactory), .create = CREATE, .destroy = DESTROY};            \
        (void)plugin;                                                                              \
        return rogue_is(kind, EMEND_KIND_REWARD) ? &reward : NULL;                                 \
    }                                                                                              \
    EMEND_DECLARE_PLUGIN("test.rogues." NAME, ROGUE_VERSION, rogue_open, rogue_close, factory)

/* A plugin whose score is another one. */
#define ROGUE_WITH_SCORE(NAME, SCORE)                                                              \
    static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config,               \
                              void **instance, const void **table, EmendError *err) {              \
        static const EmendReward reward = {.struct_size = sizeof(EmendReward), .score = SCORE};    \
        (void)name;                                                                                \
        *instance = plugin;                                                                        \
        *table = &reward;                                                                          \
        return upright_config(config, err);                                                        \
    }                                                                                              \
    ROGUE_WITH_FACTORY(NAME, create, rogue_destroy)

#endif

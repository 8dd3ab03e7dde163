/* SPDX-License-Identifier: Apache-2.0 */
/* A reward that can score no sample after the first batches, and says why for each. */
#include "rogue.h"

enum { N_GOOD_BATCHES = 4 };

static int n_batches;

static EmendStatus score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    static const char reason[] = "the checker's service is down";
    (void)self;
    (void)seed;
    (void)err;
    if (n_batches++ < N_GOOD_BATCHES) {
        return EMEND_OK;
    }
    for (uint64_t i = 0; i < samples.count; i++) {
        const EmendSample *sample = emend_span_at(samples, i);
        for (uint32_t turn = 0; turn < sample->n_turns; turn++) {
            sample->scores[turn].state = EMEND_SCORE_ERROR;
            for (unsigned c = 0; c < sizeof reason; c++) {
                sample->scores[turn].reason[c] = reason[c];
            }
        }
    }
    return EMEND_OK;
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    static const EmendReward reward = {.struct_size = sizeof(EmendReward), .score = score};
    (void)name;
    (void)config;
    (void)err;
    *instance = plugin;
    *table = &reward;
    return EMEND_OK;
}

static const EmendFactory *factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory reward = {
        .struct_size = sizeof(EmendFactory), .create = create, .destroy = rogue_destroy};
    (void)plugin;
    return rogue_is(kind, EMEND_KIND_REWARD) ? &reward : NULL;
}

EMEND_DECLARE_PLUGIN("test.rogues.complaining", ROGUE_VERSION, rogue_open, rogue_close, factory);

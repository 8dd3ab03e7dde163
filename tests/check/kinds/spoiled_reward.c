/* SPDX-License-Identifier: Apache-2.0 */
/* The grade as the reward, with one thing spoiled: each component is named after its defect.
 * "sound" has none. */
#include "emend/reward.h"
#include "spoiled.h"
#include <math.h>

typedef struct Rewarder {
    Spoiled spoiled; /* first */
    double n_calls;
} Rewarder;

static volatile char seen; // so that a read is made

static EmendScore without_value(const void *self, const EmendScore *grade) {
    EmendScore score = {.state = EMEND_SCORE_ERROR, .reason = "there is no grade"};
    if (grade && grade->state != EMEND_SCORE_NONE) {
        score = *grade;
    }
    if (has(self, "error_is_0")) {
        score = (EmendScore){.state = EMEND_SCORE_VALUE};
    }
    if (has(self, "no_reason")) {
        score.reason[0] = '\0';
    }
    return score;
}

static EmendScore score_attempt(const void *self, const EmendGradedAttempt *attempt) {
    const EmendScore *grade = attempt->grade;
    if (!has(self, "trusts_grade") && (!grade || grade->state != EMEND_SCORE_VALUE)) {
        return without_value(self, grade);
    }
    EmendScore score = *grade;
    if (has(self, "no_bound")) {
        score.value *= 4;
    } else if (!(fabs(score.value) < 1e300)) {
        score.value = 0;
    }
    if (has(self, "counts_calls")) {
        score.value += ((const Rewarder *)self)->n_calls;
    }
    return score;
}

static EmendStatus score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    Rewarder *rewarder = self;
    const EmendHost *host = rewarder->spoiled.host;
    (void)seed;
    rewarder->n_calls++;
    if (has(self, "trusts_memory")) {
        char *block = host->alloc(host, 64, 0);
        block[0] = 1;
        host->free(host, block);
    }
    if (samples.count == 0 && has(self, "refuses_none")) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "samples: there are none");
    }
    for (uint64_t i = 0; i < samples.count; i++) {
        const EmendSample *sample = emend_span_at(samples, i);
        EmendSpan attempts = sample->attempts;
        if (has(self, "attempts_by_index")) {
            attempts.stride = sizeof(EmendGradedAttempt);
        }
        for (uint32_t t = 0; t < sample->n_turns; t++) {
            const EmendGradedAttempt *attempt = emend_span_at(attempts, t);
            if (has(self, "reads_past_text")) {
                seen = ((const volatile char *)attempt->response.ptr)[attempt->response.len];
            }
            if (has(self, "has_room_for_64k")) {
                volatile char room[1 << 16];
                for (uint64_t k = 0; k < attempt->response.len; k++) {
                    room[k] = attempt->response.ptr[k];
                }
                seen = room[0];
            }
            if (has(self, "takes_reward")) {
                ((volatile EmendGradedAttempt *)(uintptr_t)attempt)->reward = 0;
            }
            sample->scores[t] = score_attempt(self, attempt);
        }
        if (has(self, "one_score_more")) {
            sample->scores[sample->n_turns].state = EMEND_SCORE_NONE;
        }
    }
    return EMEND_OK;
}

static const void *table_of(void *self) {
    static const EmendReward reward = {.struct_size = sizeof reward, .score = score};
    (void)self;
    return &reward;
}

SPOILED_PLUGIN("test.spoiled.reward", EMEND_KIND_REWARD, sizeof(Rewarder), table_of,
               spoiled_nothing)

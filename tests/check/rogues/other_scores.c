/* SPDX-License-Identifier: Apache-2.0 */
/* Scores in another way than its golden examples say. */
#include "rogue_reward.h"

static EmendStatus score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    EmendStatus status = upright_score(self, samples, seed, err);
    const EmendSample *sample = samples.count > 0 ? emend_span_at(samples, 0) : NULL;
    if (sample) {
        sample->scores[1].value = 0.25;
    }
    return status;
}

ROGUE_WITH_SCORE("other_scores", score);

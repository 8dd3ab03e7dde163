/* SPDX-License-Identifier: Apache-2.0 */
/* Writes one score too many. */
#include "rogue_reward.h"

static EmendStatus score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    const EmendSample *sample = samples.count > 0 ? emend_span_at(samples, 0) : NULL;
    if (sample) {
        sample->scores[sample->n_turns].state = EMEND_SCORE_NONE;
    }
    return upright_score(self, samples, seed, err);
}

ROGUE_WITH_SCORE("writes_past_scores", score);

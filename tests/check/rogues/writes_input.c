/* SPDX-License-Identifier: Apache-2.0 */
/* Writes to a text it was handed. */
#include "rogue_reward.h"

static EmendStatus score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    const EmendSample *sample = samples.count > 0 ? emend_span_at(samples, 0) : NULL;
    if (sample && sample->prompt.len > 0) {
        *(volatile char *)(uintptr_t)sample->prompt.ptr = 'x';
    }
    return upright_score(self, samples, seed, err);
}

ROGUE_WITH_SCORE("writes_input", score);

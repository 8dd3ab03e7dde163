/* SPDX-License-Identifier: Apache-2.0 */
/* Takes it that a text ends with a NUL. */
#include "rogue_reward.h"
#include <string.h>

static EmendStatus score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    const EmendSample *sample = samples.count > 0 ? emend_span_at(samples, 0) : NULL;
    volatile size_t len = sample ? strlen(sample->prompt.ptr) : 0;
    (void)len;
    return upright_score(self, samples, seed, err);
}

ROGUE_WITH_SCORE("wants_nul", score);

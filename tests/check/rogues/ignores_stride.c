/* SPDX-License-Identifier: Apache-2.0 */
/* Walks an array by the size it knows, not by its stride. */
#include "rogue_reward.h"

static EmendStatus score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    samples.stride = sizeof(EmendSample);
    return upright_score(self, samples, seed, err);
}

ROGUE_WITH_SCORE("ignores_stride", score);

/* SPDX-License-Identifier: Apache-2.0 */
#include "surrogate.h"

static SurrogateFactors clip(const Surrogate *by, double advantage, double ratio) {
    SurrogateFactors factors = {.value = ratio, .derivative = ratio};
    if (advantage > 0 && ratio > 1 + by->clip_high) {
        factors = (SurrogateFactors){.value = 1 + by->clip_high, .is_clipped_high = true};
    } else if (advantage < 0 && ratio < 1 - by->clip_low) {
        factors = (SurrogateFactors){.value = 1 - by->clip_low, .is_clipped_low = true};
    } else if (advantage < 0 && by->dual_clip > 0 && ratio > by->dual_clip) {
        factors = (SurrogateFactors){.value = by->dual_clip, .is_clipped_dual = true};
    }
    return factors;
}

static SurrogateFactors cispo(const Surrogate *by, double ratio, double log_prob) {
    SurrogateFactors factors = {.derivative = ratio};
    if (ratio > 1 + by->clip_high) {
        factors.derivative = 1 + by->clip_high;
        factors.is_clipped_high = true;
    } else if (ratio < 1 - by->clip_low) {
        factors.derivative = 1 - by->clip_low;
        factors.is_clipped_low = true;
    }
    factors.value = factors.derivative * log_prob;
    return factors;
}

SurrogateFactors surrogate(const Surrogate *by, double advantage, double ratio, double log_prob) {
    switch (by->kind) {
    case SURROGATE_CLIP:
        return clip(by, advantage, ratio);
    case SURROGATE_CISPO:
        return cispo(by, ratio, log_prob);
    case SURROGATE_RATIO:
        return (SurrogateFactors){.value = ratio, .derivative = ratio};
    default:
        return (SurrogateFactors){.value = log_prob, .derivative = 1};
    }
}

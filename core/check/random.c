/* SPDX-License-Identifier: Apache-2.0 */
#include "check/random.h"
#include <math.h>

static uint32_t next(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

uint32_t check_below(uint64_t *state, uint32_t bound) {
    return (uint32_t)((uint64_t)next(state) * bound >> 32);
}

double check_normal(uint64_t *state) {
    double u = (next(state) + 1.0) / 4294967296.0, v = next(state) / 4294967296.0;
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

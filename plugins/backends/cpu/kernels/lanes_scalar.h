/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_LANES_SCALAR_H
#define CPU_LANES_SCALAR_H
/* Sixteen lanes of floats in plain C: what every lanes_*.h must compute, bit for bit.
 *
 * Loads and stores touch the first `count` floats only (all sixteen where count is more); lanes
 * that a load does not touch hold `fill`. Folds go 8+8, 4+4, 2+2, 1+1.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct Lanes {
    float at[16];
} Lanes;

typedef struct DoubleLanes {
    double at[16];
} DoubleLanes;

static inline Lanes lanes_set(float value) {
    Lanes r;
    for (size_t i = 0; i < 16; i++) {
        r.at[i] = value;
    }
    return r;
}

static inline Lanes lanes_load(const float *x, size_t count, float fill) {
    Lanes r = lanes_set(fill);
    memcpy(r.at, x, (count < 16 ? count : 16) * sizeof(float));
    return r;
}

static inline void lanes_store(float *x, size_t count, Lanes a) {
    memcpy(x, a.at, (count < 16 ? count : 16) * sizeof(float));
}

static inline Lanes lanes_add(Lanes a, Lanes b) {
    for (size_t i = 0; i < 16; i++) {
        a.at[i] = a.at[i] + b.at[i];
    }
    return a;
}

static inline Lanes lanes_sub(Lanes a, Lanes b) {
    for (size_t i = 0; i < 16; i++) {
        a.at[i] = a.at[i] - b.at[i];
    }
    return a;
}

static inline Lanes lanes_mul(Lanes a, Lanes b) {
    for (size_t i = 0; i < 16; i++) {
        a.at[i] = a.at[i] * b.at[i];
    }
    return a;
}

static inline Lanes lanes_div(Lanes a, Lanes b) {
    for (size_t i = 0; i < 16; i++) {
        a.at[i] = a.at[i] / b.at[i];
    }
    return a;
}

static inline Lanes lanes_sqrt(Lanes a) {
    for (size_t i = 0; i < 16; i++) {
        a.at[i] = sqrtf(a.at[i]);
    }
    return a;
}

/* a * b + c, rounded once. */
static inline Lanes lanes_fma(Lanes a, Lanes b, Lanes c) {
    for (size_t i = 0; i < 16; i++) {
        c.at[i] = fmaf(a.at[i], b.at[i], c.at[i]);
    }
    return c;
}

/* c - a * b, rounded once. */
static inline Lanes lanes_fnma(Lanes a, Lanes b, Lanes c) {
    for (size_t i = 0; i < 16; i++) {
        c.at[i] = fmaf(-a.at[i], b.at[i], c.at[i]);
    }
    return c;
}

/* The larger; b where either is a NaN or both are zeros. */
static inline Lanes lanes_max(Lanes a, Lanes b) {
    for (size_t i = 0; i < 16; i++) {
        b.at[i] = a.at[i] > b.at[i] ? a.at[i] : b.at[i];
    }
    return b;
}

/* The smaller; b where either is a NaN or both are zeros. */
static inline Lanes lanes_min(Lanes a, Lanes b) {
    for (size_t i = 0; i < 16; i++) {
        b.at[i] = a.at[i] < b.at[i] ? a.at[i] : b.at[i];
    }
    return b;
}

/* 0 where `test` is 0, `a` elsewhere (also where `test` is a NaN). */
static inline Lanes lanes_unless_zero(Lanes test, Lanes a) {
    for (size_t i = 0; i < 16; i++) {
        a.at[i] = test.at[i] == 0.0f ? 0.0f : a.at[i];
    }
    return a;
}

/* The floats whose bits are a's bits, shifted left by 23: the low byte becomes the exponent. */
static inline Lanes lanes_shift_to_exponent(Lanes a) {
    for (size_t i = 0; i < 16; i++) {
        uint32_t bits = 0;
        memcpy(&bits, &a.at[i], sizeof bits);
        bits <<= 23;
        memcpy(&a.at[i], &bits, sizeof bits);
    }
    return a;
}

static inline float lanes_sum(Lanes a) {
    for (size_t half = 8; half > 0; half /= 2) {
        for (size_t i = 0; i < half; i++) {
            a.at[i] = a.at[i] + a.at[i + half];
        }
    }
    return a.at[0];
}

/* The sums of four. */
static inline void lanes_sum4(Lanes a, Lanes b, Lanes c, Lanes d, float out[4]) {
    out[0] = lanes_sum(a);
    out[1] = lanes_sum(b);
    out[2] = lanes_sum(c);
    out[3] = lanes_sum(d);
}

/* The largest, folded by lanes_max. */
static inline float lanes_largest(Lanes a) {
    for (size_t half = 8; half > 0; half /= 2) {
        for (size_t i = 0; i < half; i++) {
            a.at[i] = a.at[i] > a.at[i + half] ? a.at[i] : a.at[i + half];
        }
    }
    return a.at[0];
}

static inline DoubleLanes double_lanes_zero(void) {
    DoubleLanes r = {{0.0}};
    return r;
}

static inline DoubleLanes double_lanes_add_squares(DoubleLanes sum, Lanes x) {
    for (size_t i = 0; i < 16; i++) {
        sum.at[i] = sum.at[i] + (double)x.at[i] * (double)x.at[i];
    }
    return sum;
}

static inline double double_lanes_sum(DoubleLanes a) {
    for (size_t half = 8; half > 0; half /= 2) {
        for (size_t i = 0; i < half; i++) {
            a.at[i] = a.at[i] + a.at[i + half];
        }
    }
    return a.at[0];
}

#endif

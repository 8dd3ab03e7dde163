/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_KERNELS_VALUES_H
#define TEST_KERNELS_VALUES_H
/* Inputs for the kernels: repeatable values, in memory that ends where a page that must not be
 * touched begins, so that reading or writing past the end of a row is a crash. */
#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum {
    ORDINARY = 0,
    SPECIAL = 1 /* NaNs, infinities, denormals and huge numbers among the ordinary values */
};

static inline uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* In [-2, 2). */
static inline float value(uint64_t seed, size_t i) {
    return (float)(mix(seed * 1000003u + i) >> 40) * 0x1p-22f - 2.0f;
}

static inline float special_value(uint64_t seed, size_t i) {
    static const float specials[] = {NAN,    INFINITY, -INFINITY, 1e-40f, -1e-42f,
                                     3e38f,  -3e38f,   -0.0f,     0.0f,   1e-30f,
                                     -90.0f, 100.0f,   88.5f,     -87.5f, 1e20f};
    const uint64_t draw = mix(seed * 7919u + i);
    if (draw % 13 != 0) {
        return value(seed, i);
    }
    return specials[(draw >> 8) % (sizeof specials / sizeof specials[0])];
}

/* n floats of zeros, ending at a page without access; never given back. */
static inline float *room(size_t n) {
    const size_t page = 4096;
    const size_t bytes = (n * sizeof(float) + page - 1) / page * page;
    char *base =
        mmap(NULL, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert(base != MAP_FAILED);
    const int failed = mprotect(base + bytes, page, PROT_NONE);
    assert(!failed);
    (void)failed;
    return (float *)(void *)(base + bytes) - n;
}

static inline float *values_of(size_t n, uint64_t seed, int kind) {
    float *x = room(n);
    for (size_t i = 0; i < n; i++) {
        x[i] = kind == SPECIAL ? special_value(seed, i) : value(seed, i);
    }
    return x;
}

static inline float *values(size_t n, uint64_t seed) {
    return values_of(n, seed, ORDINARY);
}

/* The same bits, or both a NaN. */
static inline bool is_same(float a, float b) {
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_RANDOM_H
#define EMEND_RANDOM_H
/* Counter-based random numbers: a number is a function of its key and position, not of what was
 * drawn before, so results do not depend on batch make-up, order or thread count.
 *
 * Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 */
#include "emend/data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a number is for; different purposes never share a stream. */
enum {
    EMEND_RANDOM_SAMPLING = 1,   /* tokens in a rollout */
    EMEND_RANDOM_INIT = 2,       /* fresh weights */
    EMEND_RANDOM_PROBLEM = 3,    /* a task's own draws */
    EMEND_RANDOM_SHUFFLE = 4,    /* the order of problems */
    EMEND_RANDOM_EVALUATION = 5, /* tokens in an evaluation */
    EMEND_RANDOM_REWARD = 6      /* a reward's own draws */
};

/* The key of one stream. Frozen. */
typedef struct EmendRandomKey {
    uint64_t seed;
    uint32_t step;    /* optimizer step of the whole run, or 0; of an evaluation: which sample */
    uint32_t episode; /* within the step */
    uint32_t turn;
    uint32_t purpose; /* EMEND_RANDOM_* */
} EmendRandomKey;

EMEND_STATIC_ASSERT(sizeof(EmendRandomKey) == 24, "frozen layout");

/* Four random words at `position` of the stream. */
static inline void emend_random_words(const EmendRandomKey *key, uint32_t position,
                                      uint32_t out[4]) {
    uint32_t k0 = (uint32_t)key->seed, k1 = (uint32_t)(key->seed >> 32);
    uint32_t c0 = position, c1 = key->episode, c2 = key->step;
    uint32_t c3 = (key->turn << 8) | (key->purpose & 0xFFu);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* A number in [0, 1), a multiple of 2^-24, so exact in float. */
static inline float emend_random_unit(const EmendRandomKey *key, uint32_t position) {
    uint32_t words[4];
    emend_random_words(key, position, words);
    return (float)(words[0] >> 8) * (1.0f / 16777216.0f);
}

/* A number below `bound` (bound > 0), without bias worth speaking of (2^-32 of the range). */
static inline uint32_t emend_random_below(const EmendRandomKey *key, uint32_t position,
                                          uint32_t bound) {
    uint32_t words[4];
    emend_random_words(key, position, words);
    return (uint32_t)(((uint64_t)words[0] * bound) >> 32);
}

#ifdef __cplusplus
}
#endif
#endif

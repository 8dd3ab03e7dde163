/* SPDX-License-Identifier: Apache-2.0 */
#include "sampling.h"
#include <stdlib.h>
#include <string.h>

float sampling_scale(const EmendSampling *sampling) {
    return sampling->temperature > 0.0f ? 1.0f / sampling->temperature : 1.0f;
}

static uint32_t likeliest(const float *z, size_t vocab) {
    size_t best = 0;
    for (size_t v = 1; v < vocab; v++) {
        best = z[v] > z[best] ? v : best;
    }
    return (uint32_t)best;
}

/* Descending by logit, then ascending by id. */
static int compare_logits(const void *a, const void *b, void *ctx) {
    const float *z = ctx;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    if (z[i] != z[j]) {
        return z[i] > z[j] ? -1 : 1;
    }
    return i < j ? -1 : 1;
}

/* How many of the first n of `order` top-p keeps: the fewest whose share reaches it. */
static size_t count_top_p(const float *weights, const uint32_t *order, size_t n, double top_p) {
    double total = 0.0, sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        total += (double)weights[order[i]];
    }
    for (size_t i = 0; i < n; i++) {
        sum += (double)weights[order[i]];
        if (sum >= top_p * total) {
            return i + 1;
        }
    }
    return n;
}

/* Zeroes the weights of tokens that the filters drop. */
static void filter(const EmendSampling *sampling, const float *z, size_t vocab, SamplingRoom room) {
    size_t kept = vocab;
    for (size_t v = 0; v < vocab; v++) {
        room.order[v] = (uint32_t)v;
    }
    qsort_r(room.order, vocab, sizeof(uint32_t), compare_logits, (void *)(uintptr_t)z);
    if (sampling->top_k > 0 && sampling->top_k < vocab) {
        kept = sampling->top_k;
    }
    if (sampling->top_p < 1.0f) {
        kept = count_top_p(room.weights, room.order, kept, (double)sampling->top_p);
    }
    for (size_t i = kept; i < vocab; i++) {
        room.weights[room.order[i]] = 0.0f;
    }
}

/* The first token at which the sum of weights in order of ids passes the share `unit` of all. */
static uint32_t invert(const float *weights, size_t vocab, float unit) {
    double total = 0.0, sum = 0.0;
    for (size_t v = 0; v < vocab; v++) {
        total += (double)weights[v];
    }
    double target = (double)unit * total;
    size_t last = 0;
    for (size_t v = 0; v < vocab; v++) {
        sum += (double)weights[v];
        if (sum > target) {
            return (uint32_t)v;
        }
        last = weights[v] > 0.0f ? v : last;
    }
    return (uint32_t)last;
}

uint32_t sampling_choose(const Kernels *kernels, const EmendSampling *sampling, uint32_t i,
                         const float *z, size_t vocab, SamplingRoom room) {
    if (sampling->temperature == 0.0f) {
        return likeliest(z, vocab);
    }
    memcpy(room.weights, z, vocab * sizeof(float));
    kernels->exp_shifted(room.weights, vocab);
    if (sampling->top_p < 1.0f || (sampling->top_k > 0 && sampling->top_k < vocab)) {
        filter(sampling, z, vocab, room);
    }
    return invert(room.weights, vocab, emend_random_unit(&sampling->key, i));
}

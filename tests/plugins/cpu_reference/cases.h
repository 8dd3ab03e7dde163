/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_REFERENCE_CASES_H
#define CPU_REFERENCE_CASES_H
/* The models and the batch of the conformance kit, each on the backend and in the reference with
 * the same weights. */
#include "check/backend/shapes.h"
#include "loaded.h"

/* A policy and a base of one shape, here and there. */
typedef struct Pair {
    Loaded *loaded;
    EmendModel *policy, *base;
    Reference *policy_reference, *base_reference;
    Batch batch;
} Pair;

/* `pair_open_with` hands the plugin a config in wire bytes. */
void pair_open(Pair *pair, const Shape *shape);
void pair_open_with(Pair *pair, const Shape *shape, EmendBytes config);
void pair_close(Pair *pair);
/* Scores sequences [begin, end) of the batch on the backend; with `tape`, for backward. */
void pair_forward(Pair *pair, int begin, int end, EmendTape **tape);
/* Adds the gradient of sequences [begin, end) of the batch. */
void pair_backward(Pair *pair, int begin, int end);
/* Copies of all gradients of the policy, one after another; the caller's to free(). */
float *pair_gradients(const Pair *pair, size_t *n);

#endif

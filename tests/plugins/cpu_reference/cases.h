/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_REFERENCE_CASES_H
#define CPU_REFERENCE_CASES_H
/* Models of every shape that the backend treats differently, and a batch to score, each on the
 * backend and in the reference with the same weights. */
#include "loaded.h"
#include "reference.h"

typedef struct Case {
    const char *name;
    EmendModelConfig config;
    float temperature;
} Case;

extern const Case cases[];
extern const int n_cases;

enum { N_SEQUENCES = 3, MAX_TOKENS = 24, MAX_RANGES = 3 };

/* Sequences of different lengths; ranges that want nothing, entropy, KL and both; coefficients for
 * what is wanted. Points into itself: not to be copied. */
typedef struct Batch {
    EmendSequence sequences[N_SEQUENCES];
    EmendCoefficients coefficients[N_SEQUENCES];
    int32_t tokens[N_SEQUENCES][MAX_TOKENS];
    EmendScoredRange ranges[N_SEQUENCES][MAX_RANGES];
    float outputs[N_SEQUENCES][3][MAX_TOKENS]; /* log-probs, entropies, KLs */
    float factors[N_SEQUENCES][3][MAX_TOKENS]; /* dL/d of these */
} Batch;

/* A policy and a base of one shape, here and there. */
typedef struct Pair {
    Loaded *loaded;
    EmendModel *policy, *base;
    Reference *policy_reference, *base_reference;
    Batch batch;
} Pair;

/* `pair_open_with` hands the plugin a config in wire bytes. */
void pair_open(Pair *pair, const Case *shape);
void pair_open_with(Pair *pair, const Case *shape, EmendBytes config);
void pair_close(Pair *pair);
/* Scores sequences [begin, end) of the batch on the backend; with `tape`, for backward. */
void pair_forward(Pair *pair, int begin, int end, EmendTape **tape);
/* Adds the gradient of sequences [begin, end) of the batch. */
void pair_backward(Pair *pair, int begin, int end);
/* Copies of all gradients of the policy, one after another; the caller's to free(). */
float *pair_gradients(const Pair *pair, size_t *n);
/* Outputs of a sequence. */
uint32_t batch_outputs(const EmendSequence *sequence);

/* Standard normal and uniform numbers, the same on every machine. */
double random_normal(uint64_t *state);
uint32_t random_below(uint64_t *state, uint32_t bound);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_BACKEND_SHAPES_H
#define CHECK_BACKEND_SHAPES_H
/* Models of every shape that a backend may treat differently, and a batch to score with them. */
#include "check/backend/reference.h"

typedef struct Shape {
    const char *name;
    EmendModelConfig config;
    float temperature;
} Shape;

/* Rows of the table that tests ask for by name. */
enum { SHAPE_GROUPED = 2, SHAPE_ONE_KV_HEAD = 3, SHAPE_ODD = 6, SHAPE_HOT = 7, N_SHAPES = 11 };
extern const Shape model_shapes[N_SHAPES];

/* A policy's weights, or a base's: lively, each a float, the same for the same seed. */
void reference_fill(Reference *reference, uint64_t seed);

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

void batch_fill(Batch *batch, const Shape *shape);
/* Outputs of a sequence. */
uint32_t batch_outputs(const EmendSequence *sequence);

#endif

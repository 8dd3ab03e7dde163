/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_BACKEND_REFERENCE_H
#define CHECK_BACKEND_REFERENCE_H
/* A Llama decoder in double, written from the papers and from HuggingFace's description of the
 * weights for clarity and nothing else. It shares no line with any backend; what it computes is
 * what a backend has to compute. Touvron et al., arXiv 2302.13971: RMSNorm before each half of a
 * layer, rotary positions on queries and keys, grouped-query attention, SwiGLU, no biases.
 *
 * It has no backward: a gradient is checked against differences of `reference_loss`.
 */
#include "emend/backend.h"
#include <stddef.h>

typedef struct ReferenceTensor {
    char name[64];
    size_t rows, columns;
    double *values; /* row-major; a product's output is the row */
} ReferenceTensor;

typedef struct Reference {
    EmendModelConfig config; /* complete: no field left to be derived */
    ReferenceTensor *tensors;
    size_t n_tensors;
} Reference;

/* Every weight zero. */
Reference *reference_create(const EmendModelConfig *config);
void reference_destroy(Reference *reference);
/* Takes over the weights of another of the same config. */
void reference_copy(Reference *to, const Reference *from);
/* NULL: the model has none of that name. */
ReferenceTensor *reference_tensor(const Reference *reference, const char *name);

/* Logits of every position, n_tokens x vocab_size, the caller's to free(). Row t is what the model
 * says of token t + 1. */
double *reference_logits(const Reference *reference, const int32_t *tokens, size_t n_tokens);

/* What one row of logits says at a temperature. */
typedef struct ReferenceScore {
    double log_prob; /* of the token asked for */
    double entropy;
    double kl; /* of softmax(logits / T) from softmax(base / T); 0 where base is NULL */
} ReferenceScore;
ReferenceScore reference_score(const double *logits, const double *base, size_t vocab_size,
                               int32_t token, double temperature);

/* sum over sequences, ranges and tokens of c_logp log_prob + c_H entropy + c_KL KL, with the
 * coefficients packed like the sequence's outputs. `base` may be NULL where no range wants KL. */
double reference_loss(const Reference *policy, const Reference *base,
                      const EmendSequence *sequences, const EmendCoefficients *coefficients,
                      size_t n_sequences);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_GRADIENT_H
#define CPU_GRADIENT_H
/* Gradients of weights. Every element is a sum over tokens in their order: the work is cut over the
 * elements, never over tokens, so the bits depend on neither the threads nor how a batch is cut. */
#include "decoder.h"

/* dw (rows x columns) += dy^T x over n tokens; dy is n x rows, x is n x columns. */
typedef struct MatrixGradient {
    float *dw;
    size_t rows, columns;
    const float *dy, *x;
} MatrixGradient;

/* dw += sum over tokens of dy x r: of a norm whose output's gradient is dy. Token i's x is row
 * x_rows[i] of x, or row i where that is NULL; r is its 1 / root mean square. */
typedef struct NormGradient {
    float *dw;
    const float *dy, *x, *r;
    const uint32_t *x_rows;
} NormGradient;

/* dw[token] += dx of every row: of the embedding's lookup. */
typedef struct LookupGradient {
    float *dw;
    const float *dx;
    const Row *rows;
} LookupGradient;

/* What one run works out, all over the same n tokens; a dw of NULL is none. */
typedef struct GradientJobs {
    const EmendModel *model;
    size_t n;
    MatrixGradient matrices[4];
    NormGradient norms[2];
    LookupGradient lookup;
} GradientJobs;

/* Floats of each thread's scratch, after the attention's, that gradient_run needs. */
size_t gradient_thread_floats(const EmendModel *model);
void gradient_run(const GradientJobs *jobs);

#endif

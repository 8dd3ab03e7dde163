/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_MATMUL_H
#define CPU_MATMUL_H
/* Matrix products on all threads. How they are cut changes no bit (kernels.h), so the cut is free
 * to follow the number of threads. */
#include "kernels/kernels.h"
#include "threads.h"

/* kernels->gemm for the whole of args (args->b is the first panel of the matrix), cut into tiles of
 * C; a product too small to be worth waking anybody runs on the caller. */
void matmul(Threads *threads, const Kernels *kernels, const GemmArgs *args);

/* kernels->pack for a whole matrix, panels shared out among the threads. */
void matmul_pack(Threads *threads, const Kernels *kernels, const float *b, size_t b_row,
                 size_t b_col, size_t n, size_t k, float *packed);

#endif

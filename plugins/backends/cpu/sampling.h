/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_SAMPLING_H
#define CPU_SAMPLING_H
/* A token from a row of logits. */
#include "emend/backend.h"
#include "kernels/kernels.h"

/* Room of `vocab` numbers each. */
typedef struct SamplingRoom {
    float *weights;
    uint32_t *order;
} SamplingRoom;

/* What a row of logits is multiplied by: 1 / temperature, or 1 where that is 0. */
float sampling_scale(const EmendSampling *sampling);
/* The token of position `i` of the request's random stream, from the scaled row z. Top-k, then
 * top-p of what that leaves; ties go to the lower id. */
uint32_t sampling_choose(const Kernels *kernels, const EmendSampling *sampling, uint32_t i,
                         const float *z, size_t vocab, SamplingRoom room);

#endif

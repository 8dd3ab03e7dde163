/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_PACKED_H
#define CPU_PACKED_H
/* A model's matrices in the layout that products read, forwards (x W^T) and backwards (dy W). */
#include "model.h"

typedef struct PackedLayer {
    float *qkv, *o, *gate_up, *down;                     /* k = columns, n = rows */
    float *qkv_back, *o_back, *gate_up_back, *down_back; /* k = rows, n = columns; trainable only */
} PackedLayer;

struct PackedWeights {
    PackedLayer *layers;
    float *head, *head_back;
    float *block; /* all of the above */
    size_t n_floats;
};

EmendStatus packed_create(const EmendModel *model, PackedWeights **out, EmendError *err);
void packed_destroy(PackedWeights *packed, const EmendHost *host);
size_t packed_floats(const PackedWeights *packed);
/* Packs again if the weights changed since the last time. */
void packed_refresh(EmendModel *model);

#endif

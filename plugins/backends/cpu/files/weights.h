/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_FILES_WEIGHTS_H
#define CPU_FILES_WEIGHTS_H
/* The weights of a model folder: model.safetensors, or the shards that model.safetensors.index.json
 * names. */
#include "safetensors.h"

typedef struct Weights {
    Safetensors **files;
    size_t n_files;
} Weights;

/* Opens every file, and checks an index against them: each tensor it lists lies where it says, and
 * no two files hold the same tensor. *out is finished by the caller on success only. */
EmendStatus weights_open(Weights *out, const char *dir, EmendError *err);
void weights_close(Weights *weights);

/* NULL where no file has the tensor; otherwise *file is the one that does. */
const SafetensorsTensor *weights_find(const Weights *weights, const char *name,
                                      const Safetensors **file);
/* The values of all tensors together. */
uint64_t weights_values(const Weights *weights);

#endif

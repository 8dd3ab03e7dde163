/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_MODEL_H
#define CPU_MODEL_H
/* What a model is in memory: named tensors over one block each of weights, gradients and moments.
 *
 * files/ reads and writes it; forward.c, backward.c, generate.c compute with it; optimizer.c steps it.
 */
#include "emend/backend.h"
#include "kernels/kernels.h"
#include "threads.h"
#include <stdbool.h>

/* The backend instance. */
typedef struct Cpu {
    const EmendHost *host;
    const Kernels *kernels;
    Threads *threads;
    uint32_t chunk_rows; /* rows of logits held at once by each thread */
} Cpu;

/* One parameter: rows x columns (vectors: 1 x n), at `offset` floats into the model's blocks. */
typedef struct Tensor {
    char name[64]; /* HuggingFace's: "model.layers.0.self_attn.q_proj.weight" */
    uint32_t rows, columns;
    bool is_vector; /* a norm's weight: no decay; saved with one dimension */
    size_t offset;
} Tensor;

/* A layer's tensors, as indices into Model.tensors. */
typedef struct LayerTensors {
    uint32_t input_norm, q, k, v, o, post_norm, gate, up, down;
} LayerTensors;

/* Matrices packed for products; rebuilt when weights change. */
typedef struct PackedWeights PackedWeights;

struct EmendModel {
    Cpu *cpu;
    EmendModelConfig config; /* with head_dim and num_key_value_heads resolved */
    Tensor *tensors;         /* in a fixed order: embedding, layers, final norm, head unless tied */
    uint32_t n_tensors;
    uint32_t embedding, final_norm, head; /* head == embedding where tied */
    LayerTensors *layers;
    size_t n_floats;
    float *weights;
    float *gradients; /* NULL where frozen */
    float *moments1, *moments2;
    float *rope_cos, *rope_sin; /* max_position_embeddings x head_dim / 2 */
    PackedWeights *packed;
    bool is_packed_current;
};

/* Allocates a model of a checked config with zero weights; trainable unless flags says FROZEN. */
EmendStatus model_create(Cpu *cpu, const EmendModelConfig *config, uint32_t flags, EmendModel **out,
                         EmendError *err);
void model_destroy(EmendModel *model);
/* Refuses what cannot be run, naming field and value; fills in what 0 leaves to be derived. */
EmendStatus model_config_check(EmendModelConfig *config, EmendError *err);
/* Fresh weights: normal with initializer_range, norms 1; drawn by tensor index and position from
 * EMEND_RANDOM_INIT, so the same on every machine. */
void model_initialize(EmendModel *model, uint64_t seed);

/* files/: a HuggingFace folder (config.json, model.safetensors; optimizer.safetensors). */
EmendStatus model_folder_read(Cpu *cpu, EmendStr dir, uint32_t flags, EmendModel **out,
                              EmendError *err);
EmendStatus model_folder_write(const EmendModel *model, EmendStr dir, uint32_t flags,
                               EmendError *err);

#endif

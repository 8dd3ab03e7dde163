/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_MODEL_H
#define CPU_MODEL_H
/* What a model is in memory: named tensors over one block each of weights, gradients and moments.
 *
 * files/ reads and writes it; forward.c, backward.c, generate.c compute with it; optimizer.c steps
 * it.
 */
#include "emend/backend.h"
#include "kernels/kernels.h"
#include "scratch.h"
#include "threads.h"
#include <stdbool.h>

/* The backend instance. */
typedef struct Cpu {
    const EmendHost *host;
    const Kernels *kernels;
    Threads *threads;
    uint32_t chunk_rows; /* rows of logits held at once by each thread */
    Scratch scratch;
} Cpu;

/* One parameter: rows x columns (vectors: 1 x n), at `offset` floats into the model's blocks. */
typedef struct Tensor {
    char name[64]; /* HuggingFace's: "model.layers.0.self_attn.q_proj.weight" */
    uint32_t rows, columns;
    bool is_vector; /* a norm's weight: no decay; saved with one dimension */
    size_t offset;
} Tensor;

/* A layer's tensors, as indices into EmendModel.tensors. q, k, v follow one another without a gap,
 * and so do gate and up: each group is one matrix in products. */
typedef struct LayerTensors {
    uint32_t input_norm, q, k, v, o, post_norm, gate, up, down;
} LayerTensors;

/* The config's sizes, and what follows from them, as size_t. */
typedef struct Shapes {
    size_t hidden, layers, vocab, feed_forward;
    size_t heads, kv_heads, head_dim;
    size_t q_dim, kv_dim, qkv_dim; /* of one token: all heads; keys; queries, keys and values */
} Shapes;

/* Matrices packed for products; rebuilt when weights change (packed.h). */
typedef struct PackedWeights PackedWeights;

struct EmendModel {
    Cpu *cpu;
    EmendModelConfig config; /* with head_dim and num_key_value_heads resolved */
    Shapes shapes;
    Tensor *tensors; /* in a fixed order: embedding, layers, final norm, head unless tied */
    uint32_t n_tensors;
    uint32_t embedding, final_norm, head; /* head == embedding where tied */
    LayerTensors *layers;
    size_t n_floats;
    float *weights;
    float *gradients; /* NULL where frozen */
    float *moments1, *moments2;
    float *tied_head;   /* where tied and trainable: the embedding's gradient as the head, */
    float *tied_lookup; /* and as the lookup; `gradients` holds their sum (backward.c) */
    float *rope_cos, *rope_sin; /* max_position_embeddings x head_dim / 2 */
    PackedWeights *packed;
    bool is_packed_current;
    uint64_t version; /* rises whenever the weights change */
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
/* To be called after every change of the weights. */
void model_weights_changed(EmendModel *model);
/* Bytes held for the model now. */
size_t model_bytes(const EmendModel *model);
bool model_is_tied(const EmendModel *model);

/* files/: a HuggingFace folder (config.json, model.safetensors; optimizer.safetensors). */
EmendStatus model_folder_read(Cpu *cpu, EmendStr dir, uint32_t flags, EmendModel **out,
                              EmendError *err);
EmendStatus model_folder_write(const EmendModel *model, EmendStr dir, uint32_t flags,
                               EmendError *err);

#endif

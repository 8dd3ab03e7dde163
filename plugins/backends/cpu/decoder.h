/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_DECODER_H
#define CPU_DECODER_H
/* The decoder over rows of tokens: what scoring, sampling and training share, so that a token's
 * numbers are the same bits in all of them.
 *
 * A pass runs either alone on one thread (many passes side by side, each over whole sequences: no
 * barrier in a forward) or as a team, its products and rows shared out (one long sequence, or few
 * tokens of a large model). Both give the same bits, since every row is computed by itself.
 */
#include "model.h"

/* Keys and values of one sequence: for each layer and head `capacity` x head_dim, so that a query
 * reads both straight through. */
typedef struct KvCache {
    float *keys, *values;
    size_t capacity;
} KvCache;

/* Where the keys (and values) of a layer's head begin. */
static inline size_t kv_cache_at(const Shapes *s, const KvCache *cache, size_t layer, size_t head) {
    return (layer * s->kv_heads + head) * cache->capacity * s->head_dim;
}

/* One token to read. With a cache its keys and values are put there at `position`, after the ones
 * of all positions before; without, those are the `position` rows before this one in the same pass.
 */
typedef struct Row {
    uint32_t token, position;
    KvCache *cache;
} Row;

typedef struct Pass {
    EmendModel *model;
    Threads *team; /* NULL: on the calling thread */
    size_t thread; /* its number */
    const Row *rows;
    size_t n_rows;
} Pass;

/* What a pass computes, n_rows each. Layer l's part lies l * step floats on; a step of 0 is a layer
 * written over the one before. x, of `hidden` columns, has one part more: the last layer's output.
 */
typedef struct Activations {
    float *x, *middle; /* hidden: input of the layer, and after attention */
    float *qkv;        /* qkv_dim: rotated queries and keys, values */
    float *attended;   /* q_dim */
    float *gate_up;    /* 2 feed_forward */
    size_t x_step, middle_step, qkv_step, attended_step, gate_up_step;
    float *normed, *activated; /* hidden, feed_forward: within a layer only */
} Activations;

/* Each thread's scratch begins with this much room for the attention of one row; a pass that runs
 * alone has the rest. */
size_t decoder_attention_floats(size_t n_positions);
/* Cuts activations that keep nothing, for a pass of n rows. */
void decoder_take_activations(Room *room, const Shapes *shapes, size_t n_rows, Activations *out);

/* Runs all layers. Weights are packed (packed_refresh). */
void decoder_run(const Pass *pass, const Activations *activations);
/* Final norm of the last layer's output `x`: hidden[i] from row wanted[i] - first_row of x. */
void decoder_final_norm(const Pass *pass, const float *x, const uint32_t *wanted, size_t n_wanted,
                        size_t first_row, float *hidden);
/* Logits of n rows of `hidden`: z is n x vocab. */
void decoder_logits(const Pass *pass, const float *hidden, size_t n, float *z);

/* 1 / sqrt(head_dim). */
float decoder_attention_scale(const Shapes *shapes);

/* For passes of any kind. */
typedef void (*RowsWork)(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread);
/* Calls work over [0, n): once, or in a team in blocks. */
void pass_rows(const Pass *pass, size_t n, RowsWork work, void *ctx);
void pass_product(const Pass *pass, const GemmArgs *args);

/* log p[token] from a scaled row of logits. */
static inline float row_log_prob(const float *z, uint32_t token, const RowStats *stats) {
    return z[token] - stats->max - stats->log_sum;
}

#endif

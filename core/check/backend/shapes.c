/* SPDX-License-Identifier: Apache-2.0 */
#include "check/backend/shapes.h"
#include "check/random.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define SHAPE(FLAGS, VOCAB, HIDDEN, INNER, LAYERS, HEADS, KV_HEADS, HEAD_DIM)                      \
    {                                                                                              \
        .struct_size = sizeof(EmendModelConfig), .flags = (FLAGS), .vocab_size = (VOCAB),          \
        .hidden_size = (HIDDEN), .intermediate_size = (INNER), .num_hidden_layers = (LAYERS),      \
        .num_attention_heads = (HEADS), .num_key_value_heads = (KV_HEADS), .head_dim = (HEAD_DIM), \
        .max_position_embeddings = 32, .rope_theta = 10000.0, .rms_norm_eps = 1e-5,                \
        .initializer_range = 0.02                                                                  \
    }

enum { TIED = EMEND_MODEL_TIED_EMBEDDINGS };

const Shape model_shapes[N_SHAPES] = {
    {"untied, every head its own keys", SHAPE(0, 64, 32, 48, 2, 4, 4, 8), 1.0f},
    {"tied", SHAPE(TIED, 64, 32, 48, 2, 4, 4, 8), 1.0f},
    {"grouped queries, sizes of 16", SHAPE(0, 48, 32, 64, 2, 4, 2, 16), 1.0f},
    {"one head of keys", SHAPE(TIED, 50, 24, 40, 2, 4, 1, 6), 1.0f},
    {"head_dim above hidden / heads", SHAPE(0, 37, 20, 33, 2, 3, 3, 10), 1.0f},
    {"head_dim below hidden / heads", SHAPE(TIED, 41, 36, 17, 1, 2, 2, 4), 1.0f},
    {"no size a multiple of anything", SHAPE(0, 131, 23, 29, 3, 6, 3, 2), 1.0f},
    {"hot", SHAPE(0, 70, 32, 40, 1, 4, 2, 8), 1.75f},
    {"cold and tied", SHAPE(TIED, 70, 32, 40, 1, 4, 2, 8), 0.5f},
    {"smallest", SHAPE(TIED, 3, 3, 1, 1, 1, 1, 2), 1.0f},
    {"large vocabulary", SHAPE(TIED, 1037, 16, 16, 1, 2, 1, 8), 1.25f},
};

// ---- the batch

uint32_t batch_outputs(const EmendSequence *sequence) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < sequence->n_ranges; i++) {
        n += sequence->ranges[i].end - sequence->ranges[i].begin;
    }
    return n;
}

static void fill_factors(Batch *batch, int s, uint64_t *random) {
    const EmendSequence *sequence = &batch->sequences[s];
    uint32_t at = 0;
    for (uint32_t i = 0; i < sequence->n_ranges; i++) {
        const EmendScoredRange *range = &sequence->ranges[i];
        for (uint32_t t = range->begin; t < range->end; t++, at++) {
            batch->factors[s][0][at] = (float)check_normal(random);
            batch->factors[s][1][at] =
                range->want & EMEND_WANT_ENTROPY ? (float)check_normal(random) : 0.0f;
            batch->factors[s][2][at] =
                range->want & EMEND_WANT_KL ? (float)check_normal(random) : 0.0f;
        }
    }
}

void batch_fill(Batch *batch, const Shape *shape) {
    enum { E = EMEND_WANT_ENTROPY, KL = EMEND_WANT_KL };
    static const struct {
        uint32_t n_tokens, n_ranges;
        EmendScoredRange ranges[MAX_RANGES];
    } layout[N_SEQUENCES] = {
        {13, 3, {{1, 4, 1.0f, E | KL}, {6, 9, 1.0f, 0}, {12, 13, 1.0f, E}}},
        {19, 2, {{2, 10, 1.0f, KL}, {10, 19, 1.0f, E | KL}}},
        {2, 1, {{1, 2, 1.0f, 0}}},
    };
    uint64_t random = 7;
    for (int s = 0; s < N_SEQUENCES; s++) {
        for (uint32_t t = 0; t < layout[s].n_tokens; t++) {
            batch->tokens[s][t] = (int32_t)check_below(&random, shape->config.vocab_size);
        }
        for (uint32_t i = 0; i < layout[s].n_ranges; i++) {
            batch->ranges[s][i] = layout[s].ranges[i];
            // The last range of a sequence keeps a temperature of its own.
            bool is_last = i + 1 == layout[s].n_ranges && i > 0;
            batch->ranges[s][i].temperature = shape->temperature * (is_last ? 1.125f : 1.0f);
        }
        batch->sequences[s] = (EmendSequence){.struct_size = sizeof(EmendSequence),
                                              .n_ranges = layout[s].n_ranges,
                                              .tokens = batch->tokens[s],
                                              .n_tokens = layout[s].n_tokens,
                                              .ranges = batch->ranges[s],
                                              .log_probs = batch->outputs[s][0],
                                              .entropies = batch->outputs[s][1],
                                              .kls = batch->outputs[s][2]};
        batch->coefficients[s] = (EmendCoefficients){.struct_size = sizeof(EmendCoefficients),
                                                     .d_log_probs = batch->factors[s][0],
                                                     .d_entropies = batch->factors[s][1],
                                                     .d_kls = batch->factors[s][2]};
        fill_factors(batch, s, &random);
    }
    // A sequence that wants neither has no room for them, and a missing array is all zero.
    batch->sequences[2].entropies = batch->sequences[2].kls = NULL;
    batch->coefficients[2].d_entropies = batch->coefficients[2].d_kls = NULL;
}

// ---- the weights

void reference_fill(Reference *reference, uint64_t seed) {
    for (size_t i = 0; i < reference->n_tensors; i++) {
        ReferenceTensor *tensor = &reference->tensors[i];
        uint64_t random = seed + i * 1000003u;
        double mean = tensor->rows == 1 && strstr(tensor->name, "norm") ? 1.0 : 0.0;
        double deviation = mean > 0 ? 0.25 : 1.0 / sqrt((double)tensor->columns);
        for (size_t j = 0; j < tensor->rows * tensor->columns; j++) {
            tensor->values[j] = (double)(float)(mean + deviation * check_normal(&random));
        }
    }
}

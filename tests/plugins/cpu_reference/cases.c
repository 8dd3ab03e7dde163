/* SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
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

const Case cases[] = {
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
const int n_cases = sizeof cases / sizeof cases[0];

static uint32_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

uint32_t random_below(uint64_t *state, uint32_t bound) {
    return (uint32_t)((uint64_t)next_random(state) * bound >> 32);
}

double random_normal(uint64_t *state) {
    double u = (next_random(state) + 1.0) / 4294967296.0, v = next_random(state) / 4294967296.0;
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

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
            batch->factors[s][0][at] = (float)random_normal(random);
            batch->factors[s][1][at] =
                range->want & EMEND_WANT_ENTROPY ? (float)random_normal(random) : 0.0f;
            batch->factors[s][2][at] =
                range->want & EMEND_WANT_KL ? (float)random_normal(random) : 0.0f;
        }
    }
}

static void fill_batch(Batch *batch, const Case *shape) {
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
            batch->tokens[s][t] = (int32_t)random_below(&random, shape->config.vocab_size);
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

/* Lively weights, floats, the same on both sides. */
static void fill_weights(Loaded *loaded, EmendModel *model, Reference *reference, uint64_t seed) {
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0, i = 0;

    for (; loaded_tensor(loaded, model, i, &name, &values, &gradient, &n); i++) {
        ReferenceTensor *tensor = reference_tensor(reference, name);
        ck_assert_msg(tensor != NULL, "the backend has a tensor %s", name);
        ck_assert_msg(n == tensor->rows * tensor->columns, "%s has another size", name);
        uint64_t random = seed + i * 1000003u;
        double mean = tensor->rows == 1 && strstr(name, "norm") ? 1.0 : 0.0;
        double deviation = mean > 0 ? 0.25 : 1.0 / sqrt((double)tensor->columns);
        for (uint64_t j = 0; j < n; j++) {
            values[j] = (float)(mean + deviation * random_normal(&random));
            tensor->values[j] = (double)values[j];
        }
    }
    ck_assert_msg(i == reference->n_tensors, "the backend has %d tensors, not %d", (int)i,
                  (int)reference->n_tensors);
    ck_assert_int_eq(loaded->gradients->values_changed(loaded->self, model, &loaded->err),
                     EMEND_OK);
}

void pair_open_with(Pair *pair, const Case *shape, EmendBytes config) {
    *pair = (Pair){.loaded = loaded_open(config)};
    pair->policy = loaded_model(pair->loaded, &shape->config, 0, 1);
    pair->base = loaded_model(pair->loaded, &shape->config, EMEND_MODEL_FROZEN, 2);
    pair->policy_reference = reference_create(&shape->config);
    pair->base_reference = reference_create(&shape->config);
    fill_weights(pair->loaded, pair->policy, pair->policy_reference, 11);
    fill_weights(pair->loaded, pair->base, pair->base_reference, 222);
    fill_batch(&pair->batch, shape);
}

void pair_open(Pair *pair, const Case *shape) {
    pair_open_with(pair, shape, (EmendBytes){0});
}

void pair_close(Pair *pair) {
    pair->loaded->backend->model_close(pair->loaded->self, pair->policy);
    pair->loaded->backend->model_close(pair->loaded->self, pair->base);
    reference_destroy(pair->policy_reference);
    reference_destroy(pair->base_reference);
    loaded_close(pair->loaded);
}

void pair_forward(Pair *pair, int begin, int end, EmendTape **tape) {
    Loaded *loaded = pair->loaded;
    const EmendForwardArgs args = {.struct_size = sizeof args,
                                   .sequences =
                                       emend_span(&pair->batch.sequences[begin],
                                                  (uint64_t)(end - begin), sizeof(EmendSequence)),
                                   .reference = pair->base};
    EmendStatus status =
        loaded->backend->forward(loaded->self, pair->policy, &args, tape, &loaded->err);
    ck_assert_msg(status == EMEND_OK, "%s", loaded->message);
}

void pair_backward(Pair *pair, int begin, int end) {
    Loaded *loaded = pair->loaded;
    EmendTape *tape = NULL;
    pair_forward(pair, begin, end, &tape);
    EmendStatus status =
        loaded->backend->backward(loaded->self, tape,
                                  emend_span(&pair->batch.coefficients[begin],
                                             (uint64_t)(end - begin), sizeof(EmendCoefficients)),
                                  &loaded->err);
    ck_assert_msg(status == EMEND_OK, "%s", loaded->message);
    loaded->backend->tape_release(loaded->self, tape);
}

float *pair_gradients(const Pair *pair, size_t *n_all) {
    const char *name = NULL;
    float *values = NULL, *gradient = NULL, *all = NULL;
    uint64_t n = 0;
    *n_all = 0;
    for (uint64_t i = 0;
         loaded_tensor(pair->loaded, pair->policy, i, &name, &values, &gradient, &n); i++) {
        all = realloc(all, (*n_all + (size_t)n) * sizeof *all);
        ck_assert_ptr_nonnull(all);
        memcpy(all + *n_all, gradient, (size_t)n * sizeof *all);
        *n_all += (size_t)n;
    }
    return all;
}

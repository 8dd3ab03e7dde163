/* SPDX-License-Identifier: Apache-2.0 */
#include "setup.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Appends field `number` as a varint. */
static size_t put_field(uint8_t *bytes, size_t n, uint32_t number, uint32_t value) {
    bytes[n++] = (uint8_t)(number << 3);
    while (value >= 0x80) {
        bytes[n++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[n++] = (uint8_t)value;
    return n;
}

Loaded *setup_plugin(void) {
    const uint8_t one_thread[] = {1 << 3, 1};
    return loaded_open((EmendBytes){one_thread, sizeof one_thread});
}

Setup setup_open(Loaded *loaded, uint32_t n_threads, uint32_t chunk_rows) {
    Setup setup = {.loaded = loaded};
    const void *table = NULL;
    uint8_t bytes[16];
    size_t n = put_field(bytes, put_field(bytes, 0, 1, n_threads), 2, chunk_rows);
    EmendStatus status = loaded->factory->create(loaded->plugin, emend_str("cpu"),
                                                 loaded_config((EmendBytes){bytes, n}), &setup.self,
                                                 &table, &loaded->err);
    ck_assert_msg(status == EMEND_OK, "%s", loaded->message);
    setup.backend = table;
    return setup;
}

void setup_close(Setup *setup) {
    setup->loaded->factory->destroy(setup->loaded->plugin, setup->self);
}

EmendModelConfig setup_config(int is_tied, int is_large) {
    return (EmendModelConfig){.struct_size = sizeof(EmendModelConfig),
                              .flags = is_tied ? EMEND_MODEL_TIED_EMBEDDINGS : 0,
                              .vocab_size = VOCAB,
                              .hidden_size = is_large ? 192 : 40,
                              .intermediate_size = is_large ? 320 : 72,
                              .num_hidden_layers = 2,
                              .num_attention_heads = 4,
                              .num_key_value_heads = 2,
                              .head_dim = 16,
                              .max_position_embeddings = POSITIONS,
                              .rope_theta = 10000.0,
                              .rms_norm_eps = 1e-5,
                              .initializer_range = 0.2};
}

EmendModel *setup_model(const Setup *setup, const EmendModelConfig *config, uint64_t seed) {
    const EmendModelSource source = {.struct_size = sizeof source, .config = config, .seed = seed};
    EmendModel *model = NULL;
    EmendStatus status =
        setup->backend->model_open(setup->self, &source, &model, &setup->loaded->err);
    ck_assert_msg(status == EMEND_OK, "%s", setup->loaded->message);
    return model;
}

/* Tokens that follow from `seed`. */
static void fill_tokens(int32_t *tokens, uint64_t seed, uint32_t n) {
    const EmendRandomKey key = {.seed = seed, .purpose = EMEND_RANDOM_PROBLEM};
    for (uint32_t i = 0; i < n; i++) {
        tokens[i] = (int32_t)emend_random_below(&key, i, VOCAB);
    }
}

void continuation_init(Continuation *c, uint64_t id, uint64_t parent, uint64_t seed, uint32_t n) {
    memset(c, 0, sizeof *c);
    fill_tokens(c->tokens, seed, n);
    c->sampling = (EmendSampling){
        .struct_size = sizeof(EmendSampling),
        .max_new_tokens = MAX_NEW,
        .sequence = id,
        .parent = parent,
        .tokens = c->tokens,
        .n_tokens = n,
        .key = {.seed = 77, .episode = (uint32_t)id, .purpose = EMEND_RANDOM_SAMPLING},
        .temperature = 0.8f,
        .top_p = 1.0f,
        .new_tokens = c->new_tokens,
        .log_probs = c->log_probs};
}

EmendStatus setup_generate(const Setup *setup, EmendSession *session, Continuation *c, size_t n,
                           const int32_t *stops, size_t n_stops) {
    return setup->backend->generate(setup->self, session, emend_span(c, n, sizeof *c), stops,
                                    n_stops, &setup->loaded->err);
}

EmendSession *setup_session(const Setup *setup, EmendModel *model) {
    EmendSession *session = NULL;
    EmendStatus status =
        setup->backend->session_open(setup->self, model, &session, &setup->loaded->err);
    ck_assert_msg(status == EMEND_OK, "%s", setup->loaded->message);
    return session;
}

void scoring_init(Scoring *s, uint64_t seed, uint32_t n, uint32_t want) {
    const EmendRandomKey key = {.seed = seed, .step = 1, .purpose = EMEND_RANDOM_PROBLEM};
    memset(s, 0, sizeof *s);
    fill_tokens(s->tokens, seed, n);
    for (uint32_t i = 0; i < n; i++) {
        s->d_log_probs[i] = emend_random_unit(&key, 3 * i) - 0.5f;
        s->d_entropies[i] = (want & EMEND_WANT_ENTROPY) ? emend_random_unit(&key, 3 * i + 1) : 0;
        s->d_kls[i] = (want & EMEND_WANT_KL) ? emend_random_unit(&key, 3 * i + 2) : 0;
    }
    s->range = (EmendScoredRange){1, n, 0.8f, want};
    s->sequence = (EmendSequence){.struct_size = sizeof(EmendSequence),
                                  .n_ranges = 1,
                                  .tokens = s->tokens,
                                  .n_tokens = n,
                                  .ranges = &s->range,
                                  .log_probs = s->log_probs,
                                  .entropies = s->entropies,
                                  .kls = s->kls};
    s->coefficients = (EmendCoefficients){.struct_size = sizeof(EmendCoefficients),
                                          .d_log_probs = s->d_log_probs,
                                          .d_entropies = s->d_entropies,
                                          .d_kls = s->d_kls};
}

EmendStatus setup_forward(const Setup *setup, EmendModel *model, EmendModel *reference, Scoring *s,
                          size_t n, EmendTape **tape) {
    const EmendForwardArgs args = {.struct_size = sizeof args,
                                   .sequences = emend_span(&s->sequence, n, sizeof *s),
                                   .reference = reference};
    return setup->backend->forward(setup->self, model, &args, tape, &setup->loaded->err);
}

EmendStatus setup_backward(const Setup *setup, EmendTape *tape, const Scoring *s, size_t n) {
    return setup->backend->backward(setup->self, tape, emend_span(&s->coefficients, n, sizeof *s),
                                    &setup->loaded->err);
}

EmendStatus setup_step(const Setup *setup, EmendModel *model, uint64_t step, double learning_rate) {
    const EmendOptimizerStep args = {.struct_size = sizeof args,
                                     .step = step,
                                     .learning_rate = learning_rate,
                                     .beta1 = 0.9,
                                     .beta2 = 0.99,
                                     .epsilon = 1e-8,
                                     .weight_decay = 0.01,
                                     .max_grad_norm = 1.0};
    EmendOptimizerResult result = {.struct_size = sizeof result};
    return setup->backend->optimizer_step(setup->self, model, &args, &result, &setup->loaded->err);
}

static float *collect(const Setup *setup, EmendModel *model, int is_gradient, size_t *n) {
    const char *name = NULL;
    float *values = NULL, *gradient = NULL, *all = NULL;
    uint64_t n_tensor = 0;
    *n = 0;
    for (uint64_t i = 0;
         loaded_tensor(setup->loaded, model, i, &name, &values, &gradient, &n_tensor); i++) {
        all = realloc(all, (*n + n_tensor) * sizeof(float));
        ck_assert_ptr_nonnull(all);
        memcpy(all + *n, is_gradient ? gradient : values, n_tensor * sizeof(float));
        *n += n_tensor;
    }
    return all;
}

float *setup_gradient(const Setup *setup, EmendModel *model, size_t *n) {
    return collect(setup, model, 1, n);
}

float *setup_values(const Setup *setup, EmendModel *model, size_t *n) {
    return collect(setup, model, 0, n);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_SETUP_H
#define CPU_SETUP_H
/* Instances of the backend with their own threads, small models, and shorthands for its calls; a
 * call that fails where it must not is a failed test. */
#include "loaded.h"

/* One instance; several may share a Loaded plugin. */
typedef struct Setup {
    Loaded *loaded;
    void *self;
    const EmendBackend *backend;
} Setup;

/* The plugin, loaded; the instance that comes with it stays idle. */
Loaded *setup_plugin(void);
Setup setup_open(Loaded *loaded, uint32_t n_threads, uint32_t chunk_rows);
void setup_close(Setup *setup);

enum { VOCAB = 50, POSITIONS = 160, MAX_NEW = 24 };

/* Two layers, grouped queries, head_dim not hidden / heads; `large` is large enough for its passes
 * to be shared out among threads. */
EmendModelConfig setup_config(int is_tied, int is_large);
EmendModel *setup_model(const Setup *setup, const EmendModelConfig *config, uint64_t seed);

/* One continuation with room for what comes out. */
typedef struct Continuation {
    EmendSampling sampling;
    int32_t tokens[POSITIONS];
    int32_t new_tokens[MAX_NEW];
    float log_probs[MAX_NEW];
} Continuation;

/* Sequence `id` after `parent`, `n` tokens that follow from `seed`, at temperature 0.8; its stream
 * follows from the id. */
void continuation_init(Continuation *c, uint64_t id, uint64_t parent, uint64_t seed, uint32_t n);
/* Samples all of them in one call. */
EmendStatus setup_generate(const Setup *setup, EmendSession *session, Continuation *c, size_t n,
                           const int32_t *stops, size_t n_stops);
EmendSession *setup_session(const Setup *setup, EmendModel *model);

/* A sequence to score: all tokens after the first, in one range. */
typedef struct Scoring {
    EmendSequence sequence;
    EmendScoredRange range;
    EmendCoefficients coefficients;
    int32_t tokens[POSITIONS];
    float log_probs[POSITIONS], entropies[POSITIONS], kls[POSITIONS];
    float d_log_probs[POSITIONS], d_entropies[POSITIONS], d_kls[POSITIONS];
} Scoring;

/* n tokens and coefficients that follow from `seed`. */
void scoring_init(Scoring *s, uint64_t seed, uint32_t n, uint32_t want);
EmendStatus setup_forward(const Setup *setup, EmendModel *model, EmendModel *reference, Scoring *s,
                          size_t n, EmendTape **tape);
EmendStatus setup_backward(const Setup *setup, EmendTape *tape, const Scoring *s, size_t n);
EmendStatus setup_step(const Setup *setup, EmendModel *model, uint64_t step, double learning_rate);

/* All gradients (or values) of a model, one tensor after another; the caller frees. */
float *setup_gradient(const Setup *setup, EmendModel *model, size_t *n);
float *setup_values(const Setup *setup, EmendModel *model, size_t *n);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_BACKEND_H
#define EMEND_BACKEND_H
/* Kind "emend.backend/1": holds models, samples from them, trains them.
 *
 * Two promises make the rest of Emend simple:
 *
 *   - the log-prob that `generate` reports and the one `forward` computes for the same token are
 *     the same bits, whatever the batch, where the backend says EMEND_BACKEND_EXACT;
 *   - `backward` adds in a fixed order: cutting the sequences of a step into several
 *     forward/backward pairs, in the same order, gives the same gradient bits as one, for any
 *     number of threads.
 *
 * Logits z of a token position are divided by the temperature T before the softmax: p =
 * softmax(z/T), log_prob = log p[token], entropy = -sum p log p, KL = sum p (log p - log q) with q
 * the reference's softmax at the same T. All in nats. Logits of a whole batch are never held.
 */
#include "emend/data.h"
#include "emend/random.h"
#include "emend/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EMEND_KIND_BACKEND "emend.backend/1"

typedef struct EmendModel EmendModel;     /* weights, and where trainable gradients and moments */
typedef struct EmendSession EmendSession; /* a KV cache that lives from turn to turn */
typedef struct EmendTape EmendTape;       /* what forward keeps for backward */

/* EmendBackend.flags */
enum {
    EMEND_BACKEND_EXACT = 1u /* generate and forward agree bit for bit */
};

/* EmendModelConfig.flags */
enum {
    EMEND_MODEL_TIED_EMBEDDINGS = 1u /* the output projection is the embedding */
};

/* A Llama-style decoder, under HuggingFace's names: RMSNorm, rotary positions, grouped-query
 * attention, SwiGLU, no biases. Growable. */
typedef struct EmendModelConfig {
    uint32_t struct_size;
    uint32_t flags;
    uint32_t vocab_size;
    uint32_t hidden_size;
    uint32_t intermediate_size;
    uint32_t num_hidden_layers;
    uint32_t num_attention_heads;
    uint32_t num_key_value_heads;
    uint32_t head_dim;
    uint32_t max_position_embeddings;
    double rope_theta;
    double rms_norm_eps;
    double initializer_range; /* standard deviation of fresh weights */
} EmendModelConfig;

/* EmendModelSource.flags and the flags of model_clone, model_save */
enum {
    EMEND_MODEL_FROZEN = 1u,   /* never trained: no gradients, no moments */
    EMEND_MODEL_OPTIMIZER = 2u /* with the optimizer's moments: the folder of a checkpoint */
};

/* Where a model comes from. Growable. */
typedef struct EmendModelSource {
    uint32_t struct_size;
    uint32_t flags;                 /* EMEND_MODEL_* */
    EmendStr dir;                   /* a HuggingFace folder; empty: a fresh model */
    const EmendModelConfig *config; /* of a fresh model; NULL otherwise */
    uint64_t seed;                  /* of a fresh model's weights (EMEND_RANDOM_INIT) */
} EmendModelSource;

/* What a model is and takes. Growable. */
typedef struct EmendModelInfo {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t n_parameters; /* tied weights counted once */
    uint64_t n_bytes;      /* held for it now: weights, gradients, moments */
    EmendModelConfig
        config; /* the last member for good: it grows, and nothing may move behind it */
} EmendModelInfo;

#define EMEND_NO_SEQUENCE UINT64_MAX

/* How a sequence ended. */
enum {
    EMEND_FINISH_STOP = 1,  /* a stop token was sampled; it is the last new token */
    EMEND_FINISH_LENGTH = 2 /* max_new_tokens, or the model's positions, ran out */
};

/* One continuation to sample. Growable; walked by stride, written by the backend. */
typedef struct EmendSampling {
    uint32_t struct_size;
    uint32_t max_new_tokens;
    uint64_t sequence; /* the name the session keeps the result under; a known one is replaced */
    uint64_t parent;   /* a sequence of this session it continues, or EMEND_NO_SEQUENCE */
    const int32_t *tokens; /* appended after the parent's before sampling */
    uint64_t n_tokens;     /* >= 1 */
    EmendRandomKey key;    /* the i-th new token uses position i of this stream */
    float temperature;     /* > 0; 0 takes the likeliest token, lowest id first among equals */
    float top_p;           /* 1: off. Log-probs are those before the filter */
    uint32_t top_k;        /* 0: off */
    uint32_t n_new_tokens; /* out */
    uint32_t finish;       /* out: EMEND_FINISH_* */
    uint32_t reserved;
    int32_t *new_tokens; /* out: max_new_tokens of room */
    float *log_probs;    /* out: the same; at `temperature`, or at 1 where that is 0 */
} EmendSampling;

/* EmendScoredRange.want, bits */
enum {
    EMEND_WANT_ENTROPY = 1u,
    EMEND_WANT_KL = 2u /* needs a reference */
};

/* Tokens [begin, end) of a sequence, each scored given all tokens before it; begin >= 1. Frozen. */
typedef struct EmendScoredRange {
    uint32_t begin, end;
    float temperature; /* > 0 */
    uint32_t want;     /* EMEND_WANT_* */
} EmendScoredRange;

/* One sequence to score. Outputs are packed: the ranges' tokens one after another, sum of
 * (end - begin) numbers; entries not wanted are 0. Growable. */
typedef struct EmendSequence {
    uint32_t struct_size;
    uint32_t n_ranges;
    const int32_t *tokens;
    uint64_t n_tokens;
    const EmendScoredRange *ranges; /* ascending, disjoint */
    float *log_probs;               /* out */
    float *entropies;               /* out; NULL where no range wants it */
    float *kls;                     /* out; NULL where no range wants it */
} EmendSequence;

/* A batch to score. Growable. */
typedef struct EmendForwardArgs {
    uint32_t struct_size;
    uint32_t reserved;
    EmendSpan sequences;   /* of EmendSequence */
    EmendModel *reference; /* for KL; NULL where no range wants it */
} EmendForwardArgs;

/* Coefficients of one sequence, packed like its outputs. A NULL array is all zero. Growable. */
typedef struct EmendCoefficients {
    uint32_t struct_size;
    uint32_t reserved;
    const float *d_log_probs; /* dL/dlog_prob */
    const float *d_entropies; /* dL/dentropy */
    const float *d_kls;       /* dL/dKL */
} EmendCoefficients;

/* One AdamW step (Loshchilov and Hutter, arXiv 1711.05101): the gradient is scaled to max_grad_norm
 * where its global norm is above it; decay is decoupled and applies to matrices, not to norms.
 * Growable. */
typedef struct EmendOptimizerStep {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t step; /* from 1, for the bias correction */
    double learning_rate, beta1, beta2, epsilon, weight_decay;
    double max_grad_norm; /* 0: no clipping */
} EmendOptimizerStep;

/* Growable. */
typedef struct EmendOptimizerResult {
    uint32_t struct_size;
    uint32_t is_clipped;
    double grad_norm; /* before clipping */
} EmendOptimizerResult;

typedef struct EmendBackend {
    uint32_t struct_size;
    uint32_t flags; /* EMEND_BACKEND_* */

    /* One line for people: device, instruction set, threads. Needed length as snprintf. [any] */
    uint64_t (*describe)(void *self, char *text, uint64_t capacity);

    /* Opens a model from a folder, or makes a fresh one. An unsupported config names the field and
     * the value; a damaged file its path and what is wrong. [control] */
    EmendStatus (*model_open)(void *self, const EmendModelSource *source, EmendModel **out,
                              EmendError *err);
    /* A copy with the same weights, independent from then on. flags: EMEND_MODEL_*. [control] */
    EmendStatus (*model_clone)(void *self, const EmendModel *model, uint32_t flags,
                               EmendModel **out, EmendError *err);
    /* Writes config.json and model.safetensors, and with EMEND_MODEL_OPTIMIZER the moments, into an
     * existing folder. Weights keep their bits. The host syncs and renames. [control] */
    EmendStatus (*model_save)(void *self, const EmendModel *model, EmendStr dir, uint32_t flags,
                              EmendError *err);
    /* Fills *out, whose struct_size the host has set, up to that size. [control] */
    EmendStatus (*model_info)(void *self, const EmendModel *model, EmendModelInfo *out,
                              EmendError *err);
    /* NULL is allowed. Its sessions and tapes are gone before. [control] */
    void (*model_close)(void *self, EmendModel *model);

    /* A session samples from one model, whose weights must not change while it is open. [control]
     */
    EmendStatus (*session_open)(void *self, EmendModel *model, EmendSession **out, EmendError *err);
    /* Frees the session and its cache; NULL is allowed. [control] */
    void (*session_close)(void *self, EmendSession *session);
    /* Samples every request in one continuous batch; each finds its outputs filled. Requests with
     * the same parent and the same tokens share one reading of them; a parent's tokens are never
     * read again.
     *
     * requests  of EmendSampling
     * stops     ids that end a sequence
     *
     * A prompt longer than the model's positions is EMEND_OUT_OF_RANGE and names the request.
     * [control] */
    EmendStatus (*generate)(void *self, EmendSession *session, EmendSpan requests,
                            const int32_t *stops, uint64_t n_stops, EmendError *err);

    /* Scores a batch. With `tape`, keeps what backward needs; *tape is the caller's until
     * tape_release. NULL: only the numbers. [control] */
    EmendStatus (*forward)(void *self, EmendModel *model, const EmendForwardArgs *args,
                           EmendTape **tape, EmendError *err);
    /* Adds the gradient of sum(coefficient * number) to the model's gradient. Once for each tape.
     *
     * coefficients  of EmendCoefficients, one for each sequence of the forward, in that order
     *
     * [control] */
    EmendStatus (*backward)(void *self, EmendTape *tape, EmendSpan coefficients, EmendError *err);
    /* NULL is allowed. [control] */
    void (*tape_release)(void *self, EmendTape *tape);

    /* Updates the weights from the gradient and zeroes it. A gradient that is not finite is
     * EMEND_ABORTED, names the tensor, zeroes the gradient and leaves weights and moments as they
     * were. [control] */
    EmendStatus (*optimizer_step)(void *self, EmendModel *model, const EmendOptimizerStep *args,
                                  EmendOptimizerResult *out, EmendError *err);

    /* An optional ability by id ("emend.backend.lora/1"), or NULL. Static. [any] */
    const void *(*extension)(void *self, const char *id);
} EmendBackend;

/* Extension "emend.backend.gradients/1": the gradient and the weights by name, for tests and tools.
 */
#define EMEND_BACKEND_GRADIENTS "emend.backend.gradients/1"
typedef struct EmendBackendGradients {
    uint32_t struct_size;
    uint32_t reserved;
    /* The i-th parameter tensor: its HuggingFace name (static while the model is open), its values
     * and its gradient (NULL where frozen), both row-major, n floats. EMEND_OUT_OF_RANGE past the
     * last. Writing the values is allowed between calls. [control] */
    EmendStatus (*tensor)(void *self, EmendModel *model, uint64_t i, const char **name,
                          float **values, float **gradient, uint64_t *n, EmendError *err);
    /* Tells the backend that values were written through `tensor`, so that it can repack what it
     * derives from them; call it before the next forward or generate. [control] */
    EmendStatus (*values_changed)(void *self, EmendModel *model, EmendError *err);
} EmendBackendGradients;

EMEND_STATIC_ASSERT(sizeof(EmendModelConfig) == 64 && sizeof(EmendModelSource) == 40 &&
                        sizeof(EmendModelInfo) == 88,
                    "no tail padding");
EMEND_STATIC_ASSERT(sizeof(EmendSampling) == 104 && offsetof(EmendSampling, key) == 40 &&
                        sizeof(EmendScoredRange) == 16 && sizeof(EmendSequence) == 56,
                    "no tail padding");
EMEND_STATIC_ASSERT(sizeof(EmendForwardArgs) == 40 && sizeof(EmendCoefficients) == 32 &&
                        sizeof(EmendOptimizerStep) == 64 && sizeof(EmendOptimizerResult) == 16,
                    "no tail padding");
EMEND_STATIC_ASSERT(sizeof(EmendBackend) == EMEND_END_OF(EmendBackend, extension) &&
                        sizeof(EmendBackend) == 120,
                    "layout of revision 1");

#ifdef __cplusplus
}
#endif
#endif

#ifndef MODEL_H
#define MODEL_H
/* What the files of this backend share: a model in memory, and what its rows leave behind. A row is
 * what the decoder computes for one token at one position. */
#include "emend/backend.h"
#include "emend/host.h"
#include <stdbool.h>

/* The instance. */
typedef struct Backend {
    const EmendHost *host;
    double init_scale; /* config.proto */
} Backend;

/* One parameter: rows x columns, row-major, at `offset` floats into each of the model's blocks. */
typedef struct Tensor {
    char name[64]; /* HuggingFace's: "model.layers.0.self_attn.q_proj.weight" */
    uint32_t rows, columns;
    bool is_vector; /* a norm's weight, 1 x columns: not decayed, saved with one dimension */
    size_t offset;
} Tensor;

/* Offsets of a layer's weights. Keys and values follow one another, and so do gate and up: each
 * pair is one matrix in products. */
typedef struct Layer {
    size_t input_norm, q, kv, o, post_norm, gate_up, down;
} Layer;

struct EmendModel {
    const Backend *backend;
    EmendModelConfig config;
    size_t hidden, inner, vocab, head_dim;
    size_t q_dim, kv_dim; /* of one token: all queries; its keys and its values */
    uint32_t n_tensors;
    Tensor *tensors;
    Layer *layers;
    size_t embedding, final_norm, head; /* offsets */
    size_t n_floats;
    float *weights;                         /* the block of all that follow */
    float *gradients, *moments1, *moments2; /* NULL where frozen */
    float *rotary;    /* of each position: head_dim / 2 cosines, then as many sines */
    uint64_t version; /* rises whenever the weights change */
};

/* model.c */

/* Zeroed memory of the host's, to be freed there; at least one byte. */
EmendStatus backend_take(const Backend *backend, size_t n, size_t size, const char *what,
                         void **out, EmendError *err);

/* A part of a block: `*at` gets its address. */
typedef struct Part {
    float **at;
    size_t n_floats;
} Part;

/* One zeroed block for all parts, begun by the first. */
EmendStatus backend_take_parts(const Backend *backend, const Part *parts, size_t n_parts,
                               const char *what, EmendError *err);

/* Refuses what cannot be run, naming field and value; derives what 0 leaves open. */
EmendStatus model_config_check(EmendModelConfig *config, EmendError *err);
/* A model of a checked config with zero weights; flags: EMEND_MODEL_FROZEN or 0. */
EmendStatus model_create(const Backend *backend, const EmendModelConfig *config, uint32_t flags,
                         EmendModel **out, EmendError *err);
/* Refuses ids past the vocabulary; the message calls the place "CALL: token t of WHAT i". */
EmendStatus model_check_tokens(const EmendModel *model, const int32_t *tokens, uint64_t n,
                               const char *call, const char *what, size_t i, EmendError *err);
size_t tensor_floats(const Tensor *tensor);

/* folder.c: HuggingFace's config.json and model.safetensors; optimizer.safetensors for moments. */
EmendStatus folder_read(const Backend *backend, EmendStr dir, uint32_t flags, EmendModel **out,
                        EmendError *err);
EmendStatus folder_write(const EmendModel *model, EmendStr dir, uint32_t flags, EmendError *err);

/* decoder.c */

/* The activations of one sequence. Keys and values are kept for every position, which is all that
 * later rows read; the rest too where is_whole, which is what backward reads. */
typedef struct Trace {
    const EmendModel *model;
    size_t n_positions;
    bool is_whole;
    float *x; /* a layer's input; after the last layer, its output. The block of all that follow */
    float *middle;             /* x and attention */
    float *q, *kv;             /* queries; keys, then values; rotated */
    float *attended;           /* what attention gives */
    float *gate_up;            /* before SwiGLU */
    float *normed, *activated; /* of the row at hand */
    float *attention;          /* n_positions weights of the row and head at hand */
} Trace;

/* Where a trace holds the activations of one layer and position. */
typedef struct Row {
    float *x, *middle, *q, *kv, *attended, *gate_up, *out;
} Row;

EmendStatus trace_init(Trace *trace, const EmendModel *model, size_t n_positions, bool is_whole,
                       EmendError *err);
void trace_finish(Trace *trace);
Row trace_row(const Trace *trace, size_t layer, size_t position);

/* Reads a token: computes its row of every layer. Rows of all earlier positions were computed. */
void decoder_row(const Trace *trace, uint32_t token, size_t position);
/* The final norm of the row computed last, or of any where the trace is whole. */
void decoder_final_norm(const Trace *trace, size_t position, float *hidden);
/* The logits of what the final norm gave. */
void decoder_logits(const EmendModel *model, const float *hidden, float *z);

/* The pieces that backward takes again. */
float rms_norm(const float *x, const float *w, float eps, float *y, size_t n);
void rotate(const EmendModel *model, size_t position, float sign, float *heads, size_t n_floats);
void attention_weights(const EmendModel *model, const float *q, const float *keys, size_t n,
                       float *weights);
void swiglu(const float *gate_up, float *activated, size_t n);

/* log_probs = log softmax(scale * z); may be z. False where they are not finite. */
bool log_softmax(const float *z, float scale, float *log_probs, size_t n);

/* forward.c */

/* A token to score, and the numbers it is given. */
typedef struct Scored {
    uint32_t token, want;
    size_t position; /* of the row that predicts it */
    float scale;     /* 1 / temperature */
    float log_prob, entropy, kl;
} Scored;

/* Turns the logits z, and the reference's q (NULL: no KL), into log-probs; fills in the numbers. */
void score_row(Scored *scored, float *z, float *q, size_t vocab);

/* One sequence of a batch that was scored. */
typedef struct TapeSequence {
    size_t n_rows, n_scored;
    uint32_t *tokens; /* n_rows */
    Scored *scored;
    bool wants_kl;
    Trace trace;
    float *reference_hidden; /* the reference's final norm at each scored token */
} TapeSequence;

struct EmendTape {
    EmendModel *model, *reference;
    uint64_t version, reference_version; /* of the weights that were run */
    size_t n_sequences;
    TapeSequence *sequences;
    bool is_used;
};

/* The operations of the backend's table, under its names and to its words (emend/backend.h): models
 * in model.c, sessions in generate.c, tapes in forward.c, the others in the files of their name. */
EmendStatus model_open(void *self, const EmendModelSource *source, EmendModel **out,
                       EmendError *err);
EmendStatus model_clone(void *self, const EmendModel *model, uint32_t flags, EmendModel **out,
                        EmendError *err);
EmendStatus model_save(void *self, const EmendModel *model, EmendStr dir, uint32_t flags,
                       EmendError *err);
EmendStatus model_info(void *self, const EmendModel *model, EmendModelInfo *out, EmendError *err);
void model_close(void *self, EmendModel *model);
EmendStatus session_open(void *self, EmendModel *model, EmendSession **out, EmendError *err);
void session_close(void *self, EmendSession *session);
EmendStatus generate(void *self, EmendSession *session, EmendSpan requests, const int32_t *stops,
                     uint64_t n_stops, EmendError *err);
EmendStatus forward(void *self, EmendModel *model, const EmendForwardArgs *args, EmendTape **out,
                    EmendError *err);
EmendStatus backward(void *self, EmendTape *tape, EmendSpan coefficients, EmendError *err);
void tape_release(void *self, EmendTape *tape);
EmendStatus optimizer_step(void *self, EmendModel *model, const EmendOptimizerStep *args,
                           EmendOptimizerResult *out, EmendError *err);

#endif

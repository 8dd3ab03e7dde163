/* SPDX-License-Identifier: Apache-2.0 */
#include "check/backend/reference.h"
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *take(size_t n, size_t size) {
    void *block = calloc(n > 0 ? n : 1, size);
    if (!block) {
        abort();
    }
    return block;
}

// ---- the weights

static void add(Reference *reference, size_t rows, size_t columns, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void add(Reference *reference, size_t rows, size_t columns, const char *format, ...) {
    ReferenceTensor *tensor = &reference->tensors[reference->n_tensors++];
    va_list args;
    va_start(args, format);
    vsnprintf(tensor->name, sizeof tensor->name, format, args);
    va_end(args);
    tensor->rows = rows;
    tensor->columns = columns;
    tensor->values = take(rows * columns, sizeof(double));
}

Reference *reference_create(const EmendModelConfig *config) {
    Reference *reference = take(1, sizeof *reference);
    reference->config = *config;
    reference->tensors = take(3 + 9 * (size_t)config->num_hidden_layers, sizeof(ReferenceTensor));

    size_t hidden = config->hidden_size, inner = config->intermediate_size;
    size_t q_size = (size_t)config->num_attention_heads * config->head_dim;
    size_t kv_size = (size_t)config->num_key_value_heads * config->head_dim;
    add(reference, config->vocab_size, hidden, "model.embed_tokens.weight");
    for (unsigned l = 0; l < config->num_hidden_layers; l++) {
        add(reference, 1, hidden, "model.layers.%u.input_layernorm.weight", l);
        add(reference, q_size, hidden, "model.layers.%u.self_attn.q_proj.weight", l);
        add(reference, kv_size, hidden, "model.layers.%u.self_attn.k_proj.weight", l);
        add(reference, kv_size, hidden, "model.layers.%u.self_attn.v_proj.weight", l);
        add(reference, hidden, q_size, "model.layers.%u.self_attn.o_proj.weight", l);
        add(reference, 1, hidden, "model.layers.%u.post_attention_layernorm.weight", l);
        add(reference, inner, hidden, "model.layers.%u.mlp.gate_proj.weight", l);
        add(reference, inner, hidden, "model.layers.%u.mlp.up_proj.weight", l);
        add(reference, hidden, inner, "model.layers.%u.mlp.down_proj.weight", l);
    }
    add(reference, 1, hidden, "model.norm.weight");
    if (!(config->flags & EMEND_MODEL_TIED_EMBEDDINGS)) {
        add(reference, config->vocab_size, hidden, "lm_head.weight");
    }
    return reference;
}

void reference_destroy(Reference *reference) {
    if (!reference) {
        return;
    }
    for (size_t i = 0; i < reference->n_tensors; i++) {
        free(reference->tensors[i].values);
    }
    free(reference->tensors);
    free(reference);
}

void reference_copy(Reference *to, const Reference *from) {
    for (size_t i = 0; i < to->n_tensors; i++) {
        const ReferenceTensor *tensor = &from->tensors[i];
        memcpy(to->tensors[i].values, tensor->values,
               tensor->rows * tensor->columns * sizeof(double));
    }
}

ReferenceTensor *reference_tensor(const Reference *reference, const char *name) {
    for (size_t i = 0; i < reference->n_tensors; i++) {
        if (strcmp(reference->tensors[i].name, name) == 0) {
            return &reference->tensors[i];
        }
    }
    return NULL;
}

static const ReferenceTensor *layer_tensor(const Reference *reference, unsigned layer,
                                           const char *part) {
    char name[64];
    snprintf(name, sizeof name, "model.layers.%u.%s.weight", layer, part);
    const ReferenceTensor *tensor = reference_tensor(reference, name);
    assert(tensor);
    return tensor;
}

// ---- the decoder: every function takes one token's vector, but attend

/* y = W x */
static void multiply(const ReferenceTensor *w, const double *x, double *y) {
    for (size_t row = 0; row < w->rows; row++) {
        y[row] = 0.0;
        for (size_t column = 0; column < w->columns; column++) {
            y[row] += w->values[row * w->columns + column] * x[column];
        }
    }
}

static void rms_norm(const ReferenceTensor *w, double eps, const double *x, double *y) {
    double mean_square = 0.0;
    for (size_t i = 0; i < w->columns; i++) {
        mean_square += x[i] * x[i] / (double)w->columns;
    }
    for (size_t i = 0; i < w->columns; i++) {
        y[i] = w->values[i] * x[i] / sqrt(mean_square + eps);
    }
}

/* Rotates the plane (i, i + d/2) of each head by position * theta^(-2i/d). */
static void rotate(double *x, size_t n_heads, size_t head_dim, double theta, size_t position) {
    for (size_t i = 0; i < head_dim / 2; i++) {
        double angle = (double)position * pow(theta, -2.0 * (double)i / (double)head_dim);
        for (size_t head = 0; head < n_heads; head++) {
            double *a = &x[head * head_dim + i], *b = a + head_dim / 2, a_before = *a;
            *a = a_before * cos(angle) - *b * sin(angle);
            *b = *b * cos(angle) + a_before * sin(angle);
        }
    }
}

/* Turns n numbers into their softmax; returns log sum exp. */
static double softmax(double *x, size_t n) {
    double max = -INFINITY, sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        max = fmax(max, x[i]);
    }
    for (size_t i = 0; i < n; i++) {
        sum += exp(x[i] - max);
    }
    for (size_t i = 0; i < n; i++) {
        x[i] = exp(x[i] - max) / sum;
    }
    return max + log(sum);
}

/* One head's answer to the query of position t from keys and values of 0 .. t. */
static void attend(const double *query, const double *keys, const double *values, size_t stride,
                   size_t t, size_t head_dim, double *weights, double *out) {
    for (size_t j = 0; j <= t; j++) {
        weights[j] = 0.0;
        for (size_t i = 0; i < head_dim; i++) {
            weights[j] += query[i] * keys[j * stride + i] / sqrt((double)head_dim);
        }
    }
    softmax(weights, t + 1);
    for (size_t i = 0; i < head_dim; i++) {
        out[i] = 0.0;
        for (size_t j = 0; j <= t; j++) {
            out[i] += weights[j] * values[j * stride + i];
        }
    }
}

static void attention_half(const Reference *r, unsigned layer, double *x, size_t n_tokens) {
    size_t hidden = r->config.hidden_size, head_dim = r->config.head_dim;
    size_t heads = r->config.num_attention_heads, kv_heads = r->config.num_key_value_heads;
    size_t q_size = heads * head_dim, kv_size = kv_heads * head_dim;
    double *normed = take(hidden, sizeof *normed), *query = take(q_size, sizeof *query);
    double *keys = take(n_tokens * kv_size, sizeof *keys);
    double *values = take(n_tokens * kv_size, sizeof *values);
    double *weights = take(n_tokens, sizeof *weights), *answer = take(q_size, sizeof *answer);
    double *change = take(hidden, sizeof *change);

    for (size_t t = 0; t < n_tokens; t++) {
        double *key = keys + t * kv_size, *value = values + t * kv_size;
        rms_norm(layer_tensor(r, layer, "input_layernorm"), r->config.rms_norm_eps, x + t * hidden,
                 normed);
        multiply(layer_tensor(r, layer, "self_attn.q_proj"), normed, query);
        multiply(layer_tensor(r, layer, "self_attn.k_proj"), normed, key);
        multiply(layer_tensor(r, layer, "self_attn.v_proj"), normed, value);
        rotate(query, heads, head_dim, r->config.rope_theta, t);
        rotate(key, kv_heads, head_dim, r->config.rope_theta, t);
        for (size_t head = 0; head < heads; head++) {
            size_t kv_head = head / (heads / kv_heads);
            attend(query + head * head_dim, keys + kv_head * head_dim, values + kv_head * head_dim,
                   kv_size, t, head_dim, weights, answer + head * head_dim);
        }
        multiply(layer_tensor(r, layer, "self_attn.o_proj"), answer, change);
        for (size_t i = 0; i < hidden; i++) {
            x[t * hidden + i] += change[i];
        }
    }
    free(normed);
    free(query);
    free(keys);
    free(values);
    free(weights);
    free(answer);
    free(change);
}

static void feed_forward_half(const Reference *r, unsigned layer, double *x, size_t n_tokens) {
    size_t hidden = r->config.hidden_size, inner = r->config.intermediate_size;
    double *normed = take(hidden, sizeof *normed), *change = take(hidden, sizeof *change);
    double *gate = take(inner, sizeof *gate), *up = take(inner, sizeof *up);

    for (size_t t = 0; t < n_tokens; t++) {
        rms_norm(layer_tensor(r, layer, "post_attention_layernorm"), r->config.rms_norm_eps,
                 x + t * hidden, normed);
        multiply(layer_tensor(r, layer, "mlp.gate_proj"), normed, gate);
        multiply(layer_tensor(r, layer, "mlp.up_proj"), normed, up);
        for (size_t i = 0; i < inner; i++) {
            up[i] *= gate[i] / (1.0 + exp(-gate[i]));
        }
        multiply(layer_tensor(r, layer, "mlp.down_proj"), up, change);
        for (size_t i = 0; i < hidden; i++) {
            x[t * hidden + i] += change[i];
        }
    }
    free(normed);
    free(change);
    free(gate);
    free(up);
}

double *reference_logits(const Reference *r, const int32_t *tokens, size_t n_tokens) {
    size_t hidden = r->config.hidden_size, vocab = r->config.vocab_size;
    const ReferenceTensor *embedding = reference_tensor(r, "model.embed_tokens.weight");
    const ReferenceTensor *head = reference_tensor(r, "lm_head.weight");
    double *x = take(n_tokens * hidden, sizeof *x), *normed = take(hidden, sizeof *normed);
    double *logits = take(n_tokens * vocab, sizeof *logits);

    for (size_t t = 0; t < n_tokens; t++) {
        memcpy(x + t * hidden, embedding->values + (size_t)tokens[t] * hidden,
               hidden * sizeof(double));
    }
    for (unsigned layer = 0; layer < r->config.num_hidden_layers; layer++) {
        attention_half(r, layer, x, n_tokens);
        feed_forward_half(r, layer, x, n_tokens);
    }
    for (size_t t = 0; t < n_tokens; t++) {
        rms_norm(reference_tensor(r, "model.norm.weight"), r->config.rms_norm_eps, x + t * hidden,
                 normed);
        multiply(head ? head : embedding, normed, logits + t * vocab);
    }
    free(x);
    free(normed);
    return logits;
}

// ---- the loss

static double *scaled(const double *logits, size_t n, double temperature) {
    double *z = take(n, sizeof *z);
    for (size_t i = 0; i < n; i++) {
        z[i] = logits[i] / temperature;
    }
    return z;
}

ReferenceScore reference_score(const double *logits, const double *base, size_t vocab_size,
                               int32_t token, double temperature) {
    ReferenceScore score = {0};
    double *p = scaled(logits, vocab_size, temperature);
    double *q = scaled(base ? base : logits, vocab_size, temperature);
    double p_log_sum = softmax(p, vocab_size), q_log_sum = softmax(q, vocab_size);

    score.log_prob = logits[token] / temperature - p_log_sum;
    for (size_t v = 0; v < vocab_size; v++) {
        double log_p = logits[v] / temperature - p_log_sum;
        double log_q = (base ? base : logits)[v] / temperature - q_log_sum;
        score.entropy -= p[v] * log_p;
        score.kl += p[v] * (log_p - log_q);
    }
    free(p);
    free(q);
    return score;
}

static double sequence_loss(const Reference *policy, const Reference *base,
                            const EmendSequence *sequence, const EmendCoefficients *c) {
    size_t vocab = policy->config.vocab_size, at = 0;
    double loss = 0.0;
    double *logits = reference_logits(policy, sequence->tokens, sequence->n_tokens);
    double *base_logits =
        base ? reference_logits(base, sequence->tokens, sequence->n_tokens) : NULL;

    for (uint32_t i = 0; i < sequence->n_ranges; i++) {
        const EmendScoredRange *range = &sequence->ranges[i];
        for (uint32_t t = range->begin; t < range->end; t++, at++) {
            size_t row = (size_t)(t - 1) * vocab;
            bool wants_kl = base && (range->want & EMEND_WANT_KL);
            ReferenceScore score =
                reference_score(logits + row, wants_kl ? base_logits + row : NULL, vocab,
                                sequence->tokens[t], (double)range->temperature);
            loss += c->d_log_probs ? (double)c->d_log_probs[at] * score.log_prob : 0.0;
            loss += c->d_entropies ? (double)c->d_entropies[at] * score.entropy : 0.0;
            loss += c->d_kls ? (double)c->d_kls[at] * score.kl : 0.0;
        }
    }
    free(logits);
    free(base_logits);
    return loss;
}

double reference_loss(const Reference *policy, const Reference *base,
                      const EmendSequence *sequences, const EmendCoefficients *coefficients,
                      size_t n_sequences) {
    double loss = 0.0;
    for (size_t i = 0; i < n_sequences; i++) {
        loss += sequence_loss(policy, base, &sequences[i], &coefficients[i]);
    }
    return loss;
}

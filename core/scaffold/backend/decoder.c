/* The decoder, row by row. Sampling and scoring both go through decoder_row(), decoder_logits() and
 * log_softmax(): that is why their log-probs are equal to the bit. Whatever takes their place must
 * compute a row in the same order however many rows it computes at once. */
#include "model.h"
#include <math.h>
#include <string.h>

/* --- the arithmetic --- */

/* The order of the sum is part of the promise: the same for every row, everywhere. */
static float dot(const float *a, const float *b, size_t n) {
    float sums[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        for (size_t j = 0; j < 8; j++) {
            sums[j] += a[i + j] * b[i + j];
        }
    }
    for (size_t j = 0; i + j < n; j++) {
        sums[j] += a[i + j] * b[i + j];
    }
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
           ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

/* y = residual + W x, W rows x columns; residual may be NULL. Most of the time goes here. */
static void multiply(const float *w, const float *x, const float *residual, float *y, size_t rows,
                     size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        y[r] = (residual ? residual[r] : 0.0f) + dot(w + r * columns, x, columns);
    }
}

/* y = x * r * w; returns r = 1 / sqrt(mean of x^2 + eps) (arXiv 1910.07467). */
float rms_norm(const float *x, const float *w, float eps, float *y, size_t n) {
    float r = 1.0f / sqrtf(dot(x, x, n) / (float)n + eps);
    for (size_t i = 0; i < n; i++) {
        y[i] = x[i] * r * w[i];
    }
    return r;
}

/* Rotary positions, HuggingFace's pairing: x_i with x_{i + head_dim/2}. sign -1 rotates back. */
void rotate(const EmendModel *model, size_t position, float sign, float *heads, size_t n_floats) {
    size_t half = model->head_dim / 2;
    const float *cosines = model->rotary + position * model->head_dim, *sines = cosines + half;
    for (float *x = heads; x < heads + n_floats; x += model->head_dim) {
        for (size_t i = 0; i < half; i++) {
            float a = x[i], b = x[half + i];
            x[i] = a * cosines[i] - b * sign * sines[i];
            x[half + i] = b * cosines[i] + a * sign * sines[i];
        }
    }
}

/* softmax(q . k_j / sqrt(head_dim)) over n keys, kv_dim floats apart. */
void attention_weights(const EmendModel *model, const float *q, const float *keys, size_t n,
                       float *weights) {
    float scale = 1.0f / sqrtf((float)model->head_dim);
    float max = -INFINITY, sum = 0.0f;
    for (size_t j = 0; j < n; j++) {
        weights[j] = scale * dot(q, keys + j * model->kv_dim, model->head_dim);
        max = fmaxf(max, weights[j]);
    }
    for (size_t j = 0; j < n; j++) {
        weights[j] = expf(weights[j] - max);
        sum += weights[j];
    }
    for (size_t j = 0; j < n; j++) {
        weights[j] /= sum;
    }
}

/* silu(gate) * up, silu(g) = g / (1 + exp(-g)). */
void swiglu(const float *gate_up, float *activated, size_t n) {
    for (size_t i = 0; i < n; i++) {
        activated[i] = gate_up[i] / (1.0f + expf(-gate_up[i])) * gate_up[n + i];
    }
}

bool log_softmax(const float *z, float scale, float *log_probs, size_t n) {
    float max = -INFINITY;
    double sum = 0.0;
    for (size_t v = 0; v < n; v++) {
        log_probs[v] = z[v] * scale;
        max = fmaxf(max, log_probs[v]);
    }
    for (size_t v = 0; v < n; v++) {
        sum += (double)expf(log_probs[v] - max);
    }
    float log_sum = (float)log(sum);
    for (size_t v = 0; v < n; v++) {
        log_probs[v] = log_probs[v] - max - log_sum;
    }
    return isfinite(max) && isfinite(log_sum);
}

/* --- the decoder --- */

EmendStatus trace_init(Trace *t, const EmendModel *m, size_t n_positions, bool is_whole,
                       EmendError *err) {
    size_t layers = m->config.num_hidden_layers;
    size_t rows = is_whole ? layers * n_positions : 1;
    *t = (Trace){.model = m, .n_positions = n_positions, .is_whole = is_whole};
    const Part parts[] = {{&t->x, (rows + n_positions) * m->hidden},
                          {&t->middle, rows * m->hidden},
                          {&t->q, rows * m->q_dim},
                          {&t->kv, layers * n_positions * m->kv_dim},
                          {&t->attended, rows * m->q_dim},
                          {&t->gate_up, rows * 2 * m->inner},
                          {&t->normed, m->hidden},
                          {&t->activated, m->inner},
                          {&t->attention, n_positions}};
    return backend_take_parts(m->backend, parts, sizeof parts / sizeof parts[0],
                              "the activations of a sequence", err);
}

void trace_finish(Trace *trace) {
    if (trace->model) {
        trace->model->backend->host->free(trace->model->backend->host, trace->x);
    }
    *trace = (Trace){0};
}

Row trace_row(const Trace *t, size_t layer, size_t position) {
    const EmendModel *m = t->model;
    size_t row = t->is_whole ? layer * t->n_positions + position : 0;
    size_t next = t->is_whole ? row + t->n_positions : 0;
    return (Row){.x = t->x + row * m->hidden,
                 .middle = t->middle + row * m->hidden,
                 .q = t->q + row * m->q_dim,
                 .kv = t->kv + (layer * t->n_positions + position) * m->kv_dim,
                 .attended = t->attended + row * m->q_dim,
                 .gate_up = t->gate_up + row * 2 * m->inner,
                 .out = t->x + next * m->hidden};
}

/* One query over the keys and values of all positions up to its own. */
static void attend(const Trace *trace, size_t head, const float *q, const float *first_kv, size_t n,
                   float *out) {
    const EmendModel *m = trace->model;
    size_t per_key = m->config.num_attention_heads / m->config.num_key_value_heads;
    const float *keys = first_kv + head / per_key * m->head_dim;
    const float *values = keys + m->kv_dim / 2;
    attention_weights(m, q, keys, n, trace->attention);
    memset(out, 0, m->head_dim * sizeof(float));
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < m->head_dim; i++) {
            out[i] += trace->attention[j] * values[j * m->kv_dim + i];
        }
    }
}

static void run_layer(const Trace *trace, size_t l, size_t position) {
    const EmendModel *m = trace->model;
    const Layer *layer = &m->layers[l];
    const float *w = m->weights;
    const float *first_kv = trace_row(trace, l, 0).kv;
    float eps = (float)m->config.rms_norm_eps;
    Row row = trace_row(trace, l, position);

    rms_norm(row.x, w + layer->input_norm, eps, trace->normed, m->hidden);
    multiply(w + layer->q, trace->normed, NULL, row.q, m->q_dim, m->hidden);
    multiply(w + layer->kv, trace->normed, NULL, row.kv, m->kv_dim, m->hidden);
    rotate(m, position, 1.0f, row.q, m->q_dim);
    rotate(m, position, 1.0f, row.kv, m->kv_dim / 2);
    for (size_t head = 0; head < m->config.num_attention_heads; head++) {
        size_t at = head * m->head_dim;
        attend(trace, head, row.q + at, first_kv, position + 1, row.attended + at);
    }
    multiply(w + layer->o, row.attended, row.x, row.middle, m->hidden, m->q_dim);

    rms_norm(row.middle, w + layer->post_norm, eps, trace->normed, m->hidden);
    multiply(w + layer->gate_up, trace->normed, NULL, row.gate_up, 2 * m->inner, m->hidden);
    swiglu(row.gate_up, trace->activated, m->inner);
    multiply(w + layer->down, trace->activated, row.middle, row.out, m->hidden, m->inner);
}

void decoder_row(const Trace *trace, uint32_t token, size_t position) {
    const EmendModel *m = trace->model;
    memcpy(trace_row(trace, 0, position).x, m->weights + m->embedding + token * m->hidden,
           m->hidden * sizeof(float));
    for (size_t l = 0; l < m->config.num_hidden_layers; l++) {
        run_layer(trace, l, position);
    }
}

void decoder_final_norm(const Trace *trace, size_t position, float *hidden) {
    const EmendModel *m = trace->model;
    Row last = trace_row(trace, m->config.num_hidden_layers - 1, position);
    rms_norm(last.out, m->weights + m->final_norm, (float)m->config.rms_norm_eps, hidden,
             m->hidden);
}

void decoder_logits(const EmendModel *model, const float *hidden, float *z) {
    multiply(model->weights + model->head, hidden, NULL, z, model->vocab, model->hidden);
}

/* Gradients: sequence by sequence, and in a sequence from the head down, layer by layer. Every sum
 * over tokens goes in the order of the tokens, so that cutting a batch between sequences changes no
 * bit. In names, d is the derivative of the loss: dx is dL/dx. */
#include "model.h"
#include <math.h>
#include <string.h>

/* Working memory, for the longest sequence of a tape. */
typedef struct Work {
    float *dx;       /* of every row: at the output of the layer at hand, then at its input */
    float *dq, *dkv; /* of every row */
    float *z, *q;    /* the rest: of the row at hand. Logits of policy and reference */
    float *normed, *dnormed, *activated, *dactivated, *dgate_up, *dattended;
    float *weights, *dscores; /* of attention, by position */
} Work;

/* Numbers to multiply the gradients of one scored token with. */
typedef struct Coefficients {
    float log_prob, entropy, kl;
} Coefficients;

/* For y = W x: dx += W^T dy (NULL: not wanted), dW += dy x^T. */
static void multiply_back(const float *restrict w, const float *restrict x,
                          const float *restrict dy, float *restrict dx, float *restrict dw,
                          size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < columns; c++) {
            dx[c] += dy[r] * w[r * columns + c];
            dw[r * columns + c] += dy[r] * x[c];
        }
    }
}

/* Adds to dx and dw; r is what rms_norm() returned. */
static void rms_norm_back(const float *x, const float *w, float r, const float *dy, float *dx,
                          float *dw, size_t n) {
    float sum = 0.0f;
    for (size_t i = 0; i < n; i++) {
        sum += dy[i] * w[i] * x[i];
    }
    float share = r * r * sum / (float)n;
    for (size_t i = 0; i < n; i++) {
        dx[i] += r * (dy[i] * w[i] - x[i] * share);
        dw[i] += dy[i] * x[i] * r;
    }
}

static void swiglu_back(const float *gate_up, const float *dactivated, float *dgate_up, size_t n) {
    for (size_t i = 0; i < n; i++) {
        float gate = gate_up[i], up = gate_up[n + i];
        float sigmoid = 1.0f / (1.0f + expf(-gate));
        dgate_up[i] = dactivated[i] * up * sigmoid * (1.0f + gate * (1.0f - sigmoid));
        dgate_up[n + i] = dactivated[i] * gate * sigmoid;
    }
}

/* Overwrites the log-probs z with the gradient at the logits; q: the reference's, or NULL. */
static void logits_back(const Scored *s, const Coefficients *c, float entropy, float *z,
                        const float *q, size_t vocab) {
    for (size_t v = 0; v < vocab; v++) {
        float p = expf(z[v]);
        float slope = -c->log_prob;
        if (p > 0.0f) {
            slope -= c->entropy * (z[v] + entropy);
            slope += q ? c->kl * (z[v] - q[v] - s->kl) : 0.0f;
        }
        z[v] = s->scale * p * slope;
    }
    z[s->token] += s->scale * c->log_prob;
}

static Coefficients coefficients_at(const EmendCoefficients *c, size_t i) {
    return (Coefficients){.log_prob = c->d_log_probs ? c->d_log_probs[i] : 0.0f,
                          .entropy = c->d_entropies ? c->d_entropies[i] : 0.0f,
                          .kl = c->d_kls ? c->d_kls[i] : 0.0f};
}

/* From the coefficients of the i-th scored token to dx of its row. */
static void head_back(const EmendTape *tape, const TapeSequence *s, size_t i, Coefficients c,
                      const Work *at) {
    const EmendModel *m = tape->model;
    Scored scored = s->scored[i];
    Row last = trace_row(&s->trace, m->config.num_hidden_layers - 1, scored.position);
    float *q = NULL;
    float r = rms_norm(last.out, m->weights + m->final_norm, (float)m->config.rms_norm_eps,
                       at->normed, m->hidden);
    decoder_logits(m, at->normed, at->z);
    if (c.kl != 0.0f) {
        q = at->q;
        decoder_logits(tape->reference, s->reference_hidden + i * tape->reference->hidden, q);
    }
    scored.want |= EMEND_WANT_ENTROPY;
    score_row(&scored, at->z, q, m->vocab);
    logits_back(&scored, &c, scored.entropy, at->z, q, m->vocab);

    memset(at->dnormed, 0, m->hidden * sizeof(float));
    multiply_back(m->weights + m->head, at->normed, at->z, at->dnormed, m->gradients + m->head,
                  m->vocab, m->hidden);
    rms_norm_back(last.out, m->weights + m->final_norm, r, at->dnormed,
                  at->dx + scored.position * m->hidden, m->gradients + m->final_norm, m->hidden);
}

/* Through the feed-forward of one row: dx of the layer's output becomes dx of `middle`. */
static void feed_forward_back(const EmendModel *m, const Layer *layer, const Row *row, float *dx,
                              const Work *at) {
    const float *w = m->weights;
    float *dw = m->gradients;
    float r = rms_norm(row->middle, w + layer->post_norm, (float)m->config.rms_norm_eps, at->normed,
                       m->hidden);
    swiglu(row->gate_up, at->activated, m->inner);
    memset(at->dactivated, 0, m->inner * sizeof(float));
    multiply_back(w + layer->down, at->activated, dx, at->dactivated, dw + layer->down, m->hidden,
                  m->inner);
    swiglu_back(row->gate_up, at->dactivated, at->dgate_up, m->inner);
    memset(at->dnormed, 0, m->hidden * sizeof(float));
    multiply_back(w + layer->gate_up, at->normed, at->dgate_up, at->dnormed, dw + layer->gate_up,
                  2 * m->inner, m->hidden);
    rms_norm_back(row->middle, w + layer->post_norm, r, at->dnormed, dx, dw + layer->post_norm,
                  m->hidden);
}

/* One head of one query: adds to dq, and to the dkv of every position up to its own. */
static void attention_back(const EmendModel *m, size_t head, const float *q, const float *first_kv,
                           size_t n, const float *dout, float *dq, const Work *at) {
    size_t per_key = m->config.num_attention_heads / m->config.num_key_value_heads;
    size_t key = head / per_key * m->head_dim, value = key + m->kv_dim / 2;
    float scale = 1.0f / sqrtf((float)m->head_dim), shared = 0.0f;
    attention_weights(m, q, first_kv + key, n, at->weights);
    for (size_t j = 0; j < n; j++) {
        const float *v = first_kv + j * m->kv_dim + value;
        at->dscores[j] = 0.0f;
        for (size_t i = 0; i < m->head_dim; i++) {
            at->dscores[j] += dout[i] * v[i];
        }
        shared += at->weights[j] * at->dscores[j];
    }
    for (size_t j = 0; j < n; j++) {
        const float *k = first_kv + j * m->kv_dim + key;
        float *dk = at->dkv + j * m->kv_dim + key, *dv = at->dkv + j * m->kv_dim + value;
        float d = scale * at->weights[j] * (at->dscores[j] - shared);
        for (size_t i = 0; i < m->head_dim; i++) {
            dq[i] += d * k[i];
            dk[i] += d * q[i];
            dv[i] += at->weights[j] * dout[i];
        }
    }
}

/* From dx of `middle` to dq of one row and dkv of those it attends to; dx itself goes on. */
static void attend_back(const EmendModel *m, const TapeSequence *s, size_t l, size_t t,
                        const Work *at) {
    const Layer *layer = &m->layers[l];
    Row row = trace_row(&s->trace, l, t);
    memset(at->dattended, 0, m->q_dim * sizeof(float));
    multiply_back(m->weights + layer->o, row.attended, at->dx + t * m->hidden, at->dattended,
                  m->gradients + layer->o, m->hidden, m->q_dim);
    for (size_t head = 0; head < m->config.num_attention_heads; head++) {
        size_t i = head * m->head_dim;
        attention_back(m, head, row.q + i, trace_row(&s->trace, l, 0).kv, t + 1, at->dattended + i,
                       at->dq + t * m->q_dim + i, at);
    }
}

/* From dq and dkv of one row to dx of the layer's input. */
static void queries_back(const EmendModel *m, const Layer *layer, const Row *row, size_t t,
                         const Work *at) {
    const float *w = m->weights;
    float *dq = at->dq + t * m->q_dim, *dkv = at->dkv + t * m->kv_dim;
    float r = rms_norm(row->x, w + layer->input_norm, (float)m->config.rms_norm_eps, at->normed,
                       m->hidden);
    rotate(m, t, -1.0f, dq, m->q_dim);
    rotate(m, t, -1.0f, dkv, m->kv_dim / 2);
    memset(at->dnormed, 0, m->hidden * sizeof(float));
    multiply_back(w + layer->q, at->normed, dq, at->dnormed, m->gradients + layer->q, m->q_dim,
                  m->hidden);
    multiply_back(w + layer->kv, at->normed, dkv, at->dnormed, m->gradients + layer->kv, m->kv_dim,
                  m->hidden);
    rms_norm_back(row->x, w + layer->input_norm, r, at->dnormed, at->dx + t * m->hidden,
                  m->gradients + layer->input_norm, m->hidden);
}

static void sequence_back(const EmendTape *tape, const TapeSequence *s,
                          const EmendCoefficients *coefficients, const Work *at) {
    const EmendModel *m = tape->model;
    memset(at->dx, 0, s->n_rows * m->hidden * sizeof(float));
    for (size_t i = 0; i < s->n_scored; i++) {
        head_back(tape, s, i, coefficients_at(coefficients, i), at);
    }
    for (size_t l = m->config.num_hidden_layers; l-- > 0;) {
        memset(at->dq, 0, s->n_rows * m->q_dim * sizeof(float));
        memset(at->dkv, 0, s->n_rows * m->kv_dim * sizeof(float));
        for (size_t t = 0; t < s->n_rows; t++) {
            Row row = trace_row(&s->trace, l, t);
            feed_forward_back(m, &m->layers[l], &row, at->dx + t * m->hidden, at);
            attend_back(m, s, l, t, at);
        }
        for (size_t t = 0; t < s->n_rows; t++) {
            Row row = trace_row(&s->trace, l, t);
            queries_back(m, &m->layers[l], &row, t, at);
        }
    }
    for (size_t t = 0; t < s->n_rows; t++) {
        float *to = m->gradients + m->embedding + s->tokens[t] * m->hidden;
        for (size_t i = 0; i < m->hidden; i++) {
            to[i] += at->dx[t * m->hidden + i];
        }
    }
}

static EmendStatus check_coefficients(const EmendTape *tape, EmendSpan coefficients,
                                      EmendError *err) {
    if (coefficients.count != tape->n_sequences) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "backward: %llu coefficients; there must be one for each of the %zu "
                          "sequences of the forward",
                          (unsigned long long)coefficients.count, tape->n_sequences);
    }
    for (size_t i = 0; i < tape->n_sequences; i++) {
        const TapeSequence *s = &tape->sequences[i];
        for (size_t j = 0; j < s->n_scored; j++) {
            Coefficients c = coefficients_at(emend_span_at(coefficients, i), j);
            if ((s->scored[j].want & EMEND_WANT_KL) == 0 && c.kl != 0.0f) {
                return emend_fail(err, EMEND_INVALID_ARGUMENT,
                                  "backward: token %zu of sequence %zu has a coefficient for its "
                                  "KL; the forward must have been asked for that KL",
                                  j, i);
            }
        }
    }
    return EMEND_OK;
}

static EmendStatus check_tape(const EmendTape *tape, EmendError *err) {
    if (tape->is_used) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "backward: this tape was used; each forward takes one backward");
    }
    if (tape->version != tape->model->version ||
        (tape->reference && tape->reference_version != tape->reference->version)) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "backward: weights changed since the forward; run it again");
    }
    return EMEND_OK;
}

static EmendStatus take_work(const EmendTape *tape, Work *at, EmendError *err) {
    const EmendModel *m = tape->model;
    size_t n = 0;
    for (size_t i = 0; i < tape->n_sequences; i++) {
        n = tape->sequences[i].n_rows > n ? tape->sequences[i].n_rows : n;
    }
    const Part parts[] = {{&at->dx, n * m->hidden},
                          {&at->dq, n * m->q_dim},
                          {&at->dkv, n * m->kv_dim},
                          {&at->z, m->vocab},
                          {&at->q, m->vocab},
                          {&at->normed, m->hidden},
                          {&at->dnormed, m->hidden},
                          {&at->activated, m->inner},
                          {&at->dactivated, m->inner},
                          {&at->dgate_up, 2 * m->inner},
                          {&at->dattended, m->q_dim},
                          {&at->weights, n},
                          {&at->dscores, n}};
    return backend_take_parts(m->backend, parts, sizeof parts / sizeof parts[0],
                              "the gradients of a sequence", err);
}

EmendStatus backward(void *self, EmendTape *tape, EmendSpan coefficients, EmendError *err) {
    (void)self;
    const EmendHost *host = tape->model->backend->host;
    Work work = {0};
    EmendStatus status = check_tape(tape, err);
    if (status == EMEND_OK) {
        status = check_coefficients(tape, coefficients, err);
    }
    if (status == EMEND_OK) {
        status = take_work(tape, &work, err); // the last thing that can fail
    }
    tape->is_used = tape->is_used || status == EMEND_OK;
    for (size_t i = 0; i < tape->n_sequences && status == EMEND_OK; i++) {
        sequence_back(tape, &tape->sequences[i], emend_span_at(coefficients, i), &work);
    }
    host->free(host, work.dx);
    return status;
}

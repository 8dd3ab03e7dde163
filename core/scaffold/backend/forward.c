/* Scores a batch, one sequence after another; with a tape, keeps what backward.c needs of each. */
#include "model.h"
#include <math.h>
#include <string.h>

void score_row(Scored *scored, float *z, float *q, size_t vocab) {
    double entropy = 0.0, kl = 0.0;
    log_softmax(z, scored->scale, z, vocab);
    if (q) {
        log_softmax(q, scored->scale, q, vocab);
    }
    for (size_t v = 0; v < vocab && (scored->want != 0 || q); v++) {
        double p = exp((double)z[v]);
        if (p > 0.0) {
            entropy -= p * (double)z[v];
            kl += q ? p * ((double)z[v] - (double)q[v]) : 0.0;
        }
    }
    scored->log_prob = z[scored->token];
    scored->entropy = (scored->want & EMEND_WANT_ENTROPY) != 0 ? (float)entropy : 0.0f;
    scored->kl = (float)kl;
}

static EmendStatus check_range(const EmendSequence *s, size_t i, uint32_t r,
                               const EmendForwardArgs *args, EmendError *err) {
    const EmendScoredRange *range = &s->ranges[r];
    uint32_t after = r > 0 ? s->ranges[r - 1].end : 1;
    if (range->begin < after || range->begin >= range->end || range->end > s->n_tokens) {
        return emend_fail(err, EMEND_OUT_OF_RANGE,
                          "forward: range %u of sequence %zu is [%u, %u); it must begin at %u or "
                          "later, hold a token and end by %llu",
                          r, i, range->begin, range->end, after, (unsigned long long)s->n_tokens);
    }
    if (!(range->temperature > 0) || !isfinite(range->temperature) ||
        !isfinite(1.0f / range->temperature)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "forward: the temperature of range %u of sequence %zu is %g; it must be "
                          "above 0",
                          r, i, (double)range->temperature);
    }
    if (((range->want & EMEND_WANT_ENTROPY) != 0 && !s->entropies) ||
        ((range->want & EMEND_WANT_KL) != 0 && (!s->kls || !args->reference))) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "forward: range %u of sequence %zu wants %s; that takes room for the "
                          "numbers, and KL a reference model",
                          r, i, (range->want & EMEND_WANT_KL) != 0 ? "KL" : "entropies");
    }
    return EMEND_OK;
}

static EmendStatus check_tokens(const EmendModel *model, const EmendSequence *s, size_t i,
                                EmendError *err) {
    if (s->n_tokens > model->config.max_position_embeddings) {
        return emend_fail(err, EMEND_OUT_OF_RANGE,
                          "forward: sequence %zu has %llu tokens; the model takes %u "
                          "(max_position_embeddings)",
                          i, (unsigned long long)s->n_tokens,
                          model->config.max_position_embeddings);
    }
    return model_check_tokens(model, s->tokens, s->n_tokens, "forward", "sequence", i, err);
}

static EmendStatus check_sequence(const EmendModel *model, const EmendForwardArgs *args, size_t i,
                                  EmendError *err) {
    const EmendSequence *s = emend_span_at(args->sequences, i);
    if ((!s->tokens && s->n_tokens > 0) || (s->n_ranges > 0 && (!s->ranges || !s->log_probs))) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "forward: sequence %zu lacks its tokens, ranges or log_probs", i);
    }
    EmendStatus status = check_tokens(model, s, i, err);
    if (status == EMEND_OK && args->reference) {
        status = check_tokens(args->reference, s, i, err);
    }
    for (uint32_t r = 0; r < s->n_ranges && status == EMEND_OK; r++) {
        status = check_range(s, i, r, args, err);
    }
    return status;
}

static EmendStatus check_batch(const EmendModel *model, const EmendForwardArgs *args,
                               bool with_tape, EmendError *err) {
    if (args->sequences.count > 0 && !args->sequences.ptr) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "forward: there are no sequences where %llu are announced; pass them",
                          (unsigned long long)args->sequences.count);
    }
    if (args->reference && args->reference->vocab != model->vocab) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "forward: the reference has %zu tokens in its vocabulary; the model has "
                          "%zu, and they must be equal",
                          args->reference->vocab, model->vocab);
    }
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < args->sequences.count && status == EMEND_OK; i++) {
        status = check_sequence(model, args, i, err);
    }
    if (status == EMEND_OK && with_tape && !model->gradients) {
        status = emend_fail(err, EMEND_PRECONDITION,
                            "forward: the model is frozen; a tape needs a trainable one");
    }
    return status;
}

/* Copies what is to be read and scored of a sequence; tokens after the last scored one are not. */
static EmendStatus copy_sequence(const EmendTape *tape, const EmendSequence *s, TapeSequence *out,
                                 EmendError *err) {
    const Backend *backend = tape->model->backend;
    void *tokens = NULL, *scored = NULL;
    size_t n_scored = 0;
    for (uint32_t r = 0; r < s->n_ranges; r++) {
        n_scored += s->ranges[r].end - s->ranges[r].begin;
        out->wants_kl = out->wants_kl || (s->ranges[r].want & EMEND_WANT_KL) != 0;
    }
    out->n_rows = s->n_ranges > 0 ? s->ranges[s->n_ranges - 1].end - 1 : 0;
    EmendStatus status =
        backend_take(backend, out->n_rows, sizeof(uint32_t), "a batch's tokens", &tokens, err);
    out->tokens = tokens;
    if (status == EMEND_OK) {
        status = backend_take(backend, n_scored, sizeof(Scored), "a batch's scores", &scored, err);
        out->scored = scored;
    }
    if (status != EMEND_OK) {
        return status;
    }
    for (size_t t = 0; t < out->n_rows; t++) {
        out->tokens[t] = (uint32_t)s->tokens[t];
    }
    for (uint32_t r = 0; r < s->n_ranges; r++) {
        const EmendScoredRange *range = &s->ranges[r];
        for (uint32_t t = range->begin; t < range->end; t++) {
            out->scored[out->n_scored++] = (Scored){.token = (uint32_t)s->tokens[t],
                                                    .want = range->want,
                                                    .position = t - 1,
                                                    .scale = 1.0f / range->temperature};
        }
    }
    return EMEND_OK;
}

/* Runs policy and reference over a sequence side by side, scoring as they go. */
static EmendStatus run_sequence(const EmendTape *tape, TapeSequence *s, bool is_kept,
                                EmendError *err) {
    const EmendModel *model = tape->model, *other = s->wants_kl ? tape->reference : model;
    Trace reference = {0};
    float *z = NULL, *q = NULL, *hidden = NULL;
    const Part parts[] = {{&z, model->vocab}, {&q, model->vocab}, {&hidden, model->hidden}};
    const Part kept[] = {{&s->reference_hidden, s->n_scored * other->hidden}};

    EmendStatus status = backend_take_parts(model->backend, parts, 3, "a row of logits", err);
    if (status == EMEND_OK) {
        status = trace_init(&s->trace, model, s->n_rows, is_kept, err);
    }
    if (status == EMEND_OK && s->wants_kl) {
        status = trace_init(&reference, other, s->n_rows, false, err);
        if (status == EMEND_OK) {
            status = backend_take_parts(model->backend, kept, 1, "the reference's rows", err);
        }
    }
    if (status != EMEND_OK) {
        goto out;
    }
    size_t i = 0;
    for (size_t t = 0; t < s->n_rows; t++) {
        decoder_row(&s->trace, s->tokens[t], t);
        if (s->wants_kl) {
            decoder_row(&reference, s->tokens[t], t);
        }
        if (s->scored[i].position != t) {
            continue;
        }
        bool with_kl = (s->scored[i].want & EMEND_WANT_KL) != 0;
        decoder_final_norm(&s->trace, t, hidden);
        decoder_logits(model, hidden, z);
        if (with_kl) {
            decoder_final_norm(&reference, t, s->reference_hidden + i * other->hidden);
            decoder_logits(other, s->reference_hidden + i * other->hidden, q);
        }
        score_row(&s->scored[i++], z, with_kl ? q : NULL, model->vocab);
    }
out:
    trace_finish(&reference);
    model->backend->host->free(model->backend->host, z);
    return status;
}

static void write_scores(const TapeSequence *from, const EmendSequence *to) {
    for (size_t i = 0; i < from->n_scored; i++) {
        to->log_probs[i] = from->scored[i].log_prob;
        if (to->entropies) {
            to->entropies[i] = from->scored[i].entropy;
        }
        if (to->kls) {
            to->kls[i] = from->scored[i].kl;
        }
    }
}

static void finish_sequence(const EmendHost *host, TapeSequence *s) {
    trace_finish(&s->trace);
    host->free(host, s->reference_hidden);
    host->free(host, s->scored);
    host->free(host, s->tokens);
    *s = (TapeSequence){0};
}

static EmendStatus tape_create(EmendModel *model, const EmendForwardArgs *args, EmendTape **out,
                               EmendError *err) {
    const Backend *backend = model->backend;
    void *block = NULL, *sequences = NULL;
    EmendStatus status = backend_take(backend, args->sequences.count, sizeof(TapeSequence),
                                      "a tape's sequences", &sequences, err);
    if (status == EMEND_OK) {
        status = backend_take(backend, 1, sizeof(EmendTape), "a tape", &block, err);
    }
    if (status != EMEND_OK) {
        backend->host->free(backend->host, sequences);
        return status;
    }
    EmendTape *tape = block;
    *tape = (EmendTape){.model = model,
                        .reference = args->reference,
                        .version = model->version,
                        .reference_version = args->reference ? args->reference->version : 0,
                        .n_sequences = args->sequences.count,
                        .sequences = sequences};
    *out = tape;
    return EMEND_OK;
}

void tape_release(void *self, EmendTape *tape) {
    (void)self;
    if (!tape) {
        return;
    }
    const EmendHost *host = tape->model->backend->host;
    for (size_t i = 0; i < tape->n_sequences; i++) {
        finish_sequence(host, &tape->sequences[i]);
    }
    host->free(host, tape->sequences);
    host->free(host, tape);
}

EmendStatus forward(void *self, EmendModel *model, const EmendForwardArgs *args, EmendTape **out,
                    EmendError *err) {
    (void)self;
    const EmendHost *host = model->backend->host;
    EmendTape *tape = NULL;
    EmendStatus status = check_batch(model, args, out != NULL, err);
    if (status == EMEND_OK) {
        status = tape_create(model, args, &tape, err);
    }
    for (size_t i = 0; i < args->sequences.count && status == EMEND_OK; i++) {
        const EmendSequence *sequence = emend_span_at(args->sequences, i);
        TapeSequence *s = &tape->sequences[i];
        if (host->is_cancelled(host)) {
            status = emend_fail(err, EMEND_CANCELLED, "forward: stopped as asked");
        }
        if (status == EMEND_OK) {
            status = copy_sequence(tape, sequence, s, err);
        }
        if (status == EMEND_OK) {
            status = run_sequence(tape, s, out != NULL, err);
        }
        if (status == EMEND_OK) {
            write_scores(s, sequence);
        }
        if (!out) {
            finish_sequence(host, s);
        }
    }
    if (status == EMEND_OK && out) {
        *out = tape;
        tape = NULL; // given away
    }
    tape_release(self, tape);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "packed.h"
#include "tape.h"
#include <math.h>
#include <string.h>

/* A batch being scored. */
typedef struct Scoring {
    EmendModel *model, *reference;
    const EmendForwardArgs *args;
    const Slab *slab;
    size_t chunk_rows;
} Scoring;

/* Working memory of one group. */
typedef struct GroupRoom {
    Activations policy, reference;
    float *hidden, *reference_hidden; /* final hidden states of the tokens scored */
    float *z, *q;                     /* chunk_rows rows of logits: policy's, reference's */
} GroupRoom;

/* Some rows of logits to take the numbers from. */
typedef struct Chunk {
    const Scoring *scoring;
    const Scored *scored;
    float *z, *q;
} Chunk;

static EmendStatus check_range(const EmendSequence *sequence, size_t i, uint32_t r,
                               const EmendForwardArgs *args, EmendError *err) {
    const EmendScoredRange *range = &sequence->ranges[r];
    uint32_t after = r > 0 ? sequence->ranges[r - 1].end : 1;
    if (range->begin < after || range->begin >= range->end || range->end > sequence->n_tokens) {
        return emend_fail(err, EMEND_OUT_OF_RANGE,
                          "forward: range %u of sequence %zu is [%u, %u); it must begin at %u or "
                          "later, hold a token and end by %llu",
                          r, i, range->begin, range->end, after,
                          (unsigned long long)sequence->n_tokens);
    }
    if (!(range->temperature > 0) || !isfinite(range->temperature) ||
        !isfinite(1.0f / range->temperature)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "forward: the temperature of range %u of sequence %zu is %g; it must be "
                          "above 0",
                          r, i, (double)range->temperature);
    }
    if ((range->want & EMEND_WANT_ENTROPY) != 0 && !sequence->entropies) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "forward: range %u of sequence %zu wants entropies; the sequence must "
                          "have room for them",
                          r, i);
    }
    if ((range->want & EMEND_WANT_KL) != 0 && (!sequence->kls || !args->reference)) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "forward: range %u of sequence %zu wants KL; that takes a reference model "
            "and room for the numbers",
            r, i);
    }
    return EMEND_OK;
}

static EmendStatus check_tokens(const EmendModel *model, const EmendSequence *sequence, size_t i,
                                EmendError *err) {
    if (sequence->n_tokens > model->config.max_position_embeddings) {
        return emend_fail(err, EMEND_OUT_OF_RANGE,
                          "forward: sequence %zu has %llu tokens; the model takes %u (%s)", i,
                          (unsigned long long)sequence->n_tokens,
                          model->config.max_position_embeddings, "max_position_embeddings");
    }
    for (uint64_t t = 0; t < sequence->n_tokens; t++) {
        int32_t token = sequence->tokens[t];
        if (token < 0 || (uint32_t)token >= model->config.vocab_size) {
            return emend_fail(err, EMEND_OUT_OF_RANGE,
                              "forward: token %llu of sequence %zu is %d; ids are below the "
                              "vocabulary's size, %u",
                              (unsigned long long)t, i, token, model->config.vocab_size);
        }
    }
    return EMEND_OK;
}

static EmendStatus check_sequence(const EmendModel *model, const EmendForwardArgs *args, size_t i,
                                  EmendError *err) {
    const EmendSequence *sequence = emend_span_at(args->sequences, i);
    if ((!sequence->tokens && sequence->n_tokens > 0) ||
        (sequence->n_ranges > 0 && (!sequence->ranges || !sequence->log_probs))) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "forward: sequence %zu lacks its tokens, ranges or log_probs", i);
    }
    EmendStatus status = check_tokens(model, sequence, i, err);
    if (status == EMEND_OK && args->reference) {
        status = check_tokens(args->reference, sequence, i, err);
    }
    for (uint32_t r = 0; r < sequence->n_ranges && status == EMEND_OK; r++) {
        status = check_range(sequence, i, r, args, err);
    }
    return status;
}

static EmendStatus check_batch(const EmendModel *model, const EmendForwardArgs *args,
                               EmendError *err) {
    if (args->sequences.count > UINT32_MAX || (args->sequences.count > 0 && !args->sequences.ptr)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "forward: %llu sequences are too many, or none is given",
                          (unsigned long long)args->sequences.count);
    }
    if (args->reference && args->reference->config.vocab_size != model->config.vocab_size) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "forward: the reference has %u tokens in its vocabulary; the model has "
                          "%u, and they must be equal",
                          args->reference->config.vocab_size, model->config.vocab_size);
    }
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < args->sequences.count && status == EMEND_OK; i++) {
        status = check_sequence(model, args, i, err);
    }
    return status;
}

static void score_row(const Chunk *chunk, size_t i) {
    const Scoring *scoring = chunk->scoring;
    const Kernels *kernels = scoring->model->cpu->kernels;
    const Scored *scored = &chunk->scored[i];
    const EmendSequence *sequence = emend_span_at(scoring->args->sequences, scored->sequence);
    size_t vocab = scoring->model->shapes.vocab;
    float *z = chunk->z + i * vocab;
    float *q = NULL;
    RowStats stats = {0}, q_stats = {0};
    if ((scored->want & EMEND_WANT_KL) != 0) {
        q = chunk->q + i * vocab;
        kernels->row_stats(q, scored->scale, vocab, 0, NULL, NULL, &q_stats);
    }
    kernels->row_stats(z, scored->scale, vocab, scored->want, q, &q_stats, &stats);
    sequence->log_probs[scored->index] = row_log_prob(z, scored->token, &stats);
    if (sequence->entropies) {
        sequence->entropies[scored->index] =
            (scored->want & EMEND_WANT_ENTROPY) != 0 ? stats.entropy : 0.0f;
    }
    if (sequence->kls) {
        sequence->kls[scored->index] = q ? stats.kl : 0.0f;
    }
}

static void score_rows(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    (void)pass;
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        score_row(ctx, i);
    }
}

/* The policy's activations go to the tape where there is one. */
static void lay_out_group(Room *room, const Scoring *scoring, const Group *group, GroupRoom *out) {
    const Slab *slab = scoring->slab;
    const Shapes *s = &scoring->model->shapes;
    *out = (GroupRoom){0};
    if (slab->block) {
        out->policy = slab->kept;
        out->policy.x += group->first_row * s->hidden;
        out->policy.middle += group->first_row * s->hidden;
        out->policy.qkv += group->first_row * s->qkv_dim;
        out->policy.attended += group->first_row * s->q_dim;
        out->policy.gate_up += group->first_row * 2 * s->feed_forward;
        out->policy.normed = room_take(room, group->n_rows * s->hidden);
        out->policy.activated = room_take(room, group->n_rows * s->feed_forward);
        out->hidden = slab->hidden + group->first_scored * s->hidden;
    } else {
        decoder_take_activations(room, s, group->n_rows, &out->policy);
        out->hidden = room_take(room, group->n_scored * s->hidden);
    }
    size_t chunk = scoring->chunk_rows < group->n_scored ? scoring->chunk_rows : group->n_scored;
    out->z = room_take(room, chunk * s->vocab);
    if (!group->wants_kl) {
        return;
    }
    const Shapes *r = &scoring->reference->shapes;
    decoder_take_activations(room, r, group->n_rows, &out->reference);
    out->reference_hidden = slab->block ? slab->reference_hidden + group->first_scored * r->hidden
                                        : room_take(room, group->n_scored * r->hidden);
    out->q = room_take(room, chunk * s->vocab);
}

static void run_model(const Pass *pass, const Slab *slab, const Group *group,
                      const Activations *activations, float *hidden) {
    const float *last = activations->x + pass->model->shapes.layers * activations->x_step;
    decoder_run(pass, activations);
    decoder_final_norm(pass, last, slab->wanted + group->first_scored, group->n_scored,
                       group->first_row, hidden);
}

static void score_group(const Scoring *scoring, const Group *group, Threads *team, size_t thread,
                        float *base) {
    const Slab *slab = scoring->slab;
    Pass policy = {scoring->model, team, thread, slab->rows + group->first_row, group->n_rows};
    Pass reference = policy;
    reference.model = scoring->reference;
    Room room = {base, 0};
    GroupRoom at;
    lay_out_group(&room, scoring, group, &at);
    run_model(&policy, slab, group, &at.policy, at.hidden);
    if (group->wants_kl) {
        run_model(&reference, slab, group, &at.reference, at.reference_hidden);
    }
    for (size_t i = 0; i < group->n_scored; i += scoring->chunk_rows) {
        size_t n = group->n_scored - i;
        n = n < scoring->chunk_rows ? n : scoring->chunk_rows;
        Chunk chunk = {scoring, slab->scored + group->first_scored + i, at.z, at.q};
        decoder_logits(&policy, at.hidden + i * policy.model->shapes.hidden, n, at.z);
        if (group->wants_kl) {
            decoder_logits(&reference, at.reference_hidden + i * reference.model->shapes.hidden, n,
                           at.q);
        }
        pass_rows(&policy, n, score_rows, &chunk);
    }
}

static size_t attention_floats(const Scoring *scoring) {
    return decoder_attention_floats(scoring->model->config.max_position_embeddings);
}

static void score_item(void *ctx, size_t item, size_t thread) {
    const Scoring *scoring = ctx;
    float *base = scoring->model->cpu->scratch.threads[thread] + attention_floats(scoring);
    score_group(scoring, &scoring->slab->groups[item], NULL, thread, base);
}

static EmendStatus score_slab(Scoring *scoring, EmendError *err) {
    const Slab *slab = scoring->slab;
    Cpu *cpu = scoring->model->cpu;
    size_t largest = 0;
    for (size_t g = 0; g < slab->n_groups; g++) {
        Room room = {NULL, 0};
        GroupRoom at;
        lay_out_group(&room, scoring, &slab->groups[g], &at);
        largest = room.used > largest ? room.used : largest;
    }
    size_t attention = attention_floats(scoring);
    EmendStatus status = scratch_reserve(&cpu->scratch, cpu->host, slab->is_team ? largest : 0,
                                         slab->is_team ? attention : attention + largest, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (slab->is_team) {
        score_group(scoring, &slab->groups[0], cpu->threads, 0, cpu->scratch.shared);
    } else {
        threads_run(cpu->threads, slab->n_groups, score_item, scoring);
    }
    return EMEND_OK;
}

EmendStatus forward_run(Cpu *cpu, EmendModel *model, const EmendForwardArgs *args, EmendTape **out,
                        EmendError *err) {
    EmendTape *tape = NULL;
    EmendStatus status = check_batch(model, args, err);
    if (status == EMEND_OK && out && !model->gradients) {
        status = emend_fail(err, EMEND_PRECONDITION,
                            "forward: the model is frozen; a tape needs a trainable one");
    }
    if (status == EMEND_OK) {
        status = tape_create(model, args, &tape, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    packed_refresh(model);
    if (args->reference) {
        packed_refresh(args->reference);
    }
    for (size_t i = 0; i < tape->n_slabs && status == EMEND_OK; i++) {
        Scoring scoring = {model, args->reference, args, &tape->slabs[i], cpu->chunk_rows};
        if (cpu->host->is_cancelled(cpu->host)) {
            status = emend_fail(err, EMEND_CANCELLED, "forward: stopped as asked");
        }
        if (status == EMEND_OK && out) {
            status = tape_keep_slab(tape, &tape->slabs[i], err);
        }
        if (status == EMEND_OK) {
            status = score_slab(&scoring, err);
        }
    }
    if (status == EMEND_OK && out) {
        *out = tape;
        tape = NULL; // given away
    }
    tape_destroy(tape);
    return status;
}

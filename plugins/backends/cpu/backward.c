/* SPDX-License-Identifier: Apache-2.0 */
#include "gradient.h"
#include "packed.h"
#include "tape.h"
#include <string.h>

/* Logits' gradients held at once for the head's own gradient, at most, where one chunk of rows for
 * each thread does not already exceed it. */
enum { HEAD_FLOATS_MAX = 1 << 22 };

/* Arrays over a slab's rows, shared by all threads: the gradients that the weights' need. */
typedef struct SlabRoom {
    float *dx, *dmiddle, *dnext; /* hidden: at a layer's output, after attention, at its input */
    float *post_normed, *dpost_normed; /* hidden: the second norm's output, its gradient */
    float *input_normed, *dinput_normed;
    float *post_r, *input_r; /* 1: the norms' factors */
    float *activated;        /* feed_forward */
    float *dgate_up;         /* 2 feed_forward */
    float *dqkv;             /* qkv_dim */
    /* over scored tokens: */
    float *dhidden; /* hidden: gradient of the final norm's output */
    float *final_r;
    float *dz; /* head_rows x vocab */
} SlabRoom;

/* A thread's, or a team's. */
typedef struct GroupRoom {
    float *dactivated; /* feed_forward */
    float *dattended;  /* q_dim */
} GroupRoom;

typedef struct Backward {
    EmendTape *tape;
    EmendModel *model;
    const Slab *slab;
    EmendSpan coefficients;
    SlabRoom at;
    size_t head_rows, chunk_rows; /* rows of dz, and of it that a thread takes at once */
    size_t first_row;             /* scored token of dz's first row */
    size_t layer;
} Backward;

/* One layer of one group. */
typedef struct GroupRun {
    Backward *backward;
    const Group *group;
    GroupRoom room;
} GroupRun;

static float *gradient_of(const EmendModel *model, uint32_t tensor) {
    return model->gradients + model->tensors[tensor].offset;
}

static const float *weights_of(const EmendModel *model, uint32_t tensor) {
    return model->weights + model->tensors[tensor].offset;
}

/* --- the head: logits, log-softmax, final norm --- */

static RowGradient coefficients_of(const Backward *b, const Scored *scored) {
    const EmendCoefficients *c = emend_span_at(b->coefficients, scored->sequence);
    RowGradient g = {.token = scored->token, .scale = scored->scale};
    g.c_log_prob = c->d_log_probs ? c->d_log_probs[scored->index] : 0.0f;
    g.c_entropy = c->d_entropies ? c->d_entropies[scored->index] : 0.0f;
    g.c_kl = c->d_kls ? c->d_kls[scored->index] : 0.0f;
    return g;
}

/* Turns a row of logits into its gradient; q is the reference's row, NULL where it was not run. */
static void differentiate_row(const Backward *b, const Scored *scored, float *z, float *q) {
    const Kernels *kernels = b->model->cpu->kernels;
    size_t vocab = b->model->shapes.vocab;
    RowGradient gradient = coefficients_of(b, scored);
    RowStats stats = {0}, q_stats = {0};
    uint32_t want = EMEND_WANT_ENTROPY;
    if (q && gradient.c_kl != 0.0f) {
        want |= EMEND_WANT_KL;
        kernels->row_stats(q, scored->scale, vocab, 0, NULL, NULL, &q_stats);
    } else {
        q = NULL;
    }
    kernels->row_stats(z, scored->scale, vocab, want, q, &q_stats, &stats);
    kernels->row_gradient(z, vocab, &stats, &gradient, q, &q_stats);
}

static bool chunk_wants_kl(const Backward *b, const Scored *scored, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (coefficients_of(b, &scored[i]).c_kl != 0.0f) {
            return true;
        }
    }
    return false;
}

/* Gradient of the final norm's output, from dz, and through the norm into dx. */
static void head_to_hidden(const Backward *b, const Pass *pass, size_t first, size_t n,
                           const float *dz) {
    const EmendModel *model = b->model;
    const Shapes *s = &model->shapes;
    float *dhidden = b->at.dhidden + first * s->hidden;
    GemmArgs args = {.m = n,
                     .n = s->hidden,
                     .k = s->vocab,
                     .a = dz,
                     .a_row = s->vocab,
                     .a_col = 1,
                     .b = model->packed->head_back,
                     .c = dhidden,
                     .ldc = s->hidden};
    pass_product(pass, &args);
    const Kernels *kernels = model->cpu->kernels;
    const float *w = weights_of(model, model->final_norm);
    const float *x = b->slab->kept.x + s->layers * b->slab->kept.x_step;
    for (size_t i = 0; i < n; i++) {
        size_t row = b->slab->wanted[first + i] * s->hidden;
        // The factor alone is wanted; the norm's output lands where it already is.
        b->at.final_r[first + i] =
            kernels->rms_norm(x + row, w, (float)model->config.rms_norm_eps,
                              b->slab->hidden + (first + i) * s->hidden, s->hidden);
        kernels->rms_norm_backward(dhidden + i * s->hidden, x + row, w, b->at.final_r[first + i],
                                   b->at.dx + row, NULL, s->hidden);
    }
}

/* Rows [first, first + n) of the scored tokens; q has room for n rows of the reference's logits. */
static void differentiate_chunk(const Backward *b, const Pass *pass, size_t first, size_t n,
                                float *q) {
    const Slab *slab = b->slab;
    const Shapes *s = &b->model->shapes;
    const Scored *scored = slab->scored + first;
    float *dz = b->at.dz + (first - b->first_row) * s->vocab;
    bool wants_kl = chunk_wants_kl(b, scored, n);
    decoder_logits(pass, slab->hidden + first * s->hidden, n, dz);
    if (wants_kl) {
        Pass reference = *pass;
        reference.model = b->tape->reference;
        decoder_logits(&reference, slab->reference_hidden + first * reference.model->shapes.hidden,
                       n, q);
    }
    for (size_t i = 0; i < n; i++) {
        differentiate_row(b, &scored[i], dz + i * s->vocab, wants_kl ? q + i * s->vocab : NULL);
    }
    head_to_hidden(b, pass, first, n, dz);
}

static float *thread_room(const Backward *b, size_t thread) {
    return b->model->cpu->scratch.threads[thread] +
           decoder_attention_floats(b->model->config.max_position_embeddings);
}

static void chunk_item(void *ctx, size_t item, size_t thread) {
    const Backward *b = ctx;
    size_t chunk = b->chunk_rows;
    size_t first = b->first_row + item * chunk;
    size_t end = b->first_row + b->head_rows;
    end = end < b->slab->n_scored ? end : b->slab->n_scored;
    Pass pass = {.model = b->model, .thread = thread};
    differentiate_chunk(b, &pass, first, chunk < end - first ? chunk : end - first,
                        thread_room(b, thread));
}

static void head_gradient(const Backward *b, size_t n) {
    const EmendModel *model = b->model;
    const Shapes *s = &model->shapes;
    GradientJobs jobs = {.model = model, .n = n};
    jobs.matrices[0] =
        (MatrixGradient){model->tied_head ? model->tied_head : gradient_of(model, model->head),
                         s->vocab, s->hidden, b->at.dz, b->slab->hidden + b->first_row * s->hidden};
    gradient_run(&jobs);
}

static void final_norm_gradient(const Backward *b) {
    const EmendModel *model = b->model;
    const Slab *slab = b->slab;
    GradientJobs jobs = {.model = model, .n = slab->n_scored};
    jobs.norms[0] = (NormGradient){gradient_of(model, model->final_norm), b->at.dhidden,
                                   slab->kept.x + model->shapes.layers * slab->kept.x_step,
                                   b->at.final_r, slab->wanted};
    gradient_run(&jobs);
}

static void differentiate_head(Backward *b) {
    const Slab *slab = b->slab;
    size_t chunk = b->chunk_rows;
    memset(b->at.dx, 0, slab->n_rows * b->model->shapes.hidden * sizeof(float));
    for (b->first_row = 0; b->first_row < slab->n_scored; b->first_row += b->head_rows) {
        size_t n = slab->n_scored - b->first_row;
        n = n < b->head_rows ? n : b->head_rows;
        threads_run(b->model->cpu->threads, (n + chunk - 1) / chunk, chunk_item, b);
        head_gradient(b, n);
    }
    final_norm_gradient(b);
}

/* --- a layer: feed-forward, then attention --- */

/* Gradients of the feed-forward's inputs, and what its weights' gradients need. */
static void swiglu_rows(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    (void)thread;
    const GroupRun *run = ctx;
    const Backward *b = run->backward;
    const Kernels *kernels = pass->model->cpu->kernels;
    size_t n = pass->model->shapes.feed_forward;
    const float *gate_up = b->slab->kept.gate_up + b->layer * b->slab->kept.gate_up_step;
    for (size_t i = begin; i < end; i++) {
        size_t row = run->group->first_row + i;
        const float *gate = gate_up + row * 2 * n;
        float *dgate = b->at.dgate_up + row * 2 * n;
        kernels->swiglu(gate, gate + n, b->at.activated + row * n, n);
        kernels->swiglu_backward(run->room.dactivated + i * n, gate, gate + n, dgate, dgate + n, n);
    }
}

/* Through a norm: recomputes its output and factor, and dx = dresidual + its backward of dy. */
static void norm_backward_row(const EmendModel *model, const float *x, const float *w,
                              const float *dy, const float *dresidual, float *normed, float *r,
                              float *dx) {
    const Kernels *kernels = model->cpu->kernels;
    size_t hidden = model->shapes.hidden;
    *r = kernels->rms_norm(x, w, (float)model->config.rms_norm_eps, normed, hidden);
    memcpy(dx, dresidual, hidden * sizeof(float));
    kernels->rms_norm_backward(dy, x, w, *r, dx, NULL, hidden);
}

static void post_norm_rows(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    (void)thread;
    const GroupRun *run = ctx;
    const Backward *b = run->backward;
    const EmendModel *model = pass->model;
    const float *w = weights_of(model, model->layers[b->layer].post_norm);
    const float *x = b->slab->kept.middle + b->layer * b->slab->kept.middle_step;
    for (size_t row = run->group->first_row + begin; row < run->group->first_row + end; row++) {
        size_t at = row * model->shapes.hidden;
        norm_backward_row(model, x + at, w, b->at.dpost_normed + at, b->at.dx + at,
                          b->at.post_normed + at, b->at.post_r + row, b->at.dmiddle + at);
    }
}

static void input_norm_rows(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    (void)thread;
    const GroupRun *run = ctx;
    const Backward *b = run->backward;
    const EmendModel *model = pass->model;
    const float *w = weights_of(model, model->layers[b->layer].input_norm);
    const float *x = b->slab->kept.x + b->layer * b->slab->kept.x_step;
    for (size_t row = run->group->first_row + begin; row < run->group->first_row + end; row++) {
        size_t at = row * model->shapes.hidden;
        norm_backward_row(model, x + at, w, b->at.dinput_normed + at, b->at.dmiddle + at,
                          b->at.input_normed + at, b->at.input_r + row, b->at.dnext + at);
    }
}

/* All queries of one sequence that share a key-value head: heads, then positions, in order. */
static void attention_backward(const GroupRun *run, size_t first_row, size_t n, size_t kv_head,
                               size_t thread) {
    const Backward *b = run->backward;
    const EmendModel *model = b->model;
    const Kernels *kernels = model->cpu->kernels;
    const Shapes *s = &model->shapes;
    const Activations *kept = &b->slab->kept;
    size_t per_kv = s->heads / s->kv_heads;
    float *p = model->cpu->scratch.threads[thread];
    float *ds = p + scratch_round(model->config.max_position_embeddings);
    const float *qkv = kept->qkv + b->layer * kept->qkv_step + first_row * s->qkv_dim;
    float *attended = kept->attended + b->layer * kept->attended_step + first_row * s->q_dim;
    float *dqkv = b->at.dqkv + first_row * s->qkv_dim;
    const float *dattended = run->room.dattended + (first_row - run->group->first_row) * s->q_dim;
    const size_t key = s->q_dim + kv_head * s->head_dim, value = key + s->kv_dim;
    float scale = decoder_attention_scale(s);
    for (size_t head = kv_head * per_kv; head < (kv_head + 1) * per_kv; head++) {
        for (size_t i = 0; i < n; i++) {
            size_t q = i * s->qkv_dim + head * s->head_dim;
            size_t out = i * s->q_dim + head * s->head_dim;
            // Only the probabilities are news; the output is written again with the same bits.
            kernels->attend(qkv + q, qkv + key, qkv + value, s->qkv_dim, i + 1, s->head_dim, scale,
                            p, attended + out);
            kernels->attend_backward(qkv + q, qkv + key, qkv + value, s->qkv_dim, i + 1,
                                     s->head_dim, scale, p, attended + out, dattended + out, ds,
                                     dqkv + q, dqkv + key, dqkv + value, s->qkv_dim);
        }
    }
}

/* Items are the (sequence, key-value head) pairs of the group. */
static void attention_items(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    const GroupRun *run = ctx;
    size_t kv_heads = pass->model->shapes.kv_heads;
    size_t item = 0;
    for (size_t first = 0; first < pass->n_rows;) {
        size_t n = 1;
        while (first + n < pass->n_rows && pass->rows[first + n].position > 0) {
            n++;
        }
        for (size_t kv_head = 0; kv_head < kv_heads; kv_head++, item++) {
            if (item >= begin && item < end) {
                attention_backward(run, run->group->first_row + first, n, kv_head, thread);
            }
        }
        first += n;
    }
}

static size_t count_sequences(const Pass *pass) {
    size_t n = 0;
    for (size_t i = 0; i < pass->n_rows; i++) {
        n += pass->rows[i].position == 0;
    }
    return n;
}

static void rotate_back_rows(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    (void)thread;
    const GroupRun *run = ctx;
    const EmendModel *model = pass->model;
    const Shapes *s = &model->shapes;
    for (size_t i = begin; i < end; i++) {
        float *dqkv = run->backward->at.dqkv + (run->group->first_row + i) * s->qkv_dim;
        size_t at = pass->rows[i].position * (s->head_dim / 2);
        for (size_t head = 0; head < s->heads + s->kv_heads; head++) {
            model->cpu->kernels->rotary(dqkv + head * s->head_dim, model->rope_cos + at,
                                        model->rope_sin + at, -1.0f, s->head_dim);
        }
    }
}

/* dx = dy W over the rows of the pass. */
static void project_back(const Pass *pass, const float *dy, const float *packed, float *dx,
                         size_t n, size_t k) {
    GemmArgs args = {.m = pass->n_rows,
                     .n = n,
                     .k = k,
                     .a = dy,
                     .a_row = k,
                     .a_col = 1,
                     .b = packed,
                     .c = dx,
                     .ldc = n};
    pass_product(pass, &args);
}

static void differentiate_layer(const Pass *pass, GroupRun *run) {
    const Backward *b = run->backward;
    const Shapes *s = &pass->model->shapes;
    const SlabRoom *at = &b->at;
    const PackedLayer *packed = &pass->model->packed->layers[b->layer];
    size_t row = run->group->first_row;
    size_t n = pass->n_rows;

    project_back(pass, at->dx + row * s->hidden, packed->down_back, run->room.dactivated,
                 s->feed_forward, s->hidden);
    pass_rows(pass, n, swiglu_rows, run);
    project_back(pass, at->dgate_up + row * 2 * s->feed_forward, packed->gate_up_back,
                 at->dpost_normed + row * s->hidden, s->hidden, 2 * s->feed_forward);
    pass_rows(pass, n, post_norm_rows, run);

    project_back(pass, at->dmiddle + row * s->hidden, packed->o_back, run->room.dattended, s->q_dim,
                 s->hidden);
    memset(at->dqkv + row * s->qkv_dim, 0, n * s->qkv_dim * sizeof(float));
    pass_rows(pass, count_sequences(pass) * s->kv_heads, attention_items, run);
    pass_rows(pass, n, rotate_back_rows, run);
    project_back(pass, at->dqkv + row * s->qkv_dim, packed->qkv_back,
                 at->dinput_normed + row * s->hidden, s->hidden, s->qkv_dim);
    pass_rows(pass, n, input_norm_rows, run);
}

static void take_group_room(Room *room, const Shapes *s, const Group *group, GroupRoom *out) {
    out->dactivated = room_take(room, group->n_rows * s->feed_forward);
    out->dattended = room_take(room, group->n_rows * s->q_dim);
}

static void differentiate_group(Backward *b, const Group *group, Threads *team, size_t thread,
                                float *base) {
    Pass pass = {b->model, team, thread, b->slab->rows + group->first_row, group->n_rows};
    GroupRun run = {.backward = b, .group = group};
    Room room = {base, 0};
    take_group_room(&room, &b->model->shapes, group, &run.room);
    differentiate_layer(&pass, &run);
}

static void group_item(void *ctx, size_t item, size_t thread) {
    Backward *b = ctx;
    differentiate_group(b, &b->slab->groups[item], NULL, thread, thread_room(b, thread));
}

static void layer_gradients(const Backward *b) {
    const EmendModel *model = b->model;
    const Shapes *s = &model->shapes;
    const SlabRoom *at = &b->at;
    const Activations *kept = &b->slab->kept;
    const LayerTensors *t = &model->layers[b->layer];
    GradientJobs jobs = {.model = model, .n = b->slab->n_rows};
    jobs.matrices[0] = (MatrixGradient){gradient_of(model, t->gate), 2 * s->feed_forward, s->hidden,
                                        at->dgate_up, at->post_normed};
    jobs.matrices[1] = (MatrixGradient){gradient_of(model, t->down), s->hidden, s->feed_forward,
                                        at->dx, at->activated};
    jobs.matrices[2] = (MatrixGradient){gradient_of(model, t->q), s->qkv_dim, s->hidden, at->dqkv,
                                        at->input_normed};
    jobs.matrices[3] = (MatrixGradient){gradient_of(model, t->o), s->hidden, s->q_dim, at->dmiddle,
                                        kept->attended + b->layer * kept->attended_step};
    jobs.norms[0] = (NormGradient){gradient_of(model, t->post_norm), at->dpost_normed,
                                   kept->middle + b->layer * kept->middle_step, at->post_r, NULL};
    jobs.norms[1] = (NormGradient){gradient_of(model, t->input_norm), at->dinput_normed,
                                   kept->x + b->layer * kept->x_step, at->input_r, NULL};
    if (b->layer == 0) {
        jobs.lookup = (LookupGradient){model->tied_lookup ? model->tied_lookup
                                                          : gradient_of(model, model->embedding),
                                       at->dnext, b->slab->rows};
    }
    gradient_run(&jobs);
}

/* --- slabs --- */

/* Returns what comes after: a team's group has its room there. */
static float *lay_out_slab(Room *room, const Backward *b, SlabRoom *at) {
    const Shapes *s = &b->model->shapes;
    size_t n = b->slab->n_rows;
    at->dx = room_take(room, n * s->hidden);
    at->dmiddle = room_take(room, n * s->hidden);
    at->dnext = room_take(room, n * s->hidden);
    at->post_normed = room_take(room, n * s->hidden);
    at->dpost_normed = room_take(room, n * s->hidden);
    at->input_normed = room_take(room, n * s->hidden);
    at->dinput_normed = room_take(room, n * s->hidden);
    at->post_r = room_take(room, n);
    at->input_r = room_take(room, n);
    at->activated = room_take(room, n * s->feed_forward);
    at->dgate_up = room_take(room, n * 2 * s->feed_forward);
    at->dqkv = room_take(room, n * s->qkv_dim);
    at->dhidden = room_take(room, b->slab->n_scored * s->hidden);
    at->final_r = room_take(room, b->slab->n_scored);
    at->dz = room_take(room, b->head_rows * s->vocab);
    return room->base ? room->base + room->used : NULL;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Floats for the largest group. */
static size_t group_floats(const Backward *b) {
    size_t largest = 0;
    for (size_t g = 0; g < b->slab->n_groups; g++) {
        Room room = {NULL, 0};
        GroupRoom at;
        take_group_room(&room, &b->model->shapes, &b->slab->groups[g], &at);
        largest = larger(largest, room.used);
    }
    return largest;
}

/* Chooses how much of the head is done at once. */
static void choose_chunks(Backward *b) {
    const Cpu *cpu = b->model->cpu;
    size_t n_threads = threads_count(cpu->threads);
    size_t share = (b->slab->n_scored + n_threads - 1) / n_threads;
    size_t most = larger(HEAD_FLOATS_MAX / b->model->shapes.vocab, n_threads * cpu->chunk_rows);
    b->head_rows = smaller(most, b->slab->n_scored);
    b->chunk_rows = larger(smaller(share, cpu->chunk_rows), 1);
}

static EmendStatus reserve(Backward *b, EmendError *err) {
    Cpu *cpu = b->model->cpu;
    Room room = {NULL, 0};
    choose_chunks(b);
    lay_out_slab(&room, b, &b->at);
    size_t group = group_floats(b);
    size_t thread =
        larger(b->chunk_rows * b->model->shapes.vocab, gradient_thread_floats(b->model));
    thread = b->slab->is_team ? thread : larger(thread, group);
    thread += decoder_attention_floats(b->model->config.max_position_embeddings);
    return scratch_reserve(&cpu->scratch, cpu->host, room.used + (b->slab->is_team ? group : 0),
                           thread, err);
}

static void swap(float **a, float **b) {
    float *kept = *a;
    *a = *b;
    *b = kept;
}

static void differentiate_slab(Backward *b) {
    Room room = {b->model->cpu->scratch.shared, 0};
    float *group_base = lay_out_slab(&room, b, &b->at);
    Threads *threads = b->model->cpu->threads;
    differentiate_head(b);
    for (b->layer = b->model->shapes.layers; b->layer-- > 0;) {
        if (b->slab->is_team) {
            differentiate_group(b, &b->slab->groups[0], threads, 0, group_base);
        } else {
            threads_run(threads, b->slab->n_groups, group_item, b);
        }
        layer_gradients(b);
        swap(&b->at.dx, &b->at.dnext);
    }
}

/* Where tied, the embedding's gradient is the sum of two, each added up in its own order. */
static void sum_tied(EmendModel *model) {
    if (!model->tied_head) {
        return;
    }
    float *sum = gradient_of(model, model->embedding);
    size_t n = model->shapes.vocab * model->shapes.hidden;
    memcpy(sum, model->tied_head, n * sizeof(float));
    model->cpu->kernels->add(model->tied_lookup, sum, n);
}

static EmendStatus check_coefficients(const EmendTape *tape, EmendSpan coefficients,
                                      EmendError *err) {
    if (coefficients.count != tape->n_sequences) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "backward: %llu coefficients; there must be one for each of the %zu "
                          "sequences of the forward",
                          (unsigned long long)coefficients.count, tape->n_sequences);
    }
    const Backward b = {.coefficients = coefficients};
    for (size_t i = 0; i < tape->n_slabs; i++) {
        const Slab *slab = &tape->slabs[i];
        for (size_t j = 0; j < slab->n_scored; j++) {
            const Scored *scored = &slab->scored[j];
            if ((scored->want & EMEND_WANT_KL) == 0 && coefficients_of(&b, scored).c_kl != 0.0f) {
                return emend_fail(err, EMEND_INVALID_ARGUMENT,
                                  "backward: token %u of sequence %u has a coefficient for its KL; "
                                  "the forward must have been asked for that KL",
                                  scored->index, scored->sequence);
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

EmendStatus backward_run(Cpu *cpu, EmendTape *tape, EmendSpan coefficients, EmendError *err) {
    (void)cpu;
    EmendStatus status = check_tape(tape, err);
    if (status == EMEND_OK) {
        status = check_coefficients(tape, coefficients, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    Backward b = {.tape = tape, .model = tape->model, .coefficients = coefficients};
    for (size_t i = 0; i < tape->n_slabs && status == EMEND_OK; i++) {
        b.slab = &tape->slabs[i];
        status = reserve(&b, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    packed_refresh(tape->model);
    tape->is_used = true;
    for (size_t i = 0; i < tape->n_slabs; i++) {
        b.slab = &tape->slabs[i];
        choose_chunks(&b);
        differentiate_slab(&b);
    }
    sum_tied(tape->model);
    return EMEND_OK;
}

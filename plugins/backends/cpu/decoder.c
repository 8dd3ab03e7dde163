/* SPDX-License-Identifier: Apache-2.0 */
#include "decoder.h"
#include "matmul.h"
#include "packed.h"
#include <math.h>
#include <string.h>

/* One layer's part of the activations. */
typedef struct LayerRun {
    const EmendModel *model;
    const LayerTensors *tensors;
    size_t layer;
    float *x, *middle, *qkv, *attended, *gate_up, *out, *normed, *activated;
} LayerRun;

/* A block of rows as an item of a team. */
typedef struct TeamRows {
    const Pass *pass;
    RowsWork work;
    void *ctx;
    size_t n, block;
} TeamRows;

static void run_block(void *ctx, size_t item, size_t thread) {
    const TeamRows *rows = ctx;
    size_t begin = item * rows->block;
    size_t end = begin + rows->block < rows->n ? begin + rows->block : rows->n;
    rows->work(rows->pass, rows->ctx, begin, end, thread);
}

void pass_rows(const Pass *pass, size_t n, RowsWork work, void *ctx) {
    size_t n_threads = pass->team ? threads_count(pass->team) : 1;
    if (n_threads == 1 || n < 2) {
        work(pass, ctx, 0, n, pass->thread);
        return;
    }
    size_t block = (n + 4 * n_threads - 1) / (4 * n_threads);
    TeamRows rows = {pass, work, ctx, n, block};
    threads_run(pass->team, (n + block - 1) / block, run_block, &rows);
}

void pass_product(const Pass *pass, const GemmArgs *args) {
    const Kernels *kernels = pass->model->cpu->kernels;
    if (pass->team) {
        matmul(pass->team, kernels, args);
    } else {
        kernels->gemm(args);
    }
}

size_t decoder_attention_floats(size_t n_positions) {
    return 2 * scratch_round(n_positions);
}

void decoder_take_activations(Room *room, const Shapes *s, size_t n_rows, Activations *out) {
    *out = (Activations){0};
    out->x = room_take(room, n_rows * s->hidden);
    out->middle = out->x;
    out->qkv = room_take(room, n_rows * s->qkv_dim);
    out->attended = room_take(room, n_rows * s->q_dim);
    out->gate_up = room_take(room, n_rows * 2 * s->feed_forward);
    out->normed = room_take(room, n_rows * s->hidden);
    out->activated = room_take(room, n_rows * s->feed_forward);
}

float decoder_attention_scale(const Shapes *shapes) {
    return (float)(1.0 / sqrt((double)shapes->head_dim));
}

static const float *tensor_weights(const EmendModel *model, uint32_t tensor) {
    return model->weights + model->tensors[tensor].offset;
}

static void look_up(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    (void)thread;
    float *x = ctx;
    const EmendModel *model = pass->model;
    size_t hidden = model->shapes.hidden;
    const float *embedding = tensor_weights(model, model->embedding);
    for (size_t i = begin; i < end; i++) {
        memcpy(x + i * hidden, embedding + pass->rows[i].token * hidden, hidden * sizeof(float));
    }
}

static void norm_rows(const EmendModel *model, const float *x, const float *w, float *y,
                      size_t begin, size_t end) {
    size_t hidden = model->shapes.hidden;
    float eps = (float)model->config.rms_norm_eps;
    for (size_t i = begin; i < end; i++) {
        model->cpu->kernels->rms_norm(x + i * hidden, w, eps, y + i * hidden, hidden);
    }
}

static void input_norm(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    (void)thread;
    const LayerRun *run = ctx;
    const float *w = tensor_weights(run->model, run->tensors->input_norm);
    norm_rows(pass->model, run->x, w, run->normed, begin, end);
}

static void post_norm(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    (void)thread;
    const LayerRun *run = ctx;
    const float *w = tensor_weights(run->model, run->tensors->post_norm);
    norm_rows(pass->model, run->middle, w, run->normed, begin, end);
}

/* Puts a row's keys and values, which follow one another, into its cache. */
static void store(const Shapes *s, size_t layer, const Row *row, const float *keys) {
    const float *values = keys + s->kv_dim;
    for (size_t head = 0; head < s->kv_heads; head++) {
        size_t at = kv_cache_at(s, row->cache, layer, head) + row->position * s->head_dim;
        size_t from = head * s->head_dim;
        memcpy(row->cache->keys + at, keys + from, s->head_dim * sizeof(float));
        memcpy(row->cache->values + at, values + from, s->head_dim * sizeof(float));
    }
}

/* Rotates queries and keys; puts keys and values into the row's cache where it has one. */
static void rotate_and_store(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    (void)thread;
    const LayerRun *run = ctx;
    const EmendModel *model = run->model;
    const Shapes *s = &model->shapes;
    for (size_t i = begin; i < end; i++) {
        const Row *row = &pass->rows[i];
        float *qkv = run->qkv + i * s->qkv_dim;
        const float *cosines = model->rope_cos + row->position * (s->head_dim / 2);
        const float *sines = model->rope_sin + row->position * (s->head_dim / 2);
        for (size_t head = 0; head < s->heads + s->kv_heads; head++) {
            model->cpu->kernels->rotary(qkv + head * s->head_dim, cosines, sines, 1.0f,
                                        s->head_dim);
        }
        if (row->cache) {
            store(s, run->layer, row, qkv + s->q_dim);
        }
    }
}

static void attend_row(const LayerRun *run, const Row *row, size_t i, float *probabilities) {
    const EmendModel *model = run->model;
    const Shapes *s = &model->shapes;
    const float *q = run->qkv + i * s->qkv_dim;
    float scale = decoder_attention_scale(s);
    for (size_t head = 0; head < s->heads; head++) {
        size_t kv_head = head / (s->heads / s->kv_heads);
        const float *k = NULL, *v = NULL;
        size_t stride = s->qkv_dim;
        if (row->cache) {
            size_t at = kv_cache_at(s, row->cache, run->layer, kv_head);
            k = row->cache->keys + at;
            v = row->cache->values + at;
            stride = s->head_dim;
        } else {
            k = q - row->position * s->qkv_dim + s->q_dim + kv_head * s->head_dim;
            v = k + s->kv_dim;
        }
        model->cpu->kernels->attend(q + head * s->head_dim, k, v, stride, (size_t)row->position + 1,
                                    s->head_dim, scale, probabilities,
                                    run->attended + i * s->q_dim + head * s->head_dim);
    }
}

static void attend_rows(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    const LayerRun *run = ctx;
    float *probabilities = pass->model->cpu->scratch.threads[thread];
    for (size_t i = begin; i < end; i++) {
        attend_row(run, &pass->rows[i], i, probabilities);
    }
}

static void swiglu_rows(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    (void)thread;
    const LayerRun *run = ctx;
    size_t n = pass->model->shapes.feed_forward;
    for (size_t i = begin; i < end; i++) {
        const float *gate = run->gate_up + i * 2 * n;
        pass->model->cpu->kernels->swiglu(gate, gate + n, run->activated + i * n, n);
    }
}

/* y = [y +] x W^T over all rows of the pass. */
static void project(const Pass *pass, const float *x, const float *packed, float *y, size_t n,
                    size_t k, int accumulate) {
    GemmArgs args = {.m = pass->n_rows,
                     .n = n,
                     .k = k,
                     .a = x,
                     .a_row = k,
                     .a_col = 1,
                     .b = packed,
                     .c = y,
                     .ldc = n,
                     .accumulate = accumulate};
    pass_product(pass, &args);
}

static void copy_rows(float *to, const float *from, size_t n_floats) {
    if (to != from) {
        memcpy(to, from, n_floats * sizeof(float));
    }
}

static void run_layer(const Pass *pass, LayerRun *run) {
    const Shapes *s = &pass->model->shapes;
    const PackedLayer *packed = &pass->model->packed->layers[run->layer];
    size_t n = pass->n_rows;

    pass_rows(pass, n, input_norm, run);
    project(pass, run->normed, packed->qkv, run->qkv, s->qkv_dim, s->hidden, 0);
    pass_rows(pass, n, rotate_and_store, run);
    pass_rows(pass, n, attend_rows, run);
    copy_rows(run->middle, run->x, n * s->hidden);
    project(pass, run->attended, packed->o, run->middle, s->hidden, s->q_dim, 1);

    pass_rows(pass, n, post_norm, run);
    project(pass, run->normed, packed->gate_up, run->gate_up, 2 * s->feed_forward, s->hidden, 0);
    pass_rows(pass, n, swiglu_rows, run);
    copy_rows(run->out, run->middle, n * s->hidden);
    project(pass, run->activated, packed->down, run->out, s->hidden, s->feed_forward, 1);
}

void decoder_run(const Pass *pass, const Activations *a) {
    const EmendModel *model = pass->model;
    pass_rows(pass, pass->n_rows, look_up, a->x);
    for (size_t l = 0; l < model->shapes.layers; l++) {
        LayerRun run = {.model = model,
                        .tensors = &model->layers[l],
                        .layer = l,
                        .x = a->x + l * a->x_step,
                        .middle = a->middle + l * a->middle_step,
                        .qkv = a->qkv + l * a->qkv_step,
                        .attended = a->attended + l * a->attended_step,
                        .gate_up = a->gate_up + l * a->gate_up_step,
                        .out = a->x + (l + 1) * a->x_step,
                        .normed = a->normed,
                        .activated = a->activated};
        run_layer(pass, &run);
    }
}

/* A final norm to be shared out. */
typedef struct FinalNorm {
    const float *x;
    const uint32_t *wanted;
    size_t first_row;
    float *hidden;
} FinalNorm;

static void final_norm_rows(const Pass *pass, void *ctx, size_t begin, size_t end, size_t thread) {
    (void)thread;
    const FinalNorm *norm = ctx;
    const EmendModel *model = pass->model;
    size_t hidden = model->shapes.hidden;
    const float *w = tensor_weights(model, model->final_norm);
    for (size_t i = begin; i < end; i++) {
        model->cpu->kernels->rms_norm(norm->x + (norm->wanted[i] - norm->first_row) * hidden, w,
                                      (float)model->config.rms_norm_eps, norm->hidden + i * hidden,
                                      hidden);
    }
}

void decoder_final_norm(const Pass *pass, const float *x, const uint32_t *wanted, size_t n_wanted,
                        size_t first_row, float *hidden) {
    FinalNorm norm = {x, wanted, first_row, hidden};
    pass_rows(pass, n_wanted, final_norm_rows, &norm);
}

void decoder_logits(const Pass *pass, const float *hidden, size_t n, float *z) {
    const Shapes *s = &pass->model->shapes;
    GemmArgs args = {.m = n,
                     .n = s->vocab,
                     .k = s->hidden,
                     .a = hidden,
                     .a_row = s->hidden,
                     .a_col = 1,
                     .b = pass->model->packed->head,
                     .c = z,
                     .ldc = s->vocab};
    pass_product(pass, &args);
}

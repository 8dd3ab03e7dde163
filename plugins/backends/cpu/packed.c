/* SPDX-License-Identifier: Apache-2.0 */
#include "packed.h"

enum { MATRICES_A_LAYER = 4, HEAD_ITEMS = 1 };

/* A matrix as stored, rows x columns, and where its packings go. */
typedef struct Source {
    const float *w;
    size_t rows, columns;
    float *forward, *back; /* back NULL: not wanted */
} Source;

static void take_matrix(Room *room, const EmendModel *model, size_t rows, size_t columns,
                        float **forward, float **back) {
    const Kernels *kernels = model->cpu->kernels;
    *forward = room_take(room, kernels->packed_floats(rows, columns));
    if (model->gradients) {
        *back = room_take(room, kernels->packed_floats(columns, rows));
    }
}

/* Sets every pointer, and n_floats. */
static void lay_out(PackedWeights *packed, const EmendModel *model) {
    const Shapes *s = &model->shapes;
    Room room = {packed->block, 0};
    for (size_t l = 0; l < s->layers; l++) {
        PackedLayer *layer = &packed->layers[l];
        take_matrix(&room, model, s->qkv_dim, s->hidden, &layer->qkv, &layer->qkv_back);
        take_matrix(&room, model, s->hidden, s->q_dim, &layer->o, &layer->o_back);
        take_matrix(&room, model, 2 * s->feed_forward, s->hidden, &layer->gate_up,
                    &layer->gate_up_back);
        take_matrix(&room, model, s->hidden, s->feed_forward, &layer->down, &layer->down_back);
    }
    take_matrix(&room, model, s->vocab, s->hidden, &packed->head, &packed->head_back);
    packed->n_floats = room.used;
}

EmendStatus packed_create(const EmendModel *model, PackedWeights **out, EmendError *err) {
    const EmendHost *host = model->cpu->host;
    void *block = NULL;
    EmendStatus status = host_take(host, sizeof(PackedWeights), "packed weights", &block, err);
    if (status != EMEND_OK) {
        return status;
    }
    PackedWeights *packed = block;
    status =
        host_take(host, model->shapes.layers * sizeof(PackedLayer), "packed weights", &block, err);
    if (status != EMEND_OK) {
        goto out;
    }
    packed->layers = block;
    lay_out(packed, model);
    status =
        host_take_raw(host, packed->n_floats * sizeof(float), "the packed weights", &block, err);
    if (status != EMEND_OK) {
        goto out;
    }
    packed->block = block;
    lay_out(packed, model);
    *out = packed;
    packed = NULL; // given away
out:
    packed_destroy(packed, host);
    return status;
}

void packed_destroy(PackedWeights *packed, const EmendHost *host) {
    if (!packed) {
        return;
    }
    host->free(host, packed->block);
    host->free(host, packed->layers);
    host->free(host, packed);
}

size_t packed_floats(const PackedWeights *packed) {
    return packed->n_floats;
}

static const float *weight(const EmendModel *model, uint32_t tensor) {
    return model->weights + model->tensors[tensor].offset;
}

static Source source_of(const EmendModel *model, size_t item) {
    const Shapes *s = &model->shapes;
    const PackedWeights *packed = model->packed;
    if (item / MATRICES_A_LAYER == s->layers) {
        return (Source){weight(model, model->head), s->vocab, s->hidden, packed->head,
                        packed->head_back};
    }
    const PackedLayer *layer = &packed->layers[item / MATRICES_A_LAYER];
    const LayerTensors *t = &model->layers[item / MATRICES_A_LAYER];
    switch (item % MATRICES_A_LAYER) {
    case 0:
        return (Source){weight(model, t->q), s->qkv_dim, s->hidden, layer->qkv, layer->qkv_back};
    case 1:
        return (Source){weight(model, t->o), s->hidden, s->q_dim, layer->o, layer->o_back};
    case 2:
        return (Source){weight(model, t->gate), 2 * s->feed_forward, s->hidden, layer->gate_up,
                        layer->gate_up_back};
    default:
        return (Source){weight(model, t->down), s->hidden, s->feed_forward, layer->down,
                        layer->down_back};
    }
}

static void pack_one(void *ctx, size_t item, size_t thread) {
    (void)thread;
    const EmendModel *model = ctx;
    const Kernels *kernels = model->cpu->kernels;
    Source source = source_of(model, item);
    kernels->pack(source.w, 1, source.columns, source.rows, source.columns, source.forward);
    if (source.back) {
        kernels->pack(source.w, source.columns, 1, source.columns, source.rows, source.back);
    }
}

void packed_refresh(EmendModel *model) {
    if (model->is_packed_current) {
        return;
    }
    size_t n_items = MATRICES_A_LAYER * model->shapes.layers + HEAD_ITEMS;
    threads_run(model->cpu->threads, n_items, pack_one, model);
    model->is_packed_current = true;
}

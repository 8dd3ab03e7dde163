/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"
#include "packed.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bounds that keep every size far from overflow. */
enum {
    MAX_VOCAB = 1 << 24,
    MAX_HIDDEN = 1 << 16,
    MAX_FEED_FORWARD = 1 << 20,
    MAX_LAYERS = 1 << 12,
    MAX_HEADS = 1 << 12,
    MAX_HEAD_DIM = 1 << 12,
    MAX_POSITIONS = 1 << 24,
    MAX_ROTARY = 1 << 26 /* four times Llama 3.1's */
};

static EmendStatus check_size(const char *field, uint32_t value, uint32_t max, EmendError *err) {
    if (value >= 1 && value <= max) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_INVALID_ARGUMENT,
                      "model config: %s is %u; it must be from 1 to %u", field, value, max);
}

static EmendStatus check_sizes(const EmendModelConfig *config, EmendError *err) {
    const struct {
        const char *field;
        uint32_t value, max;
    } sizes[] = {
        {"vocab_size", config->vocab_size, MAX_VOCAB},
        {"hidden_size", config->hidden_size, MAX_HIDDEN},
        {"intermediate_size", config->intermediate_size, MAX_FEED_FORWARD},
        {"num_hidden_layers", config->num_hidden_layers, MAX_LAYERS},
        {"num_attention_heads", config->num_attention_heads, MAX_HEADS},
        {"num_key_value_heads", config->num_key_value_heads, MAX_HEADS},
        {"head_dim", config->head_dim, MAX_HEAD_DIM},
        {"max_position_embeddings", config->max_position_embeddings, MAX_POSITIONS},
    };
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && status == EMEND_OK; i++) {
        status = check_size(sizes[i].field, sizes[i].value, sizes[i].max, err);
    }
    return status;
}

static EmendStatus derive_heads(EmendModelConfig *config, EmendError *err) {
    uint32_t heads = config->num_attention_heads;
    if (config->num_key_value_heads == 0) {
        config->num_key_value_heads = heads;
    }
    if (config->head_dim == 0 && heads > 0) {
        if (config->hidden_size % heads != 0) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "model config: hidden_size is %u; without a head_dim it must be a "
                              "multiple of num_attention_heads, %u",
                              config->hidden_size, heads);
        }
        config->head_dim = config->hidden_size / heads;
    }
    return EMEND_OK;
}

static EmendStatus check_numbers(const EmendModelConfig *config, EmendError *err) {
    if (config->num_attention_heads % config->num_key_value_heads != 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model config: num_key_value_heads is %u; it must divide "
                          "num_attention_heads, %u",
                          config->num_key_value_heads, config->num_attention_heads);
    }
    if (config->head_dim % 2 != 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model config: head_dim is %u; rotary positions need an even one",
                          config->head_dim);
    }
    if ((uint64_t)config->max_position_embeddings * config->head_dim > MAX_ROTARY) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model config: max_position_embeddings is %u and head_dim %u; their "
                          "product must be at most %u",
                          config->max_position_embeddings, config->head_dim, MAX_ROTARY);
    }
    if (!(config->rope_theta > 0) || !isfinite(config->rope_theta)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model config: rope_theta is %g; it must be above 0", config->rope_theta);
    }
    if (!(config->rms_norm_eps >= 0) || !isfinite(config->rms_norm_eps)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model config: rms_norm_eps is %g; it must be 0 or more",
                          config->rms_norm_eps);
    }
    if (!(config->initializer_range >= 0) || !isfinite(config->initializer_range)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model config: initializer_range is %g; it must be 0 or more",
                          config->initializer_range);
    }
    if ((config->flags & ~(uint32_t)EMEND_MODEL_TIED_EMBEDDINGS) != 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model config: flags are 0x%x; only 0x%x is known", config->flags,
                          EMEND_MODEL_TIED_EMBEDDINGS);
    }
    return EMEND_OK;
}

EmendStatus model_config_check(EmendModelConfig *config, EmendError *err) {
    EmendStatus status = derive_heads(config, err);
    if (status == EMEND_OK) {
        status = check_sizes(config, err);
    }
    return status == EMEND_OK ? check_numbers(config, err) : status;
}

static Shapes shapes_of(const EmendModelConfig *config) {
    Shapes s = {.hidden = config->hidden_size,
                .layers = config->num_hidden_layers,
                .vocab = config->vocab_size,
                .feed_forward = config->intermediate_size,
                .heads = config->num_attention_heads,
                .kv_heads = config->num_key_value_heads,
                .head_dim = config->head_dim};
    s.q_dim = s.heads * s.head_dim;
    s.kv_dim = s.kv_heads * s.head_dim;
    s.qkv_dim = s.q_dim + 2 * s.kv_dim;
    return s;
}

/* Appends a tensor; layer < 0: not of a layer. */
static uint32_t add_tensor(EmendModel *model, int layer, const char *name, size_t rows,
                           size_t columns) {
    Tensor *tensor = &model->tensors[model->n_tensors];
    if (layer < 0) {
        snprintf(tensor->name, sizeof(tensor->name), "%s.weight", name);
    } else {
        snprintf(tensor->name, sizeof(tensor->name), "model.layers.%d.%s.weight", layer, name);
    }
    tensor->rows = (uint32_t)rows;
    tensor->columns = (uint32_t)columns;
    tensor->offset = model->n_floats;
    model->n_floats += rows * columns;
    return model->n_tensors++;
}

static uint32_t add_norm(EmendModel *model, int layer, const char *name) {
    uint32_t i = add_tensor(model, layer, name, 1, model->shapes.hidden);
    model->tensors[i].is_vector = true;
    return i;
}

static void add_layer(EmendModel *model, int layer) {
    const Shapes *s = &model->shapes;
    LayerTensors *t = &model->layers[layer];
    t->input_norm = add_norm(model, layer, "input_layernorm");
    t->q = add_tensor(model, layer, "self_attn.q_proj", s->q_dim, s->hidden);
    t->k = add_tensor(model, layer, "self_attn.k_proj", s->kv_dim, s->hidden);
    t->v = add_tensor(model, layer, "self_attn.v_proj", s->kv_dim, s->hidden);
    t->o = add_tensor(model, layer, "self_attn.o_proj", s->hidden, s->q_dim);
    t->post_norm = add_norm(model, layer, "post_attention_layernorm");
    t->gate = add_tensor(model, layer, "mlp.gate_proj", s->feed_forward, s->hidden);
    t->up = add_tensor(model, layer, "mlp.up_proj", s->feed_forward, s->hidden);
    t->down = add_tensor(model, layer, "mlp.down_proj", s->hidden, s->feed_forward);
}

static EmendStatus lay_out_tensors(EmendModel *model, EmendError *err) {
    const EmendHost *host = model->cpu->host;
    size_t n_tensors = 3 + 9 * model->shapes.layers;
    void *tensors = NULL, *layers = NULL;
    EmendStatus status =
        host_take(host, n_tensors * sizeof(Tensor), "the list of tensors", &tensors, err);
    if (status != EMEND_OK) {
        return status;
    }
    model->tensors = tensors;
    status = host_take(host, model->shapes.layers * sizeof(LayerTensors), "the list of layers",
                       &layers, err);
    if (status != EMEND_OK) {
        return status;
    }
    model->layers = layers;
    model->embedding =
        add_tensor(model, -1, "model.embed_tokens", model->shapes.vocab, model->shapes.hidden);
    for (size_t l = 0; l < model->shapes.layers; l++) {
        add_layer(model, (int)l);
    }
    model->final_norm = add_norm(model, -1, "model.norm");
    model->head = model->embedding;
    if (!model_is_tied(model)) {
        model->head = add_tensor(model, -1, "lm_head", model->shapes.vocab, model->shapes.hidden);
    }
    return EMEND_OK;
}

static EmendStatus take_floats(const EmendModel *model, size_t n, const char *what, float **out,
                               EmendError *err) {
    void *block = NULL;
    EmendStatus status = host_take(model->cpu->host, n * sizeof(float), what, &block, err);
    *out = block;
    return status;
}

static EmendStatus take_training_blocks(EmendModel *model, EmendError *err) {
    EmendStatus status =
        take_floats(model, model->n_floats, "the gradients", &model->gradients, err);
    if (status == EMEND_OK) {
        status = take_floats(model, model->n_floats, "the first moments", &model->moments1, err);
    }
    if (status == EMEND_OK) {
        status = take_floats(model, model->n_floats, "the second moments", &model->moments2, err);
    }
    size_t n_tied = model->shapes.vocab * model->shapes.hidden;
    if (status == EMEND_OK && model_is_tied(model)) {
        status = take_floats(model, n_tied, "the gradient of the head", &model->tied_head, err);
    }
    if (status == EMEND_OK && model_is_tied(model)) {
        status =
            take_floats(model, n_tied, "the gradient of the embedding", &model->tied_lookup, err);
    }
    return status;
}

static EmendStatus fill_rotary(EmendModel *model, EmendError *err) {
    size_t half = model->shapes.head_dim / 2;
    size_t n_positions = model->config.max_position_embeddings;
    EmendStatus status =
        take_floats(model, n_positions * half, "the rotary table", &model->rope_cos, err);
    if (status == EMEND_OK) {
        status = take_floats(model, n_positions * half, "the rotary table", &model->rope_sin, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    for (size_t i = 0; i < half; i++) {
        double frequency = pow(model->config.rope_theta, -(double)i / (double)half);
        for (size_t position = 0; position < n_positions; position++) {
            double angle = (double)position * frequency;
            model->rope_cos[position * half + i] = (float)cos(angle);
            model->rope_sin[position * half + i] = (float)sin(angle);
        }
    }
    return EMEND_OK;
}

EmendStatus model_create(Cpu *cpu, const EmendModelConfig *config, uint32_t flags, EmendModel **out,
                         EmendError *err) {
    void *block = NULL;
    EmendStatus status = host_take(cpu->host, sizeof(EmendModel), "a model", &block, err);
    if (status != EMEND_OK) {
        return status;
    }
    EmendModel *model = block;
    model->cpu = cpu;
    model->config = *config;
    model->config.struct_size = (uint32_t)sizeof(EmendModelConfig);
    model->shapes = shapes_of(config);
    status = lay_out_tensors(model, err);
    if (status == EMEND_OK) {
        status = take_floats(model, model->n_floats, "the weights", &model->weights, err);
    }
    if (status == EMEND_OK && (flags & EMEND_MODEL_FROZEN) == 0) {
        status = take_training_blocks(model, err);
    }
    if (status == EMEND_OK) {
        status = fill_rotary(model, err);
    }
    if (status == EMEND_OK) {
        status = packed_create(model, &model->packed, err);
    }
    if (status != EMEND_OK) {
        goto out;
    }
    *out = model;
    model = NULL; // given away
out:
    model_destroy(model);
    return status;
}

void model_destroy(EmendModel *model) {
    if (!model) {
        return;
    }
    const EmendHost *host = model->cpu->host;
    packed_destroy(model->packed, host);
    host->free(host, model->rope_sin);
    host->free(host, model->rope_cos);
    host->free(host, model->tied_lookup);
    host->free(host, model->tied_head);
    host->free(host, model->moments2);
    host->free(host, model->moments1);
    host->free(host, model->gradients);
    host->free(host, model->weights);
    host->free(host, model->layers);
    host->free(host, model->tensors);
    host->free(host, model);
}

/* Four standard normals by Box and Muller from one position of a stream. */
static void draw_normals(const EmendRandomKey *key, uint32_t position, double out[4]) {
    const double two_pi = 6.283185307179586;
    uint32_t words[4];
    emend_random_words(key, position, words);
    for (int pair = 0; pair < 2; pair++) {
        double u = ((double)words[2 * pair] + 1.0) / 4294967296.0; // in (0, 1]: its log is finite
        double angle = two_pi * ((double)words[2 * pair + 1] / 4294967296.0);
        double radius = sqrt(-2.0 * log(u));
        out[2 * pair] = radius * cos(angle);
        out[2 * pair + 1] = radius * sin(angle);
    }
}

static void initialize_matrix(EmendModel *model, uint32_t i, uint64_t seed) {
    const Tensor *tensor = &model->tensors[i];
    size_t n = (size_t)tensor->rows * tensor->columns;
    float *w = model->weights + tensor->offset;
    EmendRandomKey key = {.seed = seed, .episode = i, .purpose = EMEND_RANDOM_INIT};
    for (size_t at = 0; at < n; at += 4) {
        double normals[4];
        draw_normals(&key, (uint32_t)(at / 4), normals);
        for (size_t j = 0; j < 4 && at + j < n; j++) {
            w[at + j] = (float)(model->config.initializer_range * normals[j]);
        }
    }
}

void model_initialize(EmendModel *model, uint64_t seed) {
    for (uint32_t i = 0; i < model->n_tensors; i++) {
        const Tensor *tensor = &model->tensors[i];
        if (!tensor->is_vector) {
            initialize_matrix(model, i, seed);
            continue;
        }
        for (size_t j = 0; j < tensor->columns; j++) {
            model->weights[tensor->offset + j] = 1.0f;
        }
    }
    model_weights_changed(model);
}

void model_weights_changed(EmendModel *model) {
    model->is_packed_current = false;
    model->version++;
}

bool model_is_tied(const EmendModel *model) {
    return (model->config.flags & EMEND_MODEL_TIED_EMBEDDINGS) != 0;
}

size_t model_bytes(const EmendModel *model) {
    size_t n = model->n_floats * (model->gradients ? 4 : 1);
    n += model->tied_head ? 2 * model->shapes.vocab * model->shapes.hidden : 0;
    n += (size_t)model->config.max_position_embeddings * model->shapes.head_dim;
    n += packed_floats(model->packed);
    return n * sizeof(float);
}

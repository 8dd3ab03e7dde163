/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"
#include <math.h>
#include <string.h>

/* --- memory --- */

EmendStatus backend_take(const Backend *backend, size_t n, size_t size, const char *what,
                         void **out, EmendError *err) {
    size_t bytes = n > 0 ? n * size : 1;
    void *block = backend->host->alloc(backend->host, bytes, 64);
    if (!block) {
        return emend_fail(err, EMEND_EXHAUSTED,
                          "backend: %zu bytes for %s are not to be had; use a smaller model or "
                          "batch, or a larger memory budget",
                          bytes, what);
    }
    memset(block, 0, bytes);
    *out = block;
    return EMEND_OK;
}

EmendStatus backend_take_parts(const Backend *backend, const Part *parts, size_t n_parts,
                               const char *what, EmendError *err) {
    size_t n_floats = 0;
    void *block = NULL;
    for (size_t i = 0; i < n_parts; i++) {
        n_floats += parts[i].n_floats;
    }
    EmendStatus status = backend_take(backend, n_floats, sizeof(float), what, &block, err);
    float *next = block;
    for (size_t i = 0; i < n_parts && status == EMEND_OK; i++) {
        *parts[i].at = next;
        next += parts[i].n_floats;
    }
    return status;
}

/* --- the config --- */

static EmendStatus check_sizes(const EmendModelConfig *c, EmendError *err) {
    // Bounds that keep every size far from overflow.
    const struct {
        const char *field;
        uint32_t value, max;
    } sizes[] = {{"vocab_size", c->vocab_size, 1 << 24},
                 {"hidden_size", c->hidden_size, 1 << 16},
                 {"intermediate_size", c->intermediate_size, 1 << 20},
                 {"num_hidden_layers", c->num_hidden_layers, 1 << 12},
                 {"num_attention_heads", c->num_attention_heads, 1 << 12},
                 {"num_key_value_heads", c->num_key_value_heads, 1 << 12},
                 {"head_dim", c->head_dim, 1 << 12},
                 {"max_position_embeddings", c->max_position_embeddings, 1 << 24}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (sizes[i].value < 1 || sizes[i].value > sizes[i].max) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "model config: %s is %u; it must be from 1 to %u", sizes[i].field,
                              sizes[i].value, sizes[i].max);
        }
    }
    return EMEND_OK;
}

static EmendStatus check_heads(const EmendModelConfig *c, EmendError *err) {
    if (c->num_attention_heads % c->num_key_value_heads != 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model config: num_key_value_heads is %u; it must divide "
                          "num_attention_heads, %u",
                          c->num_key_value_heads, c->num_attention_heads);
    }
    if (c->head_dim % 2 != 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model config: head_dim is %u; rotary positions need an even one",
                          c->head_dim);
    }
    if ((uint64_t)c->max_position_embeddings * c->head_dim > 1 << 26) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model config: max_position_embeddings is %u and head_dim %u; their "
                          "product must be at most %d",
                          c->max_position_embeddings, c->head_dim, 1 << 26);
    }
    return EMEND_OK;
}

static EmendStatus check_numbers(const EmendModelConfig *c, EmendError *err) {
    const struct {
        const char *field;
        double value, least;
    } numbers[] = {{"rope_theta", c->rope_theta, 1e-30},
                   {"rms_norm_eps", c->rms_norm_eps, 0.0},
                   {"initializer_range", c->initializer_range, 0.0}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (!(numbers[i].value >= numbers[i].least) || !isfinite(numbers[i].value)) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "model config: %s is %g; it must be a number of %g or more",
                              numbers[i].field, numbers[i].value, numbers[i].least);
        }
    }
    if ((c->flags & ~(uint32_t)EMEND_MODEL_TIED_EMBEDDINGS) != 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model config: flags are 0x%x; only 0x%x is known", c->flags,
                          (unsigned)EMEND_MODEL_TIED_EMBEDDINGS);
    }
    return EMEND_OK;
}

EmendStatus model_config_check(EmendModelConfig *c, EmendError *err) {
    if (c->num_key_value_heads == 0) {
        c->num_key_value_heads = c->num_attention_heads;
    }
    if (c->head_dim == 0 && c->num_attention_heads > 0) {
        if (c->hidden_size % c->num_attention_heads != 0) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "model config: hidden_size is %u; without a head_dim it must be a "
                              "multiple of num_attention_heads, %u",
                              c->hidden_size, c->num_attention_heads);
        }
        c->head_dim = c->hidden_size / c->num_attention_heads;
    }
    EmendStatus status = check_sizes(c, err);
    if (status == EMEND_OK) {
        status = check_heads(c, err);
    }
    return status == EMEND_OK ? check_numbers(c, err) : status;
}

/* --- the tensors --- */

size_t tensor_floats(const Tensor *tensor) {
    return (size_t)tensor->rows * tensor->columns;
}

/* Appends a tensor and returns its offset; layer < 0: of none; rows 0: a vector. */
static size_t add_tensor(EmendModel *model, int layer, const char *name, size_t rows,
                         size_t columns) {
    Tensor *tensor = &model->tensors[model->n_tensors++];
    if (layer < 0) {
        snprintf(tensor->name, sizeof tensor->name, "%s.weight", name);
    } else {
        snprintf(tensor->name, sizeof tensor->name, "model.layers.%d.%s.weight", layer, name);
    }
    tensor->is_vector = rows == 0;
    tensor->rows = rows == 0 ? 1 : (uint32_t)rows;
    tensor->columns = (uint32_t)columns;
    tensor->offset = model->n_floats;
    model->n_floats += tensor_floats(tensor);
    return tensor->offset;
}

static void add_layer(EmendModel *m, int i) {
    Layer *layer = &m->layers[i];
    layer->input_norm = add_tensor(m, i, "input_layernorm", 0, m->hidden);
    layer->q = add_tensor(m, i, "self_attn.q_proj", m->q_dim, m->hidden);
    layer->kv = add_tensor(m, i, "self_attn.k_proj", m->kv_dim / 2, m->hidden);
    add_tensor(m, i, "self_attn.v_proj", m->kv_dim / 2, m->hidden);
    layer->o = add_tensor(m, i, "self_attn.o_proj", m->hidden, m->q_dim);
    layer->post_norm = add_tensor(m, i, "post_attention_layernorm", 0, m->hidden);
    layer->gate_up = add_tensor(m, i, "mlp.gate_proj", m->inner, m->hidden);
    add_tensor(m, i, "mlp.up_proj", m->inner, m->hidden);
    layer->down = add_tensor(m, i, "mlp.down_proj", m->hidden, m->inner);
}

static EmendStatus lay_out_tensors(EmendModel *m, EmendError *err) {
    uint32_t n_layers = m->config.num_hidden_layers;
    void *tensors = NULL, *layers = NULL;
    EmendStatus status = backend_take(m->backend, 3 + 9 * (size_t)n_layers, sizeof(Tensor),
                                      "tensors", &tensors, err);
    if (status == EMEND_OK) {
        m->tensors = tensors;
        status = backend_take(m->backend, n_layers, sizeof(Layer), "layers", &layers, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    m->layers = layers;
    m->embedding = add_tensor(m, -1, "model.embed_tokens", m->vocab, m->hidden);
    for (uint32_t i = 0; i < n_layers; i++) {
        add_layer(m, (int)i);
    }
    m->final_norm = add_tensor(m, -1, "model.norm", 0, m->hidden);
    bool is_tied = (m->config.flags & EMEND_MODEL_TIED_EMBEDDINGS) != 0;
    m->head = is_tied ? m->embedding : add_tensor(m, -1, "lm_head", m->vocab, m->hidden);
    return EMEND_OK;
}

static void fill_rotary(EmendModel *model) {
    size_t half = model->head_dim / 2;
    for (size_t i = 0; i < half; i++) {
        double frequency = pow(model->config.rope_theta, -(double)i / (double)half);
        for (size_t position = 0; position < model->config.max_position_embeddings; position++) {
            float *at = model->rotary + position * model->head_dim;
            at[i] = (float)cos((double)position * frequency);
            at[half + i] = (float)sin((double)position * frequency);
        }
    }
}

EmendStatus model_create(const Backend *backend, const EmendModelConfig *config, uint32_t flags,
                         EmendModel **out, EmendError *err) {
    void *block = NULL;
    EmendStatus status = backend_take(backend, 1, sizeof(EmendModel), "a model", &block, err);
    if (status != EMEND_OK) {
        return status;
    }
    EmendModel *m = block;
    m->backend = backend;
    m->config = *config;
    m->config.struct_size = (uint32_t)sizeof(EmendModelConfig);
    m->hidden = config->hidden_size;
    m->inner = config->intermediate_size;
    m->vocab = config->vocab_size;
    m->head_dim = config->head_dim;
    m->q_dim = m->head_dim * config->num_attention_heads;
    m->kv_dim = m->head_dim * config->num_key_value_heads * 2;
    status = lay_out_tensors(m, err);
    if (status == EMEND_OK) {
        const Part parts[] = {{&m->weights, m->n_floats},
                              {&m->rotary, m->config.max_position_embeddings * m->head_dim},
                              {&m->gradients, m->n_floats},
                              {&m->moments1, m->n_floats},
                              {&m->moments2, m->n_floats}};
        size_t n_parts = (flags & EMEND_MODEL_FROZEN) != 0 ? 2 : 5;
        status = backend_take_parts(backend, parts, n_parts, "the weights", err);
    }
    if (status != EMEND_OK) {
        goto out;
    }
    fill_rotary(m);
    *out = m;
    m = NULL; // given away
out:
    model_destroy(m);
    return status;
}

void model_destroy(EmendModel *model) {
    if (!model) {
        return;
    }
    const EmendHost *host = model->backend->host;
    host->free(host, model->weights);
    host->free(host, model->layers);
    host->free(host, model->tensors);
    host->free(host, model);
}

/* Four standard normals from one position of a stream (Box and Muller). */
static void draw_normals(const EmendRandomKey *key, uint32_t position, double out[4]) {
    const double two_pi = 6.283185307179586;
    uint32_t words[4];
    emend_random_words(key, position, words);
    for (int pair = 0; pair < 4; pair += 2) {
        double u = ((double)words[pair] + 1.0) / 4294967296.0; // in (0, 1]: its log is finite
        double angle = two_pi * ((double)words[pair + 1] / 4294967296.0);
        double radius = sqrt(-2.0 * log(u));
        out[pair] = radius * cos(angle);
        out[pair + 1] = radius * sin(angle);
    }
}

void model_initialize(EmendModel *model, uint64_t seed) {
    double deviation = model->config.initializer_range * model->backend->init_scale;
    for (uint32_t i = 0; i < model->n_tensors; i++) {
        const Tensor *tensor = &model->tensors[i];
        EmendRandomKey key = {.seed = seed, .episode = i, .purpose = EMEND_RANDOM_INIT};
        double normals[4];
        for (size_t j = 0; j < tensor_floats(tensor); j++) {
            if (j % 4 == 0) {
                draw_normals(&key, (uint32_t)(j / 4), normals);
            }
            model->weights[tensor->offset + j] =
                tensor->is_vector ? 1.0f : (float)(deviation * normals[j % 4]);
        }
    }
    model->version++;
}

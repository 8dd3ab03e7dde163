#include "model.h"
#include <math.h>
#include <string.h>

/* --- memory --- */

EmendStatus backend_take(const Backend *backend, size_t n, size_t size, const char *what,
                         void **out, EmendError *err) {
    size_t most = SIZE_MAX / 2; // which no host has
    size_t bytes = n == 0 ? 1 : n > most / size ? most : n * size;
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

static EmendStatus check_flags(uint32_t flags, uint32_t known, const char *place, EmendError *err) {
    if ((flags & ~known) == 0) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: flags are 0x%x; only 0x%x are known", place,
                      flags, known);
}

static bool is_within(uint32_t size, uint32_t most) {
    return size >= 1 && size <= most;
}

/* The bounds keep every size far from overflow. */
EmendStatus model_config_check(EmendModelConfig *c, EmendError *err) {
    uint32_t heads = c->num_attention_heads;
    if (c->num_key_value_heads == 0) {
        c->num_key_value_heads = heads;
    }
    if (c->head_dim == 0 && heads > 0 && c->hidden_size % heads == 0) {
        c->head_dim = c->hidden_size / heads;
    }
    uint32_t kv_heads = c->num_key_value_heads;
    const struct {
        bool is_right;
        const char *field;
        double value;
        const char *must;
    } claims[] = {
        {is_within(c->vocab_size, 1 << 24), "vocab_size", c->vocab_size, "from 1 to 2^24"},
        {is_within(c->hidden_size, 1 << 16), "hidden_size", c->hidden_size, "from 1 to 2^16"},
        {is_within(c->intermediate_size, 1 << 20), "intermediate_size", c->intermediate_size,
         "from 1 to 2^20"},
        {is_within(c->num_hidden_layers, 1 << 12), "num_hidden_layers", c->num_hidden_layers,
         "from 1 to 2^12"},
        {is_within(heads, 1 << 12), "num_attention_heads", heads, "from 1 to 2^12"},
        {is_within(kv_heads, heads) && heads % kv_heads == 0, "num_key_value_heads", kv_heads,
         "a divisor of num_attention_heads"},
        {is_within(c->head_dim, 1 << 12) && c->head_dim % 2 == 0, "head_dim", c->head_dim,
         "even, for rotary positions, and from 2 to 2^12; 0 is hidden_size / num_attention_heads"},
        {is_within(c->max_position_embeddings, 1 << 24) &&
             (uint64_t)c->max_position_embeddings * c->head_dim <= 1 << 26,
         "max_position_embeddings", c->max_position_embeddings, "from 1 to 2^26 / head_dim"},
        {c->rope_theta > 0.0 && isfinite(c->rope_theta), "rope_theta", c->rope_theta, "above 0"},
        {c->rms_norm_eps >= 0.0 && isfinite(c->rms_norm_eps), "rms_norm_eps", c->rms_norm_eps,
         "0 or more"},
        {c->initializer_range >= 0.0 && isfinite(c->initializer_range), "initializer_range",
         c->initializer_range, "0 or more"}};
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        if (!claims[i].is_right) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "model config: %s is %.10g; it must be %s", claims[i].field,
                              claims[i].value, claims[i].must);
        }
    }
    return check_flags(c->flags, EMEND_MODEL_TIED_EMBEDDINGS, "model config", err);
}

EmendStatus model_check_tokens(const EmendModel *model, const int32_t *tokens, uint64_t n,
                               const char *call, const char *what, size_t i, EmendError *err) {
    for (uint64_t t = 0; t < n; t++) {
        if (tokens[t] < 0 || (size_t)tokens[t] >= model->vocab) {
            return emend_fail(err, EMEND_OUT_OF_RANGE,
                              "%s: token %llu of %s %zu is %d; ids are below the vocabulary's "
                              "size, %zu",
                              call, (unsigned long long)t, what, i, tokens[t], model->vocab);
        }
    }
    return EMEND_OK;
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
    model_close(NULL, m);
    return status;
}

void model_close(void *self, EmendModel *model) {
    (void)self;
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

static void initialize(EmendModel *model, uint64_t seed) {
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

/* --- the operations of the backend's table --- */

static EmendStatus open_fresh(const Backend *backend, const EmendModelSource *source,
                              EmendModel **out, EmendError *err) {
    EmendModelConfig config = {0};
    if (!source->config) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model: neither a folder nor a config is given; one of them must be");
    }
    size_t given = source->config->struct_size;
    memcpy(&config, source->config, given < sizeof config ? given : sizeof config);
    EmendStatus status = model_config_check(&config, err);
    if (status == EMEND_OK) {
        status = model_create(backend, &config, source->flags, out, err);
    }
    if (status == EMEND_OK) {
        initialize(*out, source->seed);
    }
    return status;
}

EmendStatus model_open(void *self, const EmendModelSource *source, EmendModel **out,
                       EmendError *err) {
    EmendStatus status =
        check_flags(source->flags, EMEND_MODEL_FROZEN | EMEND_MODEL_OPTIMIZER, "model_open", err);
    if (status != EMEND_OK) {
        return status;
    }
    return source->dir.len > 0 ? folder_read(self, source->dir, source->flags, out, err)
                               : open_fresh(self, source, out, err);
}

EmendStatus model_clone(void *self, const EmendModel *model, uint32_t flags, EmendModel **out,
                        EmendError *err) {
    EmendModel *clone = NULL;
    size_t n_bytes = model->n_floats * sizeof(float);
    EmendStatus status =
        check_flags(flags, EMEND_MODEL_FROZEN | EMEND_MODEL_OPTIMIZER, "model_clone", err);
    if (status == EMEND_OK) {
        status = model_create(self, &model->config, flags, &clone, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    memcpy(clone->weights, model->weights, n_bytes);
    if ((flags & EMEND_MODEL_OPTIMIZER) != 0 && clone->moments1 && model->moments1) {
        memcpy(clone->moments1, model->moments1, n_bytes);
        memcpy(clone->moments2, model->moments2, n_bytes);
    }
    *out = clone;
    return EMEND_OK;
}

EmendStatus model_save(void *self, const EmendModel *model, EmendStr dir, uint32_t flags,
                       EmendError *err) {
    (void)self;
    EmendStatus status = check_flags(flags, EMEND_MODEL_OPTIMIZER, "model_save", err);
    return status == EMEND_OK ? folder_write(model, dir, flags, err) : status;
}

EmendStatus model_info(void *self, const EmendModel *model, EmendModelInfo *out, EmendError *err) {
    (void)self;
    (void)err;
    size_t n_rotary = model->config.max_position_embeddings * model->head_dim;
    size_t n_held = model->n_floats * (model->gradients ? 4 : 1) + n_rotary;
    EmendModelInfo info = {.struct_size = out->struct_size,
                           .n_parameters = model->n_floats,
                           .n_bytes = n_held * sizeof(float),
                           .config = model->config};
    memcpy(out, &info, out->struct_size < sizeof info ? out->struct_size : sizeof info);
    return EMEND_OK;
}

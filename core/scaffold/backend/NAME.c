/* SPDX-License-Identifier: Apache-2.0 */
/* Backend "@NAME@": the plugin's entry, its config and the backend's table.
 *
 * This is a whole backend in plain C, short enough to read in one sitting: it samples, it trains,
 * and it keeps every promise of emend/backend.h. To run elsewhere, replace it from here on, in this
 * order, with its tests passing after each (README.md says how):
 *
 *   1. decoder.c    a row of the decoder. First multiply(), where most of the time goes; then
 *                   decoder_row(), for many rows at once
 *   2. backward.c   the same backwards. First multiply_back(), then sequence_back()
 *   3. optimizer.c  one loop over the weights
 *   4. generate.c   samples one request after another; a batch of them is what makes it fast
 *   5. forward.c    scores one sequence after another; a batch here too
 *   6. model.c      where weights live, when they are no longer in the host's memory
 *
 * folder.c (HuggingFace folders) and this file can stay as they are.
 */
#include "config.pb-c.h"
#include "emend/plugin.h"
#include "model.h"
#include <math.h>
#include <string.h>

struct EmendPlugin {
    const EmendHost *host;
};

/* --- models --- */

static uint64_t describe(void *self, char *text, uint64_t capacity) {
    (void)self;
    int needed = snprintf(text, capacity, "plain C, one thread");
    return needed > 0 ? (uint64_t)needed : 0;
}

static EmendStatus check_flags(uint32_t flags, uint32_t known, const char *place, EmendError *err) {
    if ((flags & ~known) == 0) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: flags are 0x%x; only 0x%x are known", place,
                      flags, known);
}

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
        model_initialize(*out, source->seed);
    }
    return status;
}

static EmendStatus model_open(void *self, const EmendModelSource *source, EmendModel **out,
                              EmendError *err) {
    EmendStatus status =
        check_flags(source->flags, EMEND_MODEL_FROZEN | EMEND_MODEL_OPTIMIZER, "model_open", err);
    if (status != EMEND_OK) {
        return status;
    }
    return source->dir.len > 0 ? folder_read(self, source->dir, source->flags, out, err)
                               : open_fresh(self, source, out, err);
}

static EmendStatus model_clone(void *self, const EmendModel *model, uint32_t flags,
                               EmendModel **out, EmendError *err) {
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

static EmendStatus model_save(void *self, const EmendModel *model, EmendStr dir, uint32_t flags,
                              EmendError *err) {
    (void)self;
    EmendStatus status = check_flags(flags, EMEND_MODEL_OPTIMIZER, "model_save", err);
    return status == EMEND_OK ? folder_write(model, dir, flags, err) : status;
}

static EmendStatus model_info(void *self, const EmendModel *model, EmendModelInfo *out,
                              EmendError *err) {
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

static void model_close(void *self, EmendModel *model) {
    (void)self;
    model_destroy(model);
}

/* --- sessions, tapes, steps --- */

static EmendStatus session_open(void *self, EmendModel *model, EmendSession **out,
                                EmendError *err) {
    (void)self;
    return session_create(model, out, err);
}

static void session_close(void *self, EmendSession *session) {
    (void)self;
    session_destroy(session);
}

static EmendStatus generate(void *self, EmendSession *session, EmendSpan requests,
                            const int32_t *stops, uint64_t n_stops, EmendError *err) {
    (void)self;
    return generate_run(session, requests, stops, n_stops, err);
}

static EmendStatus forward(void *self, EmendModel *model, const EmendForwardArgs *args,
                           EmendTape **tape, EmendError *err) {
    (void)self;
    return forward_run(model, args, tape, err);
}

static EmendStatus backward(void *self, EmendTape *tape, EmendSpan coefficients, EmendError *err) {
    (void)self;
    return backward_run(tape, coefficients, err);
}

static void tape_release(void *self, EmendTape *tape) {
    (void)self;
    tape_destroy(tape);
}

static EmendStatus optimizer_step(void *self, EmendModel *model, const EmendOptimizerStep *args,
                                  EmendOptimizerResult *out, EmendError *err) {
    (void)self;
    return optimizer_run(model, args, out, err);
}

/* --- extension emend.backend.gradients/1 --- */

static EmendStatus gradients_tensor(void *self, EmendModel *model, uint64_t i, const char **name,
                                    float **values, float **gradient, uint64_t *n,
                                    EmendError *err) {
    (void)self;
    if (i >= model->n_tensors) {
        return emend_fail(err, EMEND_OUT_OF_RANGE, "tensor %llu: the model has %u",
                          (unsigned long long)i, model->n_tensors);
    }
    const Tensor *tensor = &model->tensors[i];
    *name = tensor->name;
    *values = model->weights + tensor->offset;
    *gradient = model->gradients ? model->gradients + tensor->offset : NULL;
    *n = tensor_floats(tensor);
    return EMEND_OK;
}

static EmendStatus gradients_values_changed(void *self, EmendModel *model, EmendError *err) {
    (void)self;
    (void)err;
    model->version++;
    return EMEND_OK;
}

static const void *extension(void *self, const char *id) {
    static const EmendBackendGradients gradients = {.struct_size = sizeof(EmendBackendGradients),
                                                    .tensor = gradients_tensor,
                                                    .values_changed = gradients_values_changed};
    (void)self;
    return strcmp(id, EMEND_BACKEND_GRADIENTS) == 0 ? &gradients : NULL;
}

static const EmendBackend table_of_backend = {.struct_size = sizeof(EmendBackend),
                                              .flags = EMEND_BACKEND_EXACT,
                                              .describe = describe,
                                              .model_open = model_open,
                                              .model_clone = model_clone,
                                              .model_save = model_save,
                                              .model_info = model_info,
                                              .model_close = model_close,
                                              .session_open = session_open,
                                              .session_close = session_close,
                                              .generate = generate,
                                              .forward = forward,
                                              .backward = backward,
                                              .tape_release = tape_release,
                                              .optimizer_step = optimizer_step,
                                              .extension = extension};

/* --- the plugin --- */

static EmendStatus read_config(EmendBytes bytes, Backend *out, EmendError *err) {
    Plugin__Config *config = plugin__config__unpack(NULL, bytes.len, bytes.ptr);
    if (!config) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "config: its %llu bytes cannot be read as a Config, or memory is gone",
                          (unsigned long long)bytes.len);
    }
    out->init_scale = config->init_scale;
    plugin__config__free_unpacked(config, NULL);
    if (!(out->init_scale >= 0.0) || !isfinite(out->init_scale)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "init_scale: it is %g; it must be 0 or more",
                          out->init_scale);
    }
    return EMEND_OK;
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes config, void **instance,
                          const void **table, EmendError *err) {
    (void)name;
    Backend backend = {.host = plugin->host};
    void *block = NULL;
    EmendStatus status = read_config(config, &backend, err);
    if (status == EMEND_OK) {
        status = backend_take(&backend, 1, sizeof backend, "an instance", &block, err);
    }
    if (status == EMEND_OK) {
        memcpy(block, &backend, sizeof backend);
        *instance = block;
        *table = &table_of_backend;
    }
    return status;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    plugin->host->free(plugin->host, instance);
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    (void)dir;
    const Backend backend = {.host = host};
    void *block = NULL;
    EmendStatus status = backend_take(&backend, 1, sizeof(EmendPlugin), "the plugin", &block, err);
    if (status == EMEND_OK) {
        *out = block;
        (*out)->host = host;
    }
    return status;
}

static void plugin_close(EmendPlugin *plugin) {
    plugin->host->free(plugin->host, plugin);
}

static const EmendFactory *plugin_factory(EmendPlugin *plugin, const char *kind) {
    static const EmendFactory factory = {.struct_size = sizeof(EmendFactory),
                                         .concurrency = EMEND_CONCURRENCY_SERIAL_PLUGIN,
                                         .create = create,
                                         .destroy = destroy};
    (void)plugin;
    return strcmp(kind, EMEND_KIND_BACKEND) == 0 ? &factory : NULL;
}

EMEND_DECLARE_PLUGIN("@ID@", "@VERSION@", plugin_open, plugin_close, plugin_factory);

/* Backend "@NAME@": the plugin's entry, its config and the backend's table.
 *
 * This is a whole backend in plain C: it samples, it trains, and it keeps every promise of
 * emend/backend.h. The arithmetic, which is 1 to 3 below, reads in one sitting. To run elsewhere,
 * replace the backend in this order, with its tests passing after each (REPLACING.md says how):
 *
 *   1. decoder.c    a row of the decoder. First multiply(), where most of the time goes; then
 *                   decoder_row(), for many rows at once
 *   2. backward.c   the same backwards. First multiply_back(), then sequence_back()
 *   3. optimizer.c  one loop over the weights
 *   4. generate.c   samples one request after another; a batch of them is what makes it fast
 *   5. forward.c    scores one sequence after another; a batch here too
 *   6. model.c      where weights live, when they are no longer in the host's memory
 *
 * folder.c, safetensors.c and json.c (HuggingFace folders) and this file can stay as they are.
 */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include "model.h"
#include <math.h>
#include <string.h>

typedef @C_TYPE@__Config Config;

/* --- the table --- */

static uint64_t describe(void *self, char *text, uint64_t capacity) {
    (void)self;
    int needed = snprintf(text, capacity, "plain C, one thread");
    return needed > 0 ? (uint64_t)needed : 0;
}

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

static const EmendBackend operations = {.struct_size = sizeof(EmendBackend),
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

/* The host has checked names and types of the fields; what they may be is the plugin's to say. */
static EmendStatus check_config(const Config *config, EmendError *err) {
    if (!(config->init_scale >= 0.0) || !isfinite(config->init_scale)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "init_scale: it is %g; it must be 0 or more",
                          config->init_scale);
    }
    return EMEND_OK;
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    const EmendHost *host = emend_plugin_host(plugin);
    (void)name; // the plugin has one component
    EmendStatus status = EMEND_OK;
    Backend *backend = NULL;
    Config *config = emend_config_unpack(host, &@C_NAME@__config__descriptor, bytes, &status, err);
    if (status == EMEND_OK) {
        status = check_config(config, err);
    }
    if (status == EMEND_OK) {
        backend = emend_alloc(host, sizeof *backend, &status, err);
    }
    if (status == EMEND_OK) {
        *backend = (Backend){.host = host, .init_scale = config->init_scale};
        *instance = backend;
        *table = &operations;
    }
    emend_config_free(host, config);
    return status;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    const EmendHost *host = emend_plugin_host(plugin);
    host->free(host, instance);
}

static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_SERIAL_PLUGIN,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("@ID@", "0.1.0", EMEND_KIND_BACKEND, factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Backend "cpu": the plugin's entry, its config, and the backend's table. */
#include "config.pb-c.h"
#include "emend/backend.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include "model.h"
#include "optimizer.h"
#include "session.h"
#include "tape.h"
#include <string.h>

typedef Emend__Backends__Cpu__Config Config;

enum { MAX_THREADS = 1024, MAX_CHUNK_ROWS = 65536 };

/* --- models --- */

static uint64_t describe(void *self, char *text, uint64_t capacity) {
    const Cpu *cpu = self;
    size_t n = threads_count(cpu->threads);
    int needed =
        snprintf(text, capacity, "cpu: %s, %zu thread%s", cpu->kernels->name, n, n == 1 ? "" : "s");
    return needed > 0 ? (uint64_t)needed : 0;
}

static EmendStatus check_flags(uint32_t flags, uint32_t known, const char *place, EmendError *err) {
    if ((flags & ~known) == 0) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: flags are 0x%x; only 0x%x are known", place,
                      flags, known);
}

static EmendStatus model_fresh(Cpu *cpu, const EmendModelSource *source, EmendModel **out,
                               EmendError *err) {
    if (!source->config) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model: neither a folder nor a config is given; one of them must be");
    }
    EmendModelConfig config = {0};
    size_t given = source->config->struct_size;
    memcpy(&config, source->config, given < sizeof(config) ? given : sizeof(config));
    EmendStatus status = model_config_check(&config, err);
    if (status == EMEND_OK) {
        status = model_create(cpu, &config, source->flags, out, err);
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
    if (source->dir.len > 0) {
        return model_folder_read(self, source->dir, source->flags, out, err);
    }
    return model_fresh(self, source, out, err);
}

static EmendStatus model_clone(void *self, const EmendModel *model, uint32_t flags,
                               EmendModel **out, EmendError *err) {
    EmendModel *clone = NULL;
    EmendStatus status =
        check_flags(flags, EMEND_MODEL_FROZEN | EMEND_MODEL_OPTIMIZER, "model_clone", err);
    if (status == EMEND_OK) {
        status = model_create(self, &model->config, flags, &clone, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    size_t n_bytes = model->n_floats * sizeof(float);
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
    return status == EMEND_OK ? model_folder_write(model, dir, flags, err) : status;
}

static EmendStatus model_info(void *self, const EmendModel *model, EmendModelInfo *out,
                              EmendError *err) {
    (void)self;
    (void)err;
    EmendModelInfo info = {.struct_size = out->struct_size,
                           .config = model->config,
                           .n_parameters = model->n_floats,
                           .n_bytes = model_bytes(model)};
    memcpy(out, &info, out->struct_size < sizeof(info) ? out->struct_size : sizeof(info));
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
    return generate_run(self, session, requests, stops, n_stops, err);
}

static EmendStatus forward(void *self, EmendModel *model, const EmendForwardArgs *args,
                           EmendTape **tape, EmendError *err) {
    return forward_run(self, model, args, tape, err);
}

static EmendStatus backward(void *self, EmendTape *tape, EmendSpan coefficients, EmendError *err) {
    return backward_run(self, tape, coefficients, err);
}

static void tape_release(void *self, EmendTape *tape) {
    (void)self;
    tape_destroy(tape);
}

static EmendStatus step(void *self, EmendModel *model, const EmendOptimizerStep *args,
                        EmendOptimizerResult *out, EmendError *err) {
    return optimizer_step(self, model, args, out, err);
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
    *n = (uint64_t)tensor->rows * tensor->columns;
    return EMEND_OK;
}

static EmendStatus gradients_values_changed(void *self, EmendModel *model, EmendError *err) {
    (void)self;
    (void)err;
    model_weights_changed(model);
    return EMEND_OK;
}

static const void *extension(void *self, const char *id) {
    static const EmendBackendGradients gradients = {.struct_size = sizeof(EmendBackendGradients),
                                                    .tensor = gradients_tensor,
                                                    .values_changed = gradients_values_changed};
    (void)self;
    return strcmp(id, EMEND_BACKEND_GRADIENTS) == 0 ? &gradients : NULL;
}

static const EmendBackend backend = {.struct_size = sizeof(EmendBackend),
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
                                     .optimizer_step = step,
                                     .extension = extension};

/* --- the plugin --- */

static EmendStatus config_check(const Config *config, EmendError *err) {
    if (config->threads > MAX_THREADS) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "threads: it is %u; it must be at most %d",
                          config->threads, MAX_THREADS);
    }
    if (config->chunk_rows < 1 || config->chunk_rows > MAX_CHUNK_ROWS) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "chunk_rows: it is %u; it must be from 1 to %d", config->chunk_rows,
                          MAX_CHUNK_ROWS);
    }
    return EMEND_OK;
}

static void cpu_destroy(Cpu *cpu) {
    if (!cpu) {
        return;
    }
    const EmendHost *host = cpu->host;
    scratch_finish(&cpu->scratch, host);
    threads_destroy(cpu->threads);
    host->free(host, cpu);
}

static EmendStatus cpu_create(const EmendHost *host, const Config *config, Cpu **out,
                              EmendError *err) {
    EmendStatus status = EMEND_OK;
    Cpu *cpu = emend_alloc(host, sizeof *cpu, &status, err);
    if (status != EMEND_OK) {
        goto out;
    }
    cpu->host = host;
    cpu->chunk_rows = config->chunk_rows;
    cpu->kernels = kernels_choose();
    if (!cpu->kernels) {
        status = emend_fail(err, EMEND_UNAVAILABLE,
                            "EMEND_CPU_ISA: it forces instructions that are unknown or that this "
                            "processor lacks; unset it, or say scalar, avx2 or avx512");
        goto out;
    }
    status = threads_create(host, config->threads, &cpu->threads, err);
    if (status == EMEND_OK) {
        status = scratch_init(&cpu->scratch, host, threads_count(cpu->threads), err);
    }
    if (status == EMEND_OK) {
        *out = cpu;
        cpu = NULL; // given away
    }
out:
    cpu_destroy(cpu);
    return status;
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    const EmendHost *host = emend_plugin_host(plugin);
    EmendStatus status = EMEND_OK;
    Cpu *cpu = NULL;
    (void)name;

    Config *config =
        emend_config_unpack(host, &emend__backends__cpu__config__descriptor, bytes, &status, err);
    if (status == EMEND_OK) {
        status = config_check(config, err);
    }
    if (status == EMEND_OK) {
        status = cpu_create(host, config, &cpu, err);
    }
    if (status == EMEND_OK) {
        *instance = cpu;
        *table = &backend;
    }
    emend_config_free(host, config);
    return status;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    (void)plugin;
    cpu_destroy(instance);
}

static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_SERIAL_PLUGIN,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("emend.backends.cpu", "0.1.0", EMEND_KIND_BACKEND, factory);

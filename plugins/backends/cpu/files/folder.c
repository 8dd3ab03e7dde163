/* SPDX-License-Identifier: Apache-2.0 */
/* A HuggingFace folder and a model: config.json, the weights, and of a checkpoint the moments. */
#include "../model.h"
#include "disk.h"
#include "hf_config.h"
#include "weights.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { N_MOMENTS = 2, MOMENT_NAME_BYTES = sizeof((Tensor *)0)->name + 16 };

static const char *const moment_suffixes[N_MOMENTS] = {".exp_avg", ".exp_avg_sq"};

static const char foreign_weights[] =
    "restore the config.json that belongs to these weights, or fetch both again";

/* The folder's path as a C string, the caller's to free(). */
static EmendStatus folder_path(EmendStr dir, char **out, EmendError *err) {
    if (dir.len == 0 || dir.len > 4096 || memchr(dir.ptr, '\0', dir.len)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model folder: the path has %" PRIu64
                          " bytes or a NUL; it must have 1 to 4096 and no NUL",
                          dir.len);
    }
    *out = strndup(dir.ptr, dir.len);
    return *out ? EMEND_OK
                : emend_fail(err, EMEND_EXHAUSTED, "model folder: no memory for its path");
}

static EmendStatus join(const char *dir, const char *name, char **out, EmendError *err) {
    *out = disk_path(dir, name);
    return *out ? EMEND_OK : emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for a path", dir);
}

static uint32_t tensor_shape(const Tensor *tensor, uint64_t shape[2]) {
    shape[0] = tensor->is_vector ? tensor->columns : tensor->rows;
    shape[1] = tensor->columns;
    return tensor->is_vector ? 1 : 2;
}

// ---- reading

static EmendStatus read_config(const char *dir, EmendModelConfig *config, EmendError *err) {
    char *path = NULL;
    char reason[512] = "";
    EmendError inner = emend_error_on(reason, sizeof reason);

    EmendStatus status = join(dir, "config.json", &path, err);
    if (status == EMEND_OK) {
        status = hf_config_read(path, config, err);
    }
    if (status == EMEND_OK) {
        status = model_config_check(config, &inner);
        if (status != EMEND_OK) {
            emend_fail(err, status, "%s: %s", path, reason);
        }
    }
    free(path);
    return status;
}

/* Parameters of a checked config. Doubles: a hostile one may be past 64 bits. */
static double parameters_of(const EmendModelConfig *config) {
    double hidden = config->hidden_size;
    double heads = config->num_attention_heads, kv_heads = config->num_key_value_heads;
    double layer = 2 * hidden * config->head_dim * (heads + kv_heads) +
                   3 * hidden * config->intermediate_size + 2 * hidden;
    double embeddings = config->flags & EMEND_MODEL_TIED_EMBEDDINGS ? 1 : 2;
    return layer * config->num_hidden_layers + embeddings * hidden * config->vocab_size + hidden;
}

/* Keeps a config that has little to do with the weights from taking memory for a model that can not
 * be read. Smaller differences are left to read_tensor, which names the tensor. */
static EmendStatus check_size(const EmendModelConfig *config, const Weights *weights,
                              const char *dir, EmendError *err) {
    double n_asked = parameters_of(config);
    uint64_t n_held = weights_values(weights);
    if (n_asked <= 2.0 * (double)n_held + (1 << 24)) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_DATA_LOSS,
                      "%s: config.json describes %.0f parameters; the weights hold %" PRIu64 "; %s",
                      dir, n_asked, n_held, foreign_weights);
}

/* Fills `values` with the tensor `name`, which must have the shape of `like`. */
static EmendStatus read_tensor(const Weights *weights, const char *dir, const char *name,
                               const Tensor *like, float *values, EmendError *err) {
    uint64_t shape[2];
    uint32_t n_dimensions = tensor_shape(like, shape);
    const Safetensors *file = NULL;
    const SafetensorsTensor *tensor = weights_find(weights, name, &file);
    if (!tensor) {
        const char *place = weights->n_files == 1 ? safetensors_path(weights->files[0]) : dir;
        return emend_fail(
            err, EMEND_DATA_LOSS, "%s: tensor \"%s\" is missing; %s%s", place, name,
            foreign_weights,
            strcmp(name, "lm_head.weight") == 0
                ? "; where the output is the embedding, set tie_word_embeddings to true"
                : "");
    }
    if (tensor->n_dimensions != n_dimensions ||
        memcmp(tensor->shape, shape, n_dimensions * sizeof shape[0]) != 0) {
        char found[128], expected[64];
        safetensors_shape_text(tensor->shape, tensor->n_dimensions, found, sizeof found);
        safetensors_shape_text(shape, n_dimensions, expected, sizeof expected);
        return emend_fail(err, EMEND_DATA_LOSS,
                          "%s: tensor \"%s\" has shape %s; config.json asks for %s: %s",
                          safetensors_path(file), name, found, expected, foreign_weights);
    }
    return safetensors_read(file, tensor, values, err);
}

static bool has_suffix(const char *text, const char *suffix) {
    size_t n_text = strlen(text), n_suffix = strlen(suffix);
    return n_text >= n_suffix && strcmp(text + n_text - n_suffix, suffix) == 0;
}

/* Some exports carry a tied head a second time, and the frequencies of the rotation. */
static bool may_be_ignored(const EmendModel *model, const char *name) {
    bool is_tied = (model->config.flags & EMEND_MODEL_TIED_EMBEDDINGS) != 0;
    return (is_tied && strcmp(name, "lm_head.weight") == 0) ||
           has_suffix(name, ".rotary_emb.inv_freq");
}

static bool is_in_model(const EmendModel *model, const char *name) {
    for (uint32_t i = 0; i < model->n_tensors; i++) {
        if (strcmp(model->tensors[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A tensor that the model has no place for (a bias, a layer too many) means another model. */
static EmendStatus check_no_others(const EmendModel *model, const Weights *weights,
                                   EmendError *err) {
    for (size_t i = 0; i < weights->n_files; i++) {
        const Safetensors *file = weights->files[i];
        for (size_t j = 0; j < safetensors_count(file); j++) {
            const char *name = safetensors_at(file, j)->name;
            if (!is_in_model(model, name) && !may_be_ignored(model, name)) {
                char name_text[96];
                safetensors_name_text(name, name_text, sizeof name_text);
                return emend_fail(err, EMEND_DATA_LOSS,
                                  "%s: tensor \"%s\" has no place in the model of config.json; %s",
                                  safetensors_path(file), name_text, foreign_weights);
            }
        }
    }
    return EMEND_OK;
}

static EmendStatus read_weights(EmendModel *model, const Weights *weights, const char *dir,
                                EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (uint32_t i = 0; i < model->n_tensors && status == EMEND_OK; i++) {
        const Tensor *tensor = &model->tensors[i];
        status =
            read_tensor(weights, dir, tensor->name, tensor, model->weights + tensor->offset, err);
    }
    if (status == EMEND_OK) {
        status = check_no_others(model, weights, err);
    }
    model_weights_changed(model);
    return status;
}

static EmendStatus read_moments(EmendModel *model, const char *dir, EmendError *err) {
    float *const moments[N_MOMENTS] = {model->moments1, model->moments2};
    char *path = NULL;
    Safetensors *file = NULL;

    EmendStatus status = join(dir, "optimizer.safetensors", &path, err);
    if (status == EMEND_OK) {
        status = safetensors_open(path, &file, err);
    }
    if (status != EMEND_OK) {
        goto out;
    }
    const Weights weights = {.files = &file, .n_files = 1};
    for (uint32_t i = 0; i < N_MOMENTS * model->n_tensors && status == EMEND_OK; i++) {
        const Tensor *tensor = &model->tensors[i / N_MOMENTS];
        uint32_t m = i % N_MOMENTS;
        char name[MOMENT_NAME_BYTES];
        snprintf(name, sizeof name, "%s%s", tensor->name, moment_suffixes[m]);
        status = read_tensor(&weights, dir, name, tensor, moments[m] + tensor->offset, err);
    }
out:
    safetensors_close(file);
    free(path);
    return status;
}

EmendStatus model_folder_read(Cpu *cpu, EmendStr dir, uint32_t flags, EmendModel **out,
                              EmendError *err) {
    char *path = NULL;
    EmendModelConfig config = {0};
    Weights weights = {0};
    EmendModel *model = NULL;

    EmendStatus status = folder_path(dir, &path, err);
    if (status == EMEND_OK && (flags & EMEND_MODEL_FROZEN) && (flags & EMEND_MODEL_OPTIMIZER)) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "%s: is to be opened frozen and with the optimizer's moments; a frozen "
                            "model has none: ask for one of the two",
                            path);
    }
    if (status == EMEND_OK) {
        status = read_config(path, &config, err);
    }
    if (status == EMEND_OK) {
        status = weights_open(&weights, path, err);
    }
    if (status == EMEND_OK) {
        status = check_size(&config, &weights, path, err);
    }
    if (status == EMEND_OK) {
        status = model_create(cpu, &config, flags, &model, err);
    }
    if (status == EMEND_OK) {
        status = read_weights(model, &weights, path, err);
    }
    if (status == EMEND_OK && (flags & EMEND_MODEL_OPTIMIZER)) {
        status = read_moments(model, path, err);
    }
    if (status == EMEND_OK) {
        *out = model;
        model = NULL; // given away
    }
    model_destroy(model);
    weights_close(&weights);
    free(path);
    return status;
}

// ---- writing

static SafetensorsItem item_of(const Tensor *tensor, const char *name, const float *block) {
    SafetensorsItem item = {.name = name, .values = block + tensor->offset};
    item.n_dimensions = tensor_shape(tensor, item.shape);
    return item;
}

static EmendStatus write_weights(const EmendModel *model, const char *path, EmendError *err) {
    SafetensorsItem *items = calloc(model->n_tensors, sizeof *items);
    if (!items) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory to write it", path);
    }
    for (uint32_t i = 0; i < model->n_tensors; i++) {
        items[i] = item_of(&model->tensors[i], model->tensors[i].name, model->weights);
    }
    EmendStatus status = safetensors_write(path, items, model->n_tensors, err);
    free(items);
    return status;
}

static EmendStatus write_moments(const EmendModel *model, const char *path, EmendError *err) {
    const float *const moments[N_MOMENTS] = {model->moments1, model->moments2};
    size_t n = (size_t)N_MOMENTS * model->n_tensors;
    EmendStatus status = EMEND_OK;

    SafetensorsItem *items = calloc(n, sizeof *items);
    char(*names)[MOMENT_NAME_BYTES] = calloc(n, sizeof *names);
    if (!items || !names) {
        status = emend_fail(err, EMEND_EXHAUSTED, "%s: no memory to write it", path);
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        const Tensor *tensor = &model->tensors[i / N_MOMENTS];
        size_t m = i % N_MOMENTS;
        snprintf(names[i], sizeof names[i], "%s%s", tensor->name, moment_suffixes[m]);
        items[i] = item_of(tensor, names[i], moments[m]);
    }
    status = safetensors_write(path, items, n, err);
out:
    free(items);
    free(names);
    return status;
}

EmendStatus model_folder_write(const EmendModel *model, EmendStr dir, uint32_t flags,
                               EmendError *err) {
    char *path = NULL, *config = NULL, *weights = NULL, *moments = NULL;

    EmendStatus status = folder_path(dir, &path, err);
    if (status == EMEND_OK && (flags & EMEND_MODEL_OPTIMIZER) && !model->moments1) {
        status =
            emend_fail(err, EMEND_PRECONDITION,
                       "%s: a frozen model is to be saved with the optimizer's moments; it has "
                       "none: save it without",
                       path);
    }
    if (status == EMEND_OK) {
        status = join(path, "config.json", &config, err);
    }
    if (status == EMEND_OK) {
        status = join(path, "model.safetensors", &weights, err);
    }
    if (status == EMEND_OK) {
        status = join(path, "optimizer.safetensors", &moments, err);
    }
    if (status == EMEND_OK) {
        status = hf_config_write(config, &model->config, err);
    }
    if (status == EMEND_OK) {
        status = write_weights(model, weights, err);
    }
    if (status == EMEND_OK && (flags & EMEND_MODEL_OPTIMIZER)) {
        status = write_moments(model, moments, err);
    }
    free(path);
    free(config);
    free(weights);
    free(moments);
    return status;
}

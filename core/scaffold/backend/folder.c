/* SPDX-License-Identifier: Apache-2.0 */
/* HuggingFace folders: config.json, model.safetensors and, of a checkpoint, optimizer.safetensors.
 */
#include "files.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_CONFIG = 1 << 20 };

/* --- files --- */

static EmendStatus status_of(int error) {
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return EMEND_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
        return EMEND_DENIED;
    case ENOSPC:
    case EFBIG:
    case ENOMEM:
        return EMEND_EXHAUSTED;
    default:
        return EMEND_UNAVAILABLE;
    }
}

static EmendStatus set_path(File *file, EmendStr dir, const char *name, EmendError *err) {
    if (dir.len > MAX_PATH - 64 || memchr(dir.ptr, '\0', dir.len)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model folder: its path has %" PRIu64 " bytes or a NUL; it must have at "
                          "most %d and no NUL",
                          dir.len, MAX_PATH - 64);
    }
    snprintf(file->path, MAX_PATH, "%.*s/%s", (int)dir.len, dir.ptr, name);
    return EMEND_OK;
}

EmendStatus file_open(File *file, EmendStr dir, const char *name, EmendError *err) {
    struct stat info;
    EmendStatus status = set_path(file, dir, name, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (stat(file->path, &info) == 0) {
        if (!S_ISREG(info.st_mode)) { // a pipe would hold us
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "%s: is not a regular file; a file that can be read is needed",
                              file->path);
        }
        file->n_bytes = (uint64_t)info.st_size;
        file->stream = fopen(file->path, "rb");
    }
    return file->stream ? EMEND_OK
                        : emend_fail(err, status_of(errno), "%s: cannot be opened: %s", file->path,
                                     strerror(errno));
}

EmendStatus file_read_json(const File *file, const Backend *backend, size_t n, json_t **out,
                           EmendError *err) {
    json_error_t error = {.text = "it ends too early"};
    void *text = NULL;
    EmendStatus status = backend_take(backend, n, 1, "a file's JSON", &text, err);
    if (status != EMEND_OK) {
        return status;
    }
    json_t *json = fread(text, 1, n, file->stream) == n
                       ? json_loadb(text, n, JSON_REJECT_DUPLICATES, &error)
                       : NULL;
    backend->host->free(backend->host, text);
    if (!json_is_object(json)) {
        json_decref(json);
        return emend_fail(err, EMEND_DATA_LOSS, "%s: must hold a JSON object: %s; fetch it again",
                          file->path, error.text);
    }
    *out = json;
    return EMEND_OK;
}

void file_close(File *file) {
    if (file->stream) {
        fclose(file->stream);
    }
}

static EmendStatus fail_to_write(const File *file, int error, EmendError *err) {
    EmendStatus status = status_of(error);
    return emend_fail(err, status, "%s: cannot be written: %s; %s", file->path, strerror(error),
                      status == EMEND_EXHAUSTED ? "free some space, or choose another folder"
                                                : "the folder must exist and be writable");
}

EmendStatus file_create(File *file, EmendStr dir, const char *name, EmendError *err) {
    EmendStatus status = set_path(file, dir, name, err);
    if (status == EMEND_OK) {
        file->stream = fopen(file->path, "wb");
        status = file->stream ? EMEND_OK : fail_to_write(file, errno, err);
    }
    return status;
}

EmendStatus file_commit(File *file, bool is_whole, EmendError *err) {
    int error = is_whole ? 0 : errno;
    if (fclose(file->stream) != 0 && is_whole) {
        error = errno;
        is_whole = false;
    }
    if (!is_whole) {
        remove(file->path);
        return fail_to_write(file, error, err);
    }
    return EMEND_OK;
}

/* --- config.json --- */

static bool is_text(const json_t *value, const char *text) {
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

/* The field's value; NULL where it is absent or null. */
static const json_t *field_of(const json_t *json, const char *field) {
    const json_t *value = json_object_get(json, field);
    return json_is_null(value) ? NULL : value;
}

static EmendStatus refuse(const char *path, EmendStatus status, const char *field,
                          const json_t *value, const char *must, EmendError *err) {
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    emend_fail(err, status, "%s: %s is %.80s; it must be %s", path, field, text ? text : "?", must);
    free(text);
    return status;
}

/* Refuses what would change the arithmetic. */
static EmendStatus check_features(const char *path, const json_t *json, EmendError *err) {
    static const struct {
        const char *field, *text, *must;
    } features[] = {{"model_type", "llama", "\"llama\", the family that this backend runs"},
                    {"hidden_act", "silu", "\"silu\", which this backend computes"},
                    {"rope_scaling", NULL, "null: this backend rotates without scaling"},
                    {"rope_parameters", NULL, "of rope_type \"default\""},
                    {"attention_bias", NULL, "false: this backend has no biases"},
                    {"mlp_bias", NULL, "false: this backend has no biases"},
                    {"quantization_config", NULL, "absent: this backend reads F32"}};
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        const json_t *value = field_of(json, features[i].field);
        bool is_off =
            json_is_false(value) || is_text(json_object_get(value, "rope_type"), "default");
        if (value && !(features[i].text ? is_text(value, features[i].text) : is_off)) {
            return refuse(path, EMEND_UNIMPLEMENTED, features[i].field, value, features[i].must,
                          err);
        }
    }
    return EMEND_OK;
}

/* What a file leaves out has the value that HuggingFace's LlamaConfig gives it; sizes that must be
 * there are then 0, which model_config_check() refuses. */
static EmendStatus read_fields(const char *path, const json_t *json, EmendModelConfig *out,
                               EmendError *err) {
    const struct {
        const char *field;
        uint32_t *to, otherwise;
    } sizes[] = {{"vocab_size", &out->vocab_size, 0},
                 {"hidden_size", &out->hidden_size, 0},
                 {"intermediate_size", &out->intermediate_size, 0},
                 {"num_hidden_layers", &out->num_hidden_layers, 0},
                 {"num_attention_heads", &out->num_attention_heads, 0},
                 {"num_key_value_heads", &out->num_key_value_heads, 0},
                 {"head_dim", &out->head_dim, 0},
                 {"max_position_embeddings", &out->max_position_embeddings, 2048}};
    const json_t *rope = field_of(json, "rope_parameters");
    const struct {
        const char *field;
        const json_t *from;
        double *to, otherwise;
    } numbers[] = {
        {"rope_theta", field_of(rope, "rope_theta") ? rope : json, &out->rope_theta, 1e4},
        {"rms_norm_eps", json, &out->rms_norm_eps, 1e-6},
        {"initializer_range", json, &out->initializer_range, 0.02}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const json_t *value = field_of(json, sizes[i].field);
        json_int_t size = value ? json_integer_value(value) : sizes[i].otherwise;
        if ((value && !json_is_integer(value)) || size < 0 || size > INT32_MAX) {
            return refuse(path, EMEND_INVALID_ARGUMENT, sizes[i].field, value, "a size", err);
        }
        *sizes[i].to = (uint32_t)size;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const json_t *value = field_of(numbers[i].from, numbers[i].field);
        if (value && !json_is_number(value)) {
            return refuse(path, EMEND_INVALID_ARGUMENT, numbers[i].field, value, "a number", err);
        }
        *numbers[i].to = value ? json_number_value(value) : numbers[i].otherwise;
    }
    bool is_tied = json_is_true(field_of(json, "tie_word_embeddings"));
    out->flags = is_tied ? EMEND_MODEL_TIED_EMBEDDINGS : 0;
    return EMEND_OK;
}

static EmendStatus read_config(const Backend *backend, EmendStr dir, EmendModelConfig *out,
                               EmendError *err) {
    File file = {.stream = NULL};
    json_t *json = NULL;
    char reason[512] = "";
    EmendError inner = emend_error_on(reason, sizeof reason);
    EmendStatus status = file_open(&file, dir, "config.json", err);
    if (status == EMEND_OK && file.n_bytes > MAX_CONFIG) {
        status =
            emend_fail(err, EMEND_DATA_LOSS, "%s: has %" PRIu64 " bytes; a config has at most %d",
                       file.path, file.n_bytes, MAX_CONFIG);
    }
    if (status == EMEND_OK) {
        status = file_read_json(&file, backend, (size_t)file.n_bytes, &json, err);
    }
    if (status == EMEND_OK) {
        status = check_features(file.path, json, err);
    }
    if (status == EMEND_OK) {
        status = read_fields(file.path, json, out, err);
    }
    if (status == EMEND_OK && model_config_check(out, &inner) != EMEND_OK) {
        status = emend_fail(err, inner.code, "%s: %s", file.path, reason);
    }
    json_decref(json);
    file_close(&file);
    return status;
}

static EmendStatus write_config(const EmendModelConfig *c, EmendStr dir, EmendError *err) {
    File file = {.stream = NULL};
    json_t *json = json_pack(
        "{s:[s], s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:b, s:n, "
        "s:n}",
        "architectures", "LlamaForCausalLM", "model_type", "llama", "torch_dtype", "float32",
        "hidden_act", "silu", "vocab_size", (json_int_t)c->vocab_size, "hidden_size",
        (json_int_t)c->hidden_size, "intermediate_size", (json_int_t)c->intermediate_size,
        "num_hidden_layers", (json_int_t)c->num_hidden_layers, "num_attention_heads",
        (json_int_t)c->num_attention_heads, "num_key_value_heads",
        (json_int_t)c->num_key_value_heads, "head_dim", (json_int_t)c->head_dim,
        "max_position_embeddings", (json_int_t)c->max_position_embeddings, "rope_theta",
        c->rope_theta, "rms_norm_eps", c->rms_norm_eps, "initializer_range", c->initializer_range,
        "tie_word_embeddings", (c->flags & EMEND_MODEL_TIED_EMBEDDINGS) != 0, "bos_token_id",
        "eos_token_id");
    EmendStatus status =
        json ? file_create(&file, dir, "config.json", err)
             : emend_fail(err, EMEND_EXHAUSTED, "config.json: no memory to write it");
    if (status == EMEND_OK) {
        bool is_whole = json_dumpf(json, file.stream, JSON_INDENT(2)) == 0;
        status = file_commit(&file, is_whole, err);
    }
    json_decref(json);
    return status;
}

/* --- the folder --- */

/* Keeps a config that has little to do with the weights from taking memory for a model that can not
 * be read. Doubles: a hostile one may be past 64 bits. */
static EmendStatus check_size(const EmendModelConfig *c, const File *file, EmendError *err) {
    double hidden = c->hidden_size, heads = c->num_attention_heads + c->num_key_value_heads;
    double layer = 2 * hidden * c->head_dim * heads + 3 * hidden * c->intermediate_size;
    double n_asked = layer * c->num_hidden_layers + hidden * c->vocab_size;
    double n_held = (double)file->n_bytes / sizeof(float);
    if (n_asked <= 2.0 * n_held + (1 << 24)) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_DATA_LOSS,
                      "%s: config.json describes %.0f parameters or more; the file holds %.0f; %s",
                      file->path, n_asked, n_held, files_disagree);
}

static EmendStatus read_moments(EmendModel *model, EmendStr dir, EmendError *err) {
    const Values moments[] = {{model->moments1, ".exp_avg"}, {model->moments2, ".exp_avg_sq"}};
    File file = {.stream = NULL};
    json_t *header = NULL;
    EmendStatus status =
        tensors_open(&file, model->backend, dir, "optimizer.safetensors", &header, err);
    if (status == EMEND_OK) {
        status = tensors_read(&file, header, model, moments, 2, err);
    }
    json_decref(header);
    file_close(&file);
    return status;
}

EmendStatus folder_read(const Backend *backend, EmendStr dir, uint32_t flags, EmendModel **out,
                        EmendError *err) {
    EmendModelConfig config = {.struct_size = sizeof config};
    File file = {.stream = NULL};
    json_t *header = NULL;
    EmendModel *model = NULL;
    if ((flags & EMEND_MODEL_FROZEN) != 0 && (flags & EMEND_MODEL_OPTIMIZER) != 0) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "model folder: is to be opened frozen and with the optimizer's moments; a "
            "frozen model has none: ask for one of the two");
    }
    EmendStatus status = read_config(backend, dir, &config, err);
    if (status == EMEND_OK) {
        status = tensors_open(&file, backend, dir, "model.safetensors", &header, err);
    }
    if (status == EMEND_OK) {
        status = check_size(&config, &file, err);
    }
    if (status == EMEND_OK) {
        status = model_create(backend, &config, flags, &model, err);
    }
    if (status == EMEND_OK) {
        const Values weights = {model->weights, ""};
        status = tensors_read(&file, header, model, &weights, 1, err);
    }
    if (status == EMEND_OK && (flags & EMEND_MODEL_OPTIMIZER) != 0) {
        status = read_moments(model, dir, err);
    }
    if (status == EMEND_OK) {
        *out = model;
        model = NULL; // given away
    }
    model_close(NULL, model);
    json_decref(header);
    file_close(&file);
    return status;
}

EmendStatus folder_write(const EmendModel *model, EmendStr dir, uint32_t flags, EmendError *err) {
    const Values weights = {model->weights, ""};
    const Values moments[] = {{model->moments1, ".exp_avg"}, {model->moments2, ".exp_avg_sq"}};
    bool with_moments = (flags & EMEND_MODEL_OPTIMIZER) != 0;
    if (with_moments && !model->moments1) {
        return emend_fail(
            err, EMEND_PRECONDITION,
            "model folder: a frozen model is to be saved with the optimizer's moments; "
            "it has none: save it without");
    }
    EmendStatus status = write_config(&model->config, dir, err);
    if (status == EMEND_OK) {
        status = tensors_write(model, dir, "model.safetensors", &weights, 1, err);
    }
    if (status == EMEND_OK && with_moments) {
        status = tensors_write(model, dir, "optimizer.safetensors", moments, 2, err);
    }
    return status;
}

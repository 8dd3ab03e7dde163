/* HuggingFace folders: config.json, model.safetensors and, of a checkpoint, optimizer.safetensors.
 */
#include "files.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
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

EmendStatus file_open(File *file, const Backend *backend, EmendStr dir, const char *name,
                      EmendError *err) {
    struct stat info;
    file->host = backend->host;
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
        file->stream = fopen(file->path, "rbe");
    }
    return file->stream ? EMEND_OK
                        : emend_fail(err, status_of(errno), "%s: cannot be opened: %s", file->path,
                                     strerror(errno));
}

EmendStatus file_read_json(File *file, const Backend *backend, size_t n, EmendError *err) {
    void *text = NULL;
    EmendStatus status = backend_take(backend, n + 1, 1, "a file's JSON", &text, err);
    if (status != EMEND_OK) {
        return status;
    }
    file->json = (Json){text, (char *)text + n};
    if (fread(text, 1, n, file->stream) != n || !json_is_object(file->json)) {
        return emend_fail(err, EMEND_DATA_LOSS,
                          "%s: has no JSON object where one must be; fetch it "
                          "again",
                          file->path);
    }
    return EMEND_OK;
}

void file_close(File *file) {
    if (file->stream) {
        fclose(file->stream);
    }
    if (file->host) {
        file->host->free(file->host, (void *)(uintptr_t)file->json.at);
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
        file->stream = fopen(file->path, "wbe");
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

static EmendStatus refuse(const char *path, EmendStatus status, const char *field, Json value,
                          const char *must, EmendError *err) {
    return emend_fail(err, status, "%s: %s is %s; it must be %s", path, field,
                      json_text(value).text, must);
}

/* Refuses what would change the arithmetic. */
static EmendStatus check_features(const char *path, Json json, EmendError *err) {
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
        const char *text = features[i].text;
        Json value = json_member(json, features[i].field);
        bool is_off =
            json_is(value, "false") || json_is_string(json_member(value, "rope_type"), "default");
        if (value.at != value.end && !(text ? json_is_string(value, text) : is_off)) {
            return refuse(path, EMEND_UNIMPLEMENTED, features[i].field, value, features[i].must,
                          err);
        }
    }
    return EMEND_OK;
}

/* What a file leaves out has the value that HuggingFace's LlamaConfig gives it; sizes that must be
 * there are then 0, which model_config_check() refuses. */
static EmendStatus read_fields(const char *path, Json json, EmendModelConfig *out,
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
    Json rope = json_member(json, "rope_parameters");
    const struct {
        const char *field;
        Json from;
        double *to, otherwise;
    } numbers[] = {{"rope_theta", rope.at != rope.end ? rope : json, &out->rope_theta, 10000.0},
                   {"rms_norm_eps", json, &out->rms_norm_eps, 1e-6},
                   {"initializer_range", json, &out->initializer_range, 0.02}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        Json value = json_member(json, sizes[i].field);
        double size = sizes[i].otherwise;
        if (value.at != value.end &&
            (!json_number(value, &size) || size != floor(size) || size < 0 || size > INT32_MAX)) {
            return refuse(path, EMEND_INVALID_ARGUMENT, sizes[i].field, value, "a size", err);
        }
        *sizes[i].to = (uint32_t)size;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        Json value = json_member(numbers[i].from, numbers[i].field);
        *numbers[i].to = numbers[i].otherwise;
        if (value.at != value.end && !json_number(value, numbers[i].to)) {
            return refuse(path, EMEND_INVALID_ARGUMENT, numbers[i].field, value, "a number", err);
        }
    }
    bool is_tied = json_is(json_member(json, "tie_word_embeddings"), "true");
    out->flags = is_tied ? EMEND_MODEL_TIED_EMBEDDINGS : 0;
    return EMEND_OK;
}

static EmendStatus read_config(const Backend *backend, EmendStr dir, EmendModelConfig *out,
                               EmendError *err) {
    File file = {.stream = NULL};
    char reason[512] = "";
    EmendError inner = emend_error_on(reason, sizeof reason);
    EmendStatus status = file_open(&file, backend, dir, "config.json", err);
    if (status == EMEND_OK && file.n_bytes > MAX_CONFIG) {
        status =
            emend_fail(err, EMEND_DATA_LOSS, "%s: has %" PRIu64 " bytes; a config has at most %d",
                       file.path, file.n_bytes, MAX_CONFIG);
    }
    if (status == EMEND_OK) {
        status = file_read_json(&file, backend, (size_t)file.n_bytes, err);
    }
    if (status == EMEND_OK) {
        status = check_features(file.path, file.json, err);
    }
    if (status == EMEND_OK) {
        status = read_fields(file.path, file.json, out, err);
    }
    if (status == EMEND_OK && model_config_check(out, &inner) != EMEND_OK) {
        status = emend_fail(err, inner.code, "%s: %s", file.path, reason);
    }
    file_close(&file);
    return status;
}

static EmendStatus write_config(const EmendModelConfig *c, EmendStr dir, EmendError *err) {
    File file = {.stream = NULL};
    bool is_tied = (c->flags & EMEND_MODEL_TIED_EMBEDDINGS) != 0;
    EmendStatus status = file_create(&file, dir, "config.json", err);
    if (status != EMEND_OK) {
        return status;
    }
    fprintf(file.stream,
            "{\n  \"architectures\": [\"LlamaForCausalLM\"],\n"
            "  \"model_type\": \"llama\",\n  \"torch_dtype\": \"float32\",\n"
            "  \"hidden_act\": \"silu\",\n  \"bos_token_id\": null,\n  \"eos_token_id\": null,\n");
    fprintf(file.stream,
            "  \"vocab_size\": %u,\n  \"hidden_size\": %u,\n"
            "  \"intermediate_size\": %u,\n  \"num_hidden_layers\": %u,\n",
            c->vocab_size, c->hidden_size, c->intermediate_size, c->num_hidden_layers);
    fprintf(file.stream,
            "  \"num_attention_heads\": %u,\n  \"num_key_value_heads\": %u,\n"
            "  \"head_dim\": %u,\n  \"max_position_embeddings\": %u,\n",
            c->num_attention_heads, c->num_key_value_heads, c->head_dim,
            c->max_position_embeddings);
    fprintf(file.stream,
            "  \"rope_theta\": %.17g,\n  \"rms_norm_eps\": %.17g,\n"
            "  \"initializer_range\": %.17g,\n  \"tie_word_embeddings\": %s\n}\n",
            c->rope_theta, c->rms_norm_eps, c->initializer_range, is_tied ? "true" : "false");
    return file_commit(&file, !ferror(file.stream), err);
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
    EmendStatus status = tensors_open(&file, model->backend, dir, "optimizer.safetensors", err);
    if (status == EMEND_OK) {
        status = tensors_read(&file, model, moments, 2, err);
    }
    file_close(&file);
    return status;
}

EmendStatus folder_read(const Backend *backend, EmendStr dir, uint32_t flags, EmendModel **out,
                        EmendError *err) {
    EmendModelConfig config = {.struct_size = sizeof config};
    File file = {.stream = NULL};
    EmendModel *model = NULL;
    if ((flags & EMEND_MODEL_FROZEN) != 0 && (flags & EMEND_MODEL_OPTIMIZER) != 0) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "model folder: is to be opened frozen and with the optimizer's moments; a "
            "frozen model has none: ask for one of the two");
    }
    EmendStatus status = read_config(backend, dir, &config, err);
    if (status == EMEND_OK) {
        status = tensors_open(&file, backend, dir, "model.safetensors", err);
    }
    if (status == EMEND_OK) {
        status = check_size(&config, &file, err);
    }
    if (status == EMEND_OK) {
        status = model_create(backend, &config, flags, &model, err);
    }
    if (status == EMEND_OK) {
        const Values weights = {model->weights, ""};
        status = tensors_read(&file, model, &weights, 1, err);
    }
    if (status == EMEND_OK && (flags & EMEND_MODEL_OPTIMIZER) != 0) {
        status = read_moments(model, dir, err);
    }
    if (status == EMEND_OK) {
        *out = model;
        model = NULL; // given away
    }
    model_close(NULL, model);
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

/* SPDX-License-Identifier: Apache-2.0 */
/* HuggingFace folders. A safetensors file is 8 bytes of header length (little-endian), a JSON
 * header that gives each tensor's type, shape and place, and the values
 * (github.com/huggingface/safetensors). Files are taken for hostile: nothing is believed before it
 * was compared with what must be. */
#include "model.h"
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_PATH = 4096, MAX_CONFIG = 1 << 20, MAX_HEADER = 100000000, MAX_NAME = 96 };

static const char foreign[] = "restore the config.json that belongs to these weights, or fetch "
                              "both again";

/* A block of the model's and what its tensors' names end in. */
typedef struct Values {
    float *block;
    const char *suffix;
} Values;

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
    case EMFILE:
        return EMEND_EXHAUSTED;
    default:
        return EMEND_UNAVAILABLE;
    }
}

static EmendStatus join(EmendStr dir, const char *name, char path[MAX_PATH], EmendError *err) {
    if (dir.len > MAX_PATH - 64 || memchr(dir.ptr, '\0', dir.len)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "model folder: the path has %" PRIu64 " bytes or a NUL; it must have at "
                          "most %d and no NUL",
                          dir.len, MAX_PATH - 64);
    }
    snprintf(path, MAX_PATH, "%.*s/%s", (int)dir.len, dir.ptr, name);
    return EMEND_OK;
}

static EmendStatus open_file(const char *path, FILE **out, uint64_t *n_bytes, EmendError *err) {
    struct stat info;
    int error = stat(path, &info) != 0 ? errno : 0;
    if (error == 0 && !S_ISREG(info.st_mode)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: is not a regular file; a file that can be read is needed", path);
    }
    FILE *file = error == 0 ? fopen(path, "rb") : NULL;
    if (!file) {
        error = error != 0 ? error : errno;
        return emend_fail(err, status_of(error), "%s: cannot be opened: %s", path, strerror(error));
    }
    *n_bytes = (uint64_t)info.st_size;
    *out = file;
    return EMEND_OK;
}

static EmendStatus read_bytes(FILE *file, const char *path, void *to, size_t n, EmendError *err) {
    return fread(to, 1, n, file) == n
               ? EMEND_OK
               : emend_fail(err, EMEND_DATA_LOSS, "%s: ends too early; fetch it again", path);
}

/* The next n bytes of the file as one JSON object, the caller's to decref. */
static EmendStatus read_json(const Backend *backend, FILE *file, const char *path, size_t n,
                             json_t **out, EmendError *err) {
    json_error_t error;
    void *text = NULL;
    EmendStatus status = backend_take(backend, n, 1, "a file's JSON", &text, err);
    if (status == EMEND_OK) {
        status = read_bytes(file, path, text, n, err);
    }
    if (status == EMEND_OK) {
        *out = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
        if (!json_is_object(*out)) {
            json_decref(*out);
            *out = NULL;
            status = emend_fail(err, EMEND_DATA_LOSS,
                                "%s: holds no JSON object: %s; fetch it again", path, error.text);
        }
    }
    backend->host->free(backend->host, text);
    return status;
}

/* --- config.json --- */

/* A config being read: after the first failure, in `status`, the rest does nothing. */
typedef struct Reader {
    const char *path;
    const json_t *json;
    EmendStatus status;
    EmendError *err;
} Reader;

/* The field's value; NULL where it is absent or null. */
static const json_t *field_of(const Reader *reader, const char *field) {
    const json_t *value = json_object_get(reader->json, field);
    return json_is_null(value) ? NULL : value;
}

static void refuse(Reader *reader, EmendStatus status, const char *field, const char *must) {
    if (reader->status == EMEND_OK) {
        char *text = json_dumps(field_of(reader, field), JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
        reader->status = emend_fail(reader->err, status, "%s: %s is %.80s; %s", reader->path, field,
                                    text ? text : "missing", must);
        free(text);
    }
}

static uint32_t read_size(Reader *reader, const char *field, uint32_t otherwise) {
    const json_t *value = field_of(reader, field);
    json_int_t size = json_integer_value(value);
    if (!value && otherwise != UINT32_MAX) {
        return otherwise;
    }
    if (!json_is_integer(value) || size < 1 || size > INT32_MAX) {
        refuse(reader, EMEND_INVALID_ARGUMENT, field, "it must be a whole number above 0");
        return 0;
    }
    return (uint32_t)size;
}

static double read_number(Reader *reader, const char *field, double otherwise) {
    const json_t *value = field_of(reader, field);
    if (value && !json_is_number(value)) {
        refuse(reader, EMEND_INVALID_ARGUMENT, field, "it must be a number");
    }
    return value ? json_number_value(value) : otherwise;
}

static void require_text(Reader *reader, const char *field, const char *text) {
    const json_t *value = field_of(reader, field);
    char must[64];
    snprintf(must, sizeof must, "this backend runs \"%s\"", text);
    if (value && !(json_is_string(value) && strcmp(json_string_value(value), text) == 0)) {
        refuse(reader, EMEND_UNIMPLEMENTED, field, must);
    }
}

/* What would change the arithmetic must be off. */
static void require_off(Reader *reader, const char *field) {
    const json_t *value = field_of(reader, field);
    const json_t *type = json_object_get(value, "rope_type");
    bool is_plain = json_is_string(type) && strcmp(json_string_value(type), "default") == 0;
    if (value && !json_is_false(value) && !is_plain) {
        refuse(reader, EMEND_UNIMPLEMENTED, field, "this backend does not compute that");
    }
}

static void read_fields(Reader *reader, EmendModelConfig *out) {
    const uint32_t required = UINT32_MAX;
    require_text(reader, "model_type", "llama");
    require_text(reader, "hidden_act", "silu");
    require_off(reader, "rope_scaling");
    require_off(reader, "rope_parameters");
    require_off(reader, "attention_bias");
    require_off(reader, "mlp_bias");
    require_off(reader, "quantization_config");
    // What a file leaves out has the value that HuggingFace's LlamaConfig gives it.
    const json_t *rope = field_of(reader, "rope_parameters");
    double theta = json_number_value(json_object_get(rope, "rope_theta"));
    *out = (EmendModelConfig){
        .struct_size = sizeof *out,
        .vocab_size = read_size(reader, "vocab_size", required),
        .hidden_size = read_size(reader, "hidden_size", required),
        .intermediate_size = read_size(reader, "intermediate_size", required),
        .num_hidden_layers = read_size(reader, "num_hidden_layers", required),
        .num_attention_heads = read_size(reader, "num_attention_heads", required),
        .num_key_value_heads = read_size(reader, "num_key_value_heads", 0),
        .head_dim = read_size(reader, "head_dim", 0),
        .max_position_embeddings = read_size(reader, "max_position_embeddings", 2048),
        .rope_theta = theta > 0.0 ? theta : read_number(reader, "rope_theta", 10000.0),
        .rms_norm_eps = read_number(reader, "rms_norm_eps", 1e-6),
        .initializer_range = read_number(reader, "initializer_range", 0.02)};
    if (json_is_true(field_of(reader, "tie_word_embeddings"))) {
        out->flags |= EMEND_MODEL_TIED_EMBEDDINGS;
    }
}

static EmendStatus read_config(const Backend *backend, EmendStr dir, EmendModelConfig *out,
                               EmendError *err) {
    char path[MAX_PATH], reason[512] = "";
    FILE *file = NULL;
    json_t *json = NULL;
    uint64_t n_bytes = 0;
    EmendError inner = emend_error_on(reason, sizeof reason);
    EmendStatus status = join(dir, "config.json", path, err);
    if (status == EMEND_OK) {
        status = open_file(path, &file, &n_bytes, err);
    }
    if (status == EMEND_OK && n_bytes > MAX_CONFIG) {
        status =
            emend_fail(err, EMEND_DATA_LOSS, "%s: has %" PRIu64 " bytes; a config has at most %d",
                       path, n_bytes, MAX_CONFIG);
    }
    if (status == EMEND_OK) {
        status = read_json(backend, file, path, (size_t)n_bytes, &json, err);
    }
    if (status == EMEND_OK) {
        Reader reader = {.path = path, .json = json, .err = err};
        read_fields(&reader, out);
        status = reader.status;
    }
    if (status == EMEND_OK) {
        status = model_config_check(out, &inner);
        if (status != EMEND_OK) {
            emend_fail(err, status, "%s: %s", path, reason);
        }
    }
    json_decref(json);
    if (file) {
        fclose(file);
    }
    return status;
}

/* --- reading tensors --- */

/* A safetensors file with its header read: values from `data` to the end, n_bytes of them. */
typedef struct TensorFile {
    char path[MAX_PATH];
    FILE *file;
    json_t *header;
    uint64_t data, n_bytes;
} TensorFile;

static void close_tensors(TensorFile *f) {
    json_decref(f->header);
    if (f->file) {
        fclose(f->file);
    }
}

static EmendStatus open_tensors(const Backend *backend, EmendStr dir, const char *name,
                                TensorFile *f, EmendError *err) {
    uint64_t n_bytes = 0, n_header = 0;
    EmendStatus status = join(dir, name, f->path, err);
    if (status == EMEND_OK) {
        status = open_file(f->path, &f->file, &n_bytes, err);
    }
    if (status == EMEND_OK && n_bytes < sizeof n_header) {
        status = emend_fail(err, EMEND_DATA_LOSS,
                            "%s: it has %" PRIu64 " bytes; a safetensors file begins with 8 bytes "
                            "of header length: fetch it again",
                            f->path, n_bytes);
    }
    if (status == EMEND_OK) {
        status = read_bytes(f->file, f->path, &n_header, sizeof n_header, err);
    }
    if (status == EMEND_OK && (n_header > n_bytes - sizeof n_header || n_header > MAX_HEADER)) {
        status =
            emend_fail(err, EMEND_DATA_LOSS,
                       "%s: its header is said to have %" PRIu64 " bytes; the file has %" PRIu64
                       ", and a header at most %d: fetch it again",
                       f->path, n_header, n_bytes, MAX_HEADER);
    }
    if (status == EMEND_OK) {
        status = read_json(backend, f->file, f->path, (size_t)n_header, &f->header, err);
        f->data = sizeof n_header + n_header;
        f->n_bytes = n_bytes - f->data;
    }
    return status;
}

/* Whether an array of JSON is these n whole numbers. */
static bool is_numbers(const json_t *array, const uint64_t *numbers, size_t n) {
    bool is_equal = json_array_size(array) == n;
    for (size_t i = 0; i < n && is_equal; i++) {
        const json_t *value = json_array_get(array, i);
        is_equal = json_is_integer(value) && json_integer_value(value) == (json_int_t)numbers[i];
    }
    return is_equal;
}

static EmendStatus check_shape(const TensorFile *f, const char *name, const Tensor *tensor,
                               const json_t *shape, EmendError *err) {
    const uint64_t sizes[] = {tensor->rows, tensor->columns};
    if (is_numbers(shape, sizes + tensor->is_vector, tensor->is_vector ? 1 : 2)) {
        return EMEND_OK;
    }
    char *found = json_dumps(shape, JSON_ENCODE_ANY | JSON_ENSURE_ASCII), expected[64];
    snprintf(expected, sizeof expected, tensor->is_vector ? "[%u]" : "[%u, %u]",
             tensor->is_vector ? tensor->columns : tensor->rows, tensor->columns);
    EmendStatus status = emend_fail(
        err, EMEND_DATA_LOSS, "%s: tensor \"%s\" has shape %.80s; config.json asks for %s: %s",
        f->path, name, found ? found : "?", expected, foreign);
    free(found);
    return status;
}

static EmendStatus read_tensor(const TensorFile *f, const char *name, const Tensor *tensor,
                               const Values *values, EmendError *err) {
    const json_t *entry = json_object_get(f->header, name);
    const json_t *place = json_object_get(entry, "data_offsets");
    const char *type = json_string_value(json_object_get(entry, "dtype"));
    uint64_t n_bytes = tensor_floats(tensor) * sizeof(float);
    json_int_t begin = json_integer_value(json_array_get(place, 0));
    if (!entry) {
        return emend_fail(err, EMEND_DATA_LOSS, "%s: tensor \"%s\" is missing; %s%s", f->path, name,
                          foreign,
                          strcmp(name, "lm_head.weight") == 0
                              ? "; where the output is the embedding, set tie_word_embeddings to "
                                "true"
                              : "");
    }
    if (!type || strcmp(type, "F32") != 0) {
        return emend_fail(err, EMEND_UNIMPLEMENTED,
                          "%s: tensor \"%s\" is of type %.16s; this backend reads F32: convert it",
                          f->path, name, type ? type : "?");
    }
    EmendStatus status = check_shape(f, name, tensor, json_object_get(entry, "shape"), err);
    if (status != EMEND_OK) {
        return status;
    }
    const uint64_t expected[] = {(uint64_t)begin, (uint64_t)begin + n_bytes};
    if (begin < 0 || !is_numbers(place, expected, 2) || expected[1] > f->n_bytes ||
        fseeko(f->file, (off_t)(f->data + expected[0]), SEEK_SET) != 0) {
        return emend_fail(err, EMEND_DATA_LOSS,
                          "%s: tensor \"%s\" does not lie where it has its %" PRIu64
                          " bytes within the file: fetch it again",
                          f->path, name, n_bytes);
    }
    return read_bytes(f->file, f->path, values->block + tensor->offset, (size_t)n_bytes, err);
}

static int compare_places(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return x[0] != y[0] ? (x[0] < y[0] ? -1 : 1) : (x[1] > y[1]) - (x[1] < y[1]);
}

/* The tensors cover the data exactly: no overlap, no hole, nothing after them. */
static EmendStatus check_places(const Backend *backend, const TensorFile *f, EmendError *err) {
    uint64_t(*places)[2] = NULL, end = 0;
    size_t n = 0;
    void *block = NULL;
    const char *name = NULL;
    json_t *entry = NULL;
    EmendStatus status = backend_take(backend, json_object_size(f->header), sizeof *places,
                                      "a file's list of tensors", &block, err);
    if (status != EMEND_OK) {
        return status;
    }
    places = block;
    json_object_foreach(f->header, name, entry) {
        const json_t *place = json_object_get(entry, "data_offsets");
        if (strcmp(name, "__metadata__") != 0) {
            places[n][0] = (uint64_t)json_integer_value(json_array_get(place, 0));
            places[n++][1] = (uint64_t)json_integer_value(json_array_get(place, 1));
        }
    }
    qsort(places, n, sizeof *places, compare_places);
    size_t i = 0;
    while (i < n && places[i][0] == end && places[i][1] >= end) {
        end = places[i++][1];
    }
    if (i < n || end != f->n_bytes) {
        status = emend_fail(err, EMEND_DATA_LOSS,
                            "%s: its tensors overlap or leave a hole at byte %" PRIu64
                            " of the data; they must cover all %" PRIu64 ": fetch it again",
                            f->path, end, f->n_bytes);
    }
    backend->host->free(backend->host, block);
    return status;
}

/* Some exports carry a tied head a second time, and the frequencies of the rotation. */
static bool may_be_ignored(const EmendModel *model, const char *name) {
    static const char frequencies[] = ".rotary_emb.inv_freq";
    size_t n = strlen(name), n_suffix = sizeof frequencies - 1;
    return strcmp(name, "__metadata__") == 0 ||
           (model->head == model->embedding && strcmp(name, "lm_head.weight") == 0) ||
           (n > n_suffix && strcmp(name + n - n_suffix, frequencies) == 0);
}

/* A tensor that the model has no place for (a bias, a layer too many) means another model. */
static EmendStatus check_no_others(const EmendModel *model, const TensorFile *f,
                                   const Values *values, size_t n_values, EmendError *err) {
    const char *name = NULL;
    json_t *entry = NULL;
    json_object_foreach(f->header, name, entry) {
        bool is_known = may_be_ignored(model, name);
        char known[MAX_NAME];
        for (size_t i = 0; i < model->n_tensors * n_values && !is_known; i++) {
            snprintf(known, sizeof known, "%s%s", model->tensors[i / n_values].name,
                     values[i % n_values].suffix);
            is_known = strcmp(name, known) == 0;
        }
        if (!is_known) {
            json_t *string = json_string(name);
            char *text = json_dumps(string, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
            emend_fail(err, EMEND_DATA_LOSS,
                       "%s: tensor %.90s has no place in the model of config.json; %s", f->path,
                       text ? text : "?", foreign);
            free(text);
            json_decref(string);
            return EMEND_DATA_LOSS;
        }
    }
    return EMEND_OK;
}

static EmendStatus read_values(EmendModel *model, const TensorFile *f, const Values *values,
                               size_t n_values, EmendError *err) {
    EmendStatus status = check_places(model->backend, f, err);
    for (size_t i = 0; i < model->n_tensors * n_values && status == EMEND_OK; i++) {
        const Tensor *tensor = &model->tensors[i / n_values];
        char name[MAX_NAME];
        snprintf(name, sizeof name, "%s%s", tensor->name, values[i % n_values].suffix);
        status = read_tensor(f, name, tensor, &values[i % n_values], err);
    }
    return status == EMEND_OK ? check_no_others(model, f, values, n_values, err) : status;
}

/* Keeps a config that has little to do with the weights from taking memory for a model that can not
 * be read. Doubles: a hostile one may be past 64 bits. */
static EmendStatus check_size(const EmendModelConfig *c, const TensorFile *f, EmendError *err) {
    double hidden = c->hidden_size, heads = c->num_attention_heads + c->num_key_value_heads;
    double layer = 2 * hidden * c->head_dim * heads + 3 * hidden * c->intermediate_size;
    double n_asked = layer * c->num_hidden_layers + hidden * c->vocab_size;
    double n_held = (double)f->n_bytes / sizeof(float);
    if (n_asked <= 2.0 * n_held + (1 << 24)) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_DATA_LOSS,
                      "%s: config.json describes %.0f parameters or more; the file holds %.0f; %s",
                      f->path, n_asked, n_held, foreign);
}

static EmendStatus read_moments(EmendModel *model, EmendStr dir, EmendError *err) {
    const Values moments[] = {{model->moments1, ".exp_avg"}, {model->moments2, ".exp_avg_sq"}};
    TensorFile f = {.file = NULL};
    EmendStatus status = open_tensors(model->backend, dir, "optimizer.safetensors", &f, err);
    if (status == EMEND_OK) {
        status = read_values(model, &f, moments, 2, err);
    }
    close_tensors(&f);
    return status;
}

EmendStatus folder_read(const Backend *backend, EmendStr dir, uint32_t flags, EmendModel **out,
                        EmendError *err) {
    EmendModelConfig config = {0};
    TensorFile f = {.file = NULL};
    EmendModel *model = NULL;
    if ((flags & EMEND_MODEL_FROZEN) != 0 && (flags & EMEND_MODEL_OPTIMIZER) != 0) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "model folder: is to be opened frozen and with the optimizer's moments; a "
            "frozen model has none: ask for one of the two");
    }
    EmendStatus status = read_config(backend, dir, &config, err);
    if (status == EMEND_OK) {
        status = open_tensors(backend, dir, "model.safetensors", &f, err);
    }
    if (status == EMEND_OK) {
        status = check_size(&config, &f, err);
    }
    if (status == EMEND_OK) {
        status = model_create(backend, &config, flags, &model, err);
    }
    if (status == EMEND_OK) {
        const Values weights = {model->weights, ""};
        status = read_values(model, &f, &weights, 1, err);
    }
    if (status == EMEND_OK && (flags & EMEND_MODEL_OPTIMIZER) != 0) {
        status = read_moments(model, dir, err);
    }
    if (status == EMEND_OK) {
        *out = model;
        model = NULL; // given away
    }
    model_destroy(model);
    close_tensors(&f);
    return status;
}

/* --- writing --- */

/* Closes a file that was written; one that did not become whole is removed. */
static EmendStatus close_written(FILE *file, const char *path, bool is_whole, EmendError *err) {
    int error = is_whole ? 0 : errno;
    if (file && fclose(file) != 0 && is_whole) {
        error = errno;
        is_whole = false;
    }
    if (is_whole) {
        return EMEND_OK;
    }
    EmendStatus status = status_of(error);
    if (file) {
        remove(path);
    }
    return emend_fail(err, status, "%s: cannot be written: %s; %s", path, strerror(error),
                      status == EMEND_EXHAUSTED ? "free some space, or choose another folder"
                                                : "the folder must exist and be writable");
}

static EmendStatus write_config(const EmendModelConfig *c, EmendStr dir, EmendError *err) {
    char path[MAX_PATH];
    EmendStatus status = join(dir, "config.json", path, err);
    if (status != EMEND_OK) {
        return status;
    }
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
    FILE *file = json ? fopen(path, "wb") : NULL;
    bool is_whole = file && json_dumpf(json, file, JSON_INDENT(2)) == 0 && fputc('\n', file) != EOF;
    status = json ? close_written(file, path, is_whole, err)
                  : emend_fail(err, EMEND_EXHAUSTED, "%s: no memory to write it", path);
    json_decref(json);
    return status;
}

/* Prints the header, or with a NULL file only counts; returns its bytes. */
static size_t print_header(FILE *file, const EmendModel *model, const Values *values,
                           size_t n_values) {
    char line[256];
    size_t n = 0;
    for (size_t v = 0; v < n_values; v++) {
        for (uint32_t i = 0; i < model->n_tensors; i++) {
            const Tensor *t = &model->tensors[i];
            size_t begin = (v * model->n_floats + t->offset) * sizeof(float);
            char rows[16] = "";
            if (!t->is_vector) {
                snprintf(rows, sizeof rows, "%u,", t->rows);
            }
            int n_line = snprintf(line, sizeof line,
                                  "%s\"%s%s\":{\"dtype\":\"F32\",\"shape\":[%s%u],"
                                  "\"data_offsets\":[%zu,%zu]}",
                                  n == 0 ? "{" : ",", t->name, values[v].suffix, rows, t->columns,
                                  begin, begin + tensor_floats(t) * sizeof(float));
            n += (size_t)n_line;
            if (file) {
                fputs(line, file);
            }
        }
    }
    size_t n_padded = (n + 1 + 7) / 8 * 8; // the data begins at a multiple of 8
    if (file) {
        fprintf(file, "}%*s", (int)(n_padded - n - 1), "");
    }
    return n_padded;
}

static EmendStatus write_values(const EmendModel *model, EmendStr dir, const char *name,
                                const Values *values, size_t n_values, EmendError *err) {
    char path[MAX_PATH];
    EmendStatus status = join(dir, name, path, err);
    if (status != EMEND_OK) {
        return status;
    }
    FILE *file = fopen(path, "wb");
    bool is_whole = file != NULL;
    if (file) {
        uint64_t n_header = print_header(NULL, model, values, n_values);
        is_whole = fwrite(&n_header, sizeof n_header, 1, file) == 1;
        print_header(file, model, values, n_values);
    }
    for (size_t v = 0; v < n_values && is_whole; v++) {
        is_whole = fwrite(values[v].block, sizeof(float), model->n_floats, file) == model->n_floats;
    }
    return close_written(file, path, is_whole && !ferror(file), err);
}

EmendStatus folder_write(const EmendModel *model, EmendStr dir, uint32_t flags, EmendError *err) {
    const Values weights = {model->weights, ""};
    const Values moments[] = {{model->moments1, ".exp_avg"}, {model->moments2, ".exp_avg_sq"}};
    bool with_moments = (flags & EMEND_MODEL_OPTIMIZER) != 0;
    if (with_moments && !model->moments1) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "%.*s: a frozen model is to be saved with the optimizer's moments; it "
                          "has none: save it without",
                          (int)(dir.len < MAX_PATH ? dir.len : MAX_PATH), dir.ptr);
    }
    EmendStatus status = write_config(&model->config, dir, err);
    if (status == EMEND_OK) {
        status = write_values(model, dir, "model.safetensors", &weights, 1, err);
    }
    if (status == EMEND_OK && with_moments) {
        status = write_values(model, dir, "optimizer.safetensors", moments, 2, err);
    }
    return status;
}

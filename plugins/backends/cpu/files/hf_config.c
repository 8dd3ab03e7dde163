/* SPDX-License-Identifier: Apache-2.0 */
#include "hf_config.h"
#include "disk.h"
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CONFIG_BYTES = 1 << 20 };

/* A config being read: the first failure stays in `status`, and what follows does nothing. */
typedef struct Reader {
    const char *path;
    const json_t *json;
    EmendStatus status;
    EmendError *err;
} Reader;

/* The field's value as JSON in text, cut to capacity. */
static void value_text(const json_t *value, char *text, size_t capacity) {
    char *dump = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
    snprintf(text, capacity, "%s", dump ? dump : "?");
    free(dump);
}

static void refuse(Reader *reader, EmendStatus status, const char *field, const json_t *value,
                   const char *must) {
    char text[128];
    if (reader->status == EMEND_OK) {
        value_text(value, text, sizeof text);
        reader->status =
            emend_fail(reader->err, status, "%s: %s is %s; %s", reader->path, field, text, must);
    }
}

/* The field's value; NULL where it is absent or null. */
static const json_t *field_of(const Reader *reader, const char *field) {
    const json_t *value = json_object_get(reader->json, field);
    return json_is_null(value) ? NULL : value;
}

static uint32_t read_size(Reader *reader, const char *field, bool is_required, uint32_t otherwise) {
    const json_t *value = field_of(reader, field);
    if (!value) {
        if (is_required && reader->status == EMEND_OK) {
            reader->status =
                emend_fail(reader->err, EMEND_INVALID_ARGUMENT,
                           "%s: %s is missing; it must give the model's size as a whole number",
                           reader->path, field);
        }
        return otherwise;
    }
    json_int_t size = json_is_integer(value) ? json_integer_value(value) : -1;
    if (size < 1 || size > INT32_MAX) {
        refuse(reader, EMEND_INVALID_ARGUMENT, field, value,
               "it must be a whole number from 1 to 2147483647");
        return otherwise;
    }
    return (uint32_t)size;
}

static double number_of(Reader *reader, const char *field, const json_t *value, bool may_be_zero,
                        double otherwise) {
    if (!value || json_is_null(value)) {
        return otherwise;
    }
    double number = json_is_number(value) ? json_number_value(value) : -1.0;
    if (!isfinite(number) || number < 0.0 || (number == 0.0 && !may_be_zero)) {
        refuse(reader, EMEND_INVALID_ARGUMENT, field, value,
               may_be_zero ? "it must be a number of 0 or more" : "it must be a number above 0");
        return otherwise;
    }
    return number;
}

static double read_number(Reader *reader, const char *field, bool may_be_zero, double otherwise) {
    return number_of(reader, field, field_of(reader, field), may_be_zero, otherwise);
}

static bool read_flag(Reader *reader, const char *field, bool otherwise) {
    const json_t *value = field_of(reader, field);
    if (value && !json_is_boolean(value)) {
        refuse(reader, EMEND_INVALID_ARGUMENT, field, value, "it must be true or false");
    }
    return value ? json_is_true(value) : otherwise;
}

static bool is_text(const json_t *value, const char *text) {
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

static void require_text(Reader *reader, const char *field, const char *text, const char *must) {
    const json_t *value = field_of(reader, field);
    if (value && !is_text(value, text)) {
        refuse(reader, EMEND_UNIMPLEMENTED, field, value, must);
    }
}

static void require_false(Reader *reader, const char *field, const char *must) {
    if (read_flag(reader, field, false)) {
        refuse(reader, EMEND_UNIMPLEMENTED, field, field_of(reader, field), must);
    }
}

/* rope_scaling of older files, rope_parameters of newer ones: plain rotation only. Returns theta.
 */
static double read_rope(Reader *reader) {
    static const char must[] = "this backend rotates without scaling: it must be null, or of "
                               "rope_type \"default\"";
    static const char *const fields[] = {"rope_scaling", "rope_parameters"};
    double theta = read_number(reader, "rope_theta", false, 10000.0);

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const json_t *value = field_of(reader, fields[i]);
        if (!value) {
            continue;
        }
        const json_t *type = json_object_get(value, "rope_type");
        if (!type) {
            type = json_object_get(value, "type");
        }
        if (!json_is_object(value) || !is_text(type, "default")) {
            refuse(reader, EMEND_UNIMPLEMENTED, fields[i], value, must);
        }
        theta = number_of(reader, "rope_parameters.rope_theta",
                          json_object_get(value, "rope_theta"), false, theta);
    }
    return theta;
}

static void read_features(Reader *reader) {
    if (!field_of(reader, "model_type") && reader->status == EMEND_OK) {
        reader->status =
            emend_fail(reader->err, EMEND_INVALID_ARGUMENT,
                       "%s: model_type is missing; it must be \"llama\"", reader->path);
    }
    require_text(reader, "model_type", "llama", "this backend runs \"llama\"");
    require_text(reader, "hidden_act", "silu", "this backend computes \"silu\"");
    require_false(reader, "attention_bias", "this backend has no biases: it must be false");
    require_false(reader, "mlp_bias", "this backend has no biases: it must be false");
    const json_t *quantization = field_of(reader, "quantization_config");
    if (quantization) {
        refuse(reader, EMEND_UNIMPLEMENTED, "quantization_config", quantization,
               "this backend reads weights of F32, F16 or BF16: use a model that is not quantized");
    }
}

static void read_fields(Reader *reader, EmendModelConfig *out) {
    read_features(reader);
    out->struct_size = sizeof *out;
    out->vocab_size = read_size(reader, "vocab_size", true, 0);
    out->hidden_size = read_size(reader, "hidden_size", true, 0);
    out->intermediate_size = read_size(reader, "intermediate_size", true, 0);
    out->num_hidden_layers = read_size(reader, "num_hidden_layers", true, 0);
    out->num_attention_heads = read_size(reader, "num_attention_heads", true, 0);
    out->num_key_value_heads = read_size(reader, "num_key_value_heads", false, 0);
    out->head_dim = read_size(reader, "head_dim", false, 0);
    out->max_position_embeddings = read_size(reader, "max_position_embeddings", false, 2048);
    out->rope_theta = read_rope(reader);
    out->rms_norm_eps = read_number(reader, "rms_norm_eps", false, 1e-6);
    out->initializer_range = read_number(reader, "initializer_range", true, 0.02);
    if (read_flag(reader, "tie_word_embeddings", false)) {
        out->flags |= EMEND_MODEL_TIED_EMBEDDINGS;
    }
}

EmendStatus hf_config_read(const char *path, EmendModelConfig *out, EmendError *err) {
    DiskView view = {0};
    json_t *json = NULL;
    json_error_t json_error;
    Reader reader = {.path = path, .err = err};
    EmendModelConfig config = {0};

    EmendStatus status = disk_map(path, &view, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (view.n > MAX_CONFIG_BYTES) {
        status = emend_fail(err, EMEND_DATA_LOSS, "%s: has %zu bytes; a config has at most %d",
                            path, view.n, MAX_CONFIG_BYTES);
        goto out;
    }
    json = json_loadb((const char *)view.bytes, view.n, JSON_REJECT_DUPLICATES, &json_error);
    if (!json_is_object(json)) {
        status = emend_fail(err, EMEND_DATA_LOSS,
                            "%s:%d:%d: %s; it must be one JSON object: restore the model's config",
                            path, json ? 1 : json_error.line, json ? 1 : json_error.column,
                            json ? "is another kind of value" : json_error.text);
        goto out;
    }
    reader.json = json;
    read_fields(&reader, &config);
    status = reader.status;
    if (status == EMEND_OK) {
        *out = config;
    }
out:
    json_decref(json);
    disk_unmap(&view);
    return status;
}

// ---- writing

/* The digits after which each of the numbers reads back as it was, so that 1e-5 is not written as
 * 1.0000000000000001e-05. */
static size_t digits_of(const double *numbers, size_t n) {
    size_t digits = 1;
    for (size_t i = 0; i < n; i++) {
        char text[64];
        while (digits < 17) {
            snprintf(text, sizeof text, "%.*g", (int)digits, numbers[i]);
            if (strtod(text, NULL) == numbers[i]) {
                break;
            }
            digits++;
        }
    }
    return digits;
}

static json_t *config_json(const EmendModelConfig *config) {
    bool is_tied = (config->flags & EMEND_MODEL_TIED_EMBEDDINGS) != 0;
    // The ids of special tokens are the tokenizer's to say; left out, they would default to 1
    // and 2.
    return json_pack(
        "{s:[s], s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:b, s:b, "
        "s:b,"
        " s:f, s:n, s:n, s:n, s:b}",
        "architectures", "LlamaForCausalLM", "model_type", "llama", "torch_dtype", "float32",
        "hidden_act", "silu", "vocab_size", (json_int_t)config->vocab_size, "hidden_size",
        (json_int_t)config->hidden_size, "intermediate_size", (json_int_t)config->intermediate_size,
        "num_hidden_layers", (json_int_t)config->num_hidden_layers, "num_attention_heads",
        (json_int_t)config->num_attention_heads, "num_key_value_heads",
        (json_int_t)config->num_key_value_heads, "head_dim", (json_int_t)config->head_dim,
        "max_position_embeddings", (json_int_t)config->max_position_embeddings, "rope_theta",
        config->rope_theta, "rms_norm_eps", config->rms_norm_eps, "initializer_range",
        config->initializer_range, "tie_word_embeddings", is_tied, "attention_bias", 0, "mlp_bias",
        0, "attention_dropout", 0.0, "rope_scaling", "bos_token_id", "eos_token_id", "use_cache",
        1);
}

EmendStatus hf_config_write(const char *path, const EmendModelConfig *config, EmendError *err) {
    const double numbers[] = {config->rope_theta, config->rms_norm_eps, config->initializer_range};
    DiskFile file = {.fd = -1};
    EmendStatus status = EMEND_OK;

    json_t *json = config_json(config);
    char *text =
        json ? json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(digits_of(numbers, 3))) : NULL;
    if (!text) {
        status = emend_fail(err, EMEND_EXHAUSTED, "%s: no memory to write it", path);
        goto out;
    }
    status = disk_create(&file, path, err);
    if (status == EMEND_OK) {
        status = disk_write(&file, text, strlen(text), err);
    }
    if (status == EMEND_OK) {
        status = disk_write(&file, "\n", 1, err);
    }
    status = disk_finish(&file, status, err);
out:
    free(text);
    json_decref(json);
    return status;
}

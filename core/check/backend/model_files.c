/* SPDX-License-Identifier: Apache-2.0 */
#include "check/backend/model_files.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8 };

// ---- config.json

static json_t *config_json(const EmendModelConfig *config) {
    json_t *json = json_pack(
        "{s:[s], s:s, s:s, s:s, s:f, s:f, s:f, s:b, s:b, s:b}", "architectures", "LlamaForCausalLM",
        "model_type", "llama", "torch_dtype", "float32", "hidden_act", "silu", "rope_theta",
        config->rope_theta, "rms_norm_eps", config->rms_norm_eps, "initializer_range",
        config->initializer_range, "tie_word_embeddings",
        (config->flags & EMEND_MODEL_TIED_EMBEDDINGS) != 0, "attention_bias", 0, "mlp_bias", 0);
    const struct {
        const char *name;
        uint32_t value;
    } sizes[] = {
        {"vocab_size", config->vocab_size},
        {"hidden_size", config->hidden_size},
        {"intermediate_size", config->intermediate_size},
        {"num_hidden_layers", config->num_hidden_layers},
        {"num_attention_heads", config->num_attention_heads},
        {"num_key_value_heads", config->num_key_value_heads},
        {"head_dim", config->head_dim},
        {"max_position_embeddings", config->max_position_embeddings},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        json_object_set_new(json, sizes[i].name, json_integer(sizes[i].value));
    }
    return json;
}

// ---- model.safetensors

static json_t *header_json(const Reference *reference, size_t *n_data) {
    json_t *header = json_object();
    *n_data = 0;
    for (size_t i = 0; i < reference->n_tensors; i++) {
        const ReferenceTensor *tensor = &reference->tensors[i];
        size_t n = tensor->rows * tensor->columns * sizeof(float);
        json_int_t begin = (json_int_t)*n_data, end = (json_int_t)(*n_data + n);
        json_t *shape =
            tensor->rows == 1 && strstr(tensor->name, "norm")
                ? json_pack("[I]", (json_int_t)tensor->columns)
                : json_pack("[I, I]", (json_int_t)tensor->rows, (json_int_t)tensor->columns);
        json_object_set_new(header, tensor->name,
                            json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape,
                                      "data_offsets", begin, end));
        *n_data += n;
    }
    return header;
}

uint8_t *model_files_weights(const Reference *reference, size_t *n_bytes) {
    size_t n_data = 0;
    json_t *json = header_json(reference, &n_data);
    char *header = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (!header) {
        abort();
    }
    size_t n_header = strlen(header), n_padded = (n_header + 7) / 8 * 8;
    uint8_t *bytes = calloc(LENGTH_BYTES + n_padded + n_data, 1);
    if (!bytes) {
        abort();
    }
    for (size_t i = 0; i < LENGTH_BYTES; i++) {
        bytes[i] = (uint8_t)(n_padded >> (8 * i));
    }
    memset(bytes + LENGTH_BYTES, ' ', n_padded);
    memcpy(bytes + LENGTH_BYTES, header, n_header);
    free(header);

    uint8_t *at = bytes + LENGTH_BYTES + n_padded;
    for (size_t i = 0; i < reference->n_tensors; i++) {
        const ReferenceTensor *tensor = &reference->tensors[i];
        for (size_t j = 0; j < tensor->rows * tensor->columns; j++, at += sizeof(float)) {
            float value = (float)tensor->values[j];
            memcpy(at, &value, sizeof value);
        }
    }
    *n_bytes = LENGTH_BYTES + n_padded + n_data;
    return bytes;
}

bool model_files_write(Kit *kit, KitFolder *folder, const Reference *reference) {
    size_t n_bytes = 0;
    json_t *json = config_json(&reference->config);
    char *config = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    uint8_t *weights = model_files_weights(reference, &n_bytes);
    bool is_written = config &&
                      kit_folder_write(kit, folder, "config.json", config, strlen(config)) &&
                      kit_folder_write(kit, folder, "model.safetensors", weights, n_bytes);
    json_decref(json);
    free(config);
    free(weights);
    return is_written;
}

// ---- reading

/* Where a tensor's bytes lie in the data; false where they are not as they must be. */
static bool find_data(const json_t *entry, size_t n_values, size_t n_data, size_t *begin) {
    json_int_t from = json_integer_value(json_array_get(json_object_get(entry, "data_offsets"), 0));
    json_int_t to = json_integer_value(json_array_get(json_object_get(entry, "data_offsets"), 1));
    const char *type = json_string_value(json_object_get(entry, "dtype"));
    *begin = (size_t)from;
    return type && strcmp(type, "F32") == 0 && from >= 0 && to >= from && (size_t)to <= n_data &&
           (size_t)(to - from) == n_values * sizeof(float);
}

static bool read_tensor(Kit *kit, const json_t *header, const uint8_t *data, size_t n_data,
                        ReferenceTensor *tensor) {
    const json_t *entry = json_object_get(header, tensor->name);
    size_t n = tensor->rows * tensor->columns, begin = 0;
    if (!entry) {
        kit_fail(kit, "write every parameter under its HuggingFace name",
                 "the model.safetensors it saved has no %s; the model has one", tensor->name);
        return false;
    }
    if (!find_data(entry, n, n_data, &begin)) {
        char *text = json_dumps(entry, JSON_COMPACT);
        kit_fail(kit, "write weights as F32, row-major, with data_offsets inside the file",
                 "the model.safetensors it saved has %s as %s; it must be F32 of %zu x %zu values",
                 tensor->name, text ? text : "?", tensor->rows, tensor->columns);
        free(text);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        float value = 0.0f;
        memcpy(&value, data + begin + i * sizeof value, sizeof value);
        tensor->values[i] = (double)value;
    }
    return true;
}

bool model_files_read(Kit *kit, KitFolder *folder, Reference *reference) {
    size_t n_bytes = 0;
    uint64_t n_header = 0;
    json_t *header = NULL;
    bool is_read = false;
    uint8_t *bytes = kit_folder_read(folder, "model.safetensors", &n_bytes);
    for (size_t i = 0; bytes && n_bytes >= LENGTH_BYTES && i < LENGTH_BYTES; i++) {
        n_header |= (uint64_t)bytes[i] << (8 * i);
    }
    if (bytes && n_header > 0 && n_header <= n_bytes - LENGTH_BYTES) {
        header = json_loadb((const char *)bytes + LENGTH_BYTES, (size_t)n_header, 0, NULL);
    }
    if (!header) {
        kit_fail(kit, "write 8 bytes of header length, the JSON header, then the data",
                 "model_save said OK, and model.safetensors %s",
                 bytes ? "has no JSON header" : "is not there");
        goto out;
    }
    is_read = true;
    for (size_t i = 0; is_read && i < reference->n_tensors; i++) {
        is_read = read_tensor(kit, header, bytes + LENGTH_BYTES + n_header,
                              n_bytes - LENGTH_BYTES - (size_t)n_header, &reference->tensors[i]);
    }
out:
    json_decref(header);
    free(bytes);
    return is_read;
}

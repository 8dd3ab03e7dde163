/* SPDX-License-Identifier: Apache-2.0 */
#include "safetensors.h"
#include "disk.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct Safetensors {
    char *path;
    DiskView view; /* the whole file */
    bool is_mapped;
    const uint8_t *data; /* after the header */
    uint64_t n_data;
    json_t *header; /* holds the names */
    SafetensorsTensor *tensors;
    size_t n_tensors;
};

static const char damaged[] =
    "the file is damaged or not in the safetensors format; fetch or export it again";

// ---- messages

void safetensors_shape_text(const uint64_t *shape, uint32_t n_dimensions, char *text,
                            size_t capacity) {
    size_t n = (size_t)snprintf(text, capacity, "[");
    for (uint32_t i = 0; i < n_dimensions && n < capacity; i++) {
        n += (size_t)snprintf(text + n, capacity - n, "%s%" PRIu64, i > 0 ? ", " : "", shape[i]);
    }
    if (n < capacity) {
        snprintf(text + n, capacity - n, "]");
    }
}

void safetensors_name_text(const char *name, char *text, size_t capacity) {
    size_t n = 0;
    for (; name[n] != '\0' && n + 1 < capacity; n++) {
        bool is_control = (unsigned char)name[n] < 0x20 || name[n] == 0x7F;
        text[n] = is_control ? '?' : name[n];
    }
    text[n] = '\0';
}

static EmendStatus refuse_file(const Safetensors *file, EmendError *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static EmendStatus refuse_file(const Safetensors *file, EmendError *err, const char *format, ...) {
    char detail[256];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    return emend_fail(err, EMEND_DATA_LOSS, "%s: %s; %s", file->path, detail, damaged);
}

static EmendStatus refuse_tensor(const Safetensors *file, const char *name, EmendError *err,
                                 const char *format, ...) __attribute__((format(printf, 4, 5)));
static EmendStatus refuse_tensor(const Safetensors *file, const char *name, EmendError *err,
                                 const char *format, ...) {
    char detail[256], name_text[96];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    safetensors_name_text(name, name_text, sizeof name_text);
    return emend_fail(err, EMEND_DATA_LOSS, "%s: tensor \"%s\": %s; %s", file->path, name_text,
                      detail, damaged);
}

// ---- the header

/* Bytes a value of the type takes; 0: no type of the format. */
static uint64_t bytes_per_value(const char *type) {
    static const struct {
        const char *name;
        uint64_t bytes;
    } types[] = {{"F64", 8}, {"I64", 8},  {"U64", 8},     {"C64", 8},     {"F32", 4},    {"I32", 4},
                 {"U32", 4}, {"F16", 2},  {"BF16", 2},    {"I16", 2},     {"U16", 2},    {"I8", 1},
                 {"U8", 1},  {"BOOL", 1}, {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].name, type) == 0) {
            return types[i].bytes;
        }
    }
    return 0;
}

static bool read_size(const json_t *value, uint64_t *out) {
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return false;
    }
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static EmendStatus read_shape(const Safetensors *file, const json_t *entry,
                              SafetensorsTensor *tensor, EmendError *err) {
    const json_t *shape = json_object_get(entry, "shape");
    if (!json_is_array(shape)) {
        return refuse_tensor(file, tensor->name, err, "shape is not a list of sizes");
    }
    if (json_array_size(shape) > SAFETENSORS_MAX_DIMENSIONS) {
        return refuse_tensor(file, tensor->name, err,
                             "shape has %zu dimensions; at most %d are read",
                             json_array_size(shape), SAFETENSORS_MAX_DIMENSIONS);
    }
    tensor->n_dimensions = (uint32_t)json_array_size(shape);
    tensor->n_values = 1;
    for (uint32_t i = 0; i < tensor->n_dimensions; i++) {
        if (!read_size(json_array_get(shape, i), &tensor->shape[i])) {
            return refuse_tensor(
                file, tensor->name, err,
                "dimension %" PRIu32 " of shape is not a whole number of 0 or more", i);
        }
        if (__builtin_mul_overflow(tensor->n_values, tensor->shape[i], &tensor->n_values)) {
            return refuse_tensor(file, tensor->name, err, "shape has more values than fit 64 bits");
        }
    }
    return EMEND_OK;
}

static EmendStatus read_offsets(const Safetensors *file, const json_t *entry,
                                SafetensorsTensor *tensor, EmendError *err) {
    const json_t *offsets = json_object_get(entry, "data_offsets");
    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !read_size(json_array_get(offsets, 0), &tensor->begin) ||
        !read_size(json_array_get(offsets, 1), &tensor->end)) {
        return refuse_tensor(file, tensor->name, err,
                             "data_offsets is not two whole numbers of 0 or more");
    }
    if (tensor->begin > tensor->end || tensor->end > file->n_data) {
        return refuse_tensor(file, tensor->name, err,
                             "data_offsets are [%" PRIu64 ", %" PRIu64 "]; the file has %" PRIu64
                             " bytes of data",
                             tensor->begin, tensor->end, file->n_data);
    }
    tensor->bytes = file->data + tensor->begin;
    return EMEND_OK;
}

static EmendStatus read_tensor(const Safetensors *file, const char *name, const json_t *entry,
                               SafetensorsTensor *tensor, EmendError *err) {
    tensor->name = name;
    if (!json_is_object(entry)) {
        return refuse_tensor(file, name, err, "its header entry is not an object");
    }
    tensor->type = json_string_value(json_object_get(entry, "dtype"));
    if (!tensor->type) {
        return refuse_tensor(file, name, err, "dtype is not a text");
    }
    uint64_t value_bytes = bytes_per_value(tensor->type);
    if (value_bytes == 0) {
        char type_text[32];
        safetensors_name_text(tensor->type, type_text, sizeof type_text);
        return refuse_tensor(file, name, err, "dtype \"%s\" is not known", type_text);
    }
    EmendStatus status = read_shape(file, entry, tensor, err);
    if (status == EMEND_OK) {
        status = read_offsets(file, entry, tensor, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    uint64_t n_bytes = 0;
    if (__builtin_mul_overflow(tensor->n_values, value_bytes, &n_bytes) ||
        n_bytes != tensor->end - tensor->begin) {
        char shape_text[128];
        safetensors_shape_text(tensor->shape, tensor->n_dimensions, shape_text, sizeof shape_text);
        return refuse_tensor(file, name, err,
                             "data_offsets hold %" PRIu64
                             " bytes; %s of shape %s needs another size",
                             tensor->end - tensor->begin, tensor->type, shape_text);
    }
    return EMEND_OK;
}

static EmendStatus check_metadata(const Safetensors *file, json_t *metadata, EmendError *err) {
    if (!json_is_object(metadata)) {
        return refuse_file(file, err, "__metadata__ is not an object");
    }
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(metadata, key, value) {
        if (!json_is_string(value)) {
            char key_text[64];
            safetensors_name_text(key, key_text, sizeof key_text);
            return refuse_file(file, err, "__metadata__ \"%s\" is not a text", key_text);
        }
    }
    return EMEND_OK;
}

static EmendStatus read_tensors(Safetensors *file, EmendError *err) {
    const char *name = NULL;
    json_t *entry = NULL;

    file->tensors = calloc(json_object_size(file->header) + 1, sizeof file->tensors[0]);
    if (!file->tensors) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for the header", file->path);
    }
    json_object_foreach(file->header, name, entry) {
        EmendStatus status = EMEND_OK;
        if (strcmp(name, "__metadata__") == 0) {
            status = check_metadata(file, entry, err);
        } else {
            status = read_tensor(file, name, entry, &file->tensors[file->n_tensors++], err);
        }
        if (status != EMEND_OK) {
            return status;
        }
    }
    return EMEND_OK;
}

static int by_place(const void *left, const void *right) {
    const SafetensorsTensor *a = left, *b = right;
    if (a->begin != b->begin) {
        return a->begin < b->begin ? -1 : 1;
    }
    return (a->end > b->end) - (a->end < b->end);
}

static int by_name(const void *left, const void *right) {
    const SafetensorsTensor *a = left, *b = right;
    return strcmp(a->name, b->name);
}

/* The tensors, one after another, are the data. Leaves them ordered by name. */
static EmendStatus check_cover(Safetensors *file, EmendError *err) {
    uint64_t end = 0;
    qsort(file->tensors, file->n_tensors, sizeof file->tensors[0], by_place);
    for (size_t i = 0; i < file->n_tensors; i++) {
        const SafetensorsTensor *tensor = &file->tensors[i];
        if (tensor->begin < end) {
            char other[96];
            safetensors_name_text(file->tensors[i - 1].name, other, sizeof other);
            return refuse_tensor(file, tensor->name, err,
                                 "its bytes begin at %" PRIu64 ", inside those of \"%s\"",
                                 tensor->begin, other);
        }
        if (tensor->begin > end) {
            return refuse_tensor(file, tensor->name, err,
                                 "the bytes [%" PRIu64 ", %" PRIu64
                                 ") before it belong to no tensor",
                                 end, tensor->begin);
        }
        end = tensor->end;
    }
    if (end != file->n_data) {
        return refuse_file(file, err, "%" PRIu64 " bytes follow the last tensor",
                           file->n_data - end);
    }
    qsort(file->tensors, file->n_tensors, sizeof file->tensors[0], by_name);
    return EMEND_OK;
}

static EmendStatus read_header(Safetensors *file, EmendError *err) {
    uint64_t n_header = 0;
    if (file->view.n < sizeof n_header) {
        return refuse_file(file, err, "it has %zu bytes; a header takes at least 10", file->view.n);
    }
    for (size_t i = sizeof n_header; i-- > 0;) {
        n_header = n_header << 8 | file->view.bytes[i];
    }
    uint64_t n_rest = file->view.n - sizeof n_header;
    if (n_header > SAFETENSORS_MAX_HEADER) {
        return refuse_file(file, err, "the header's length is given as %" PRIu64 "; at most %d",
                           n_header, SAFETENSORS_MAX_HEADER);
    }
    if (n_header > n_rest) {
        return refuse_file(
            file, err, "the header's length is given as %" PRIu64 "; the file ends after %" PRIu64,
            n_header, n_rest);
    }
    const char *text = (const char *)file->view.bytes + sizeof n_header;
    if (n_header == 0 || text[0] != '{') {
        return refuse_file(file, err, "the header does not begin with '{'");
    }
    json_error_t json_error;
    file->header = json_loadb(text, (size_t)n_header, JSON_REJECT_DUPLICATES, &json_error);
    if (!file->header) {
        char reason[128];
        safetensors_name_text(json_error.text, reason, sizeof reason);
        return refuse_file(file, err, "the header is not JSON: %s at byte %d", reason,
                           json_error.position);
    }
    file->data = file->view.bytes + sizeof n_header + n_header;
    file->n_data = n_rest - n_header;
    return EMEND_OK;
}

// ---- values

static float half_value(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t exponent = half >> 10 & 0x1Fu, fraction = half & 0x3FFu;
    uint32_t bits = 0;
    if (exponent == 0x1F) { // infinity, or a NaN with its payload
        bits = 0x7F800000u | fraction << 13;
    } else if (exponent > 0) {
        bits = (exponent + 127 - 15) << 23 | fraction << 13;
    } else if (fraction > 0) { // subnormal: fraction * 2^-24, which a float holds as a normal
        uint32_t shift = (uint32_t)__builtin_clz(fraction) - 21;
        bits = (127 - 14 - shift) << 23 | (fraction << shift & 0x3FFu) << 13;
    }
    bits |= sign;
    float value = 0.0f;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float bfloat_value(uint16_t bfloat) {
    uint32_t bits = (uint32_t)bfloat << 16;
    float value = 0.0f;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void read_16_bits(const SafetensorsTensor *tensor, float (*value_of)(uint16_t), float *out) {
    for (uint64_t i = 0; i < tensor->n_values; i++) {
        const uint8_t *bytes = tensor->bytes + 2 * i;
        out[i] = value_of((uint16_t)(bytes[0] | bytes[1] << 8));
    }
}

EmendStatus safetensors_read(const Safetensors *file, const SafetensorsTensor *tensor, float *out,
                             EmendError *err) {
    if (strcmp(tensor->type, "F32") == 0) {
        if (tensor->n_values > 0) {
            memcpy(out, tensor->bytes, (size_t)tensor->n_values * sizeof *out);
        }
        return EMEND_OK;
    }
    if (strcmp(tensor->type, "F16") == 0) {
        read_16_bits(tensor, half_value, out);
        return EMEND_OK;
    }
    if (strcmp(tensor->type, "BF16") == 0) {
        read_16_bits(tensor, bfloat_value, out);
        return EMEND_OK;
    }
    char name_text[96];
    safetensors_name_text(tensor->name, name_text, sizeof name_text);
    return emend_fail(
        err, EMEND_UNIMPLEMENTED,
        "%s: tensor \"%s\" is of type %s; F32, F16 and BF16 are read: export it as one "
        "of these",
        file->path, name_text, tensor->type);
}

// ---- open files

static EmendStatus open_view(DiskView view, bool is_mapped, const char *path, Safetensors **out,
                             EmendError *err) {
    EmendStatus status = EMEND_OK;
    Safetensors *file = calloc(1, sizeof *file);
    if (!file || !(file->path = strdup(path))) {
        free(file);
        if (is_mapped) {
            disk_unmap(&view);
        }
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory to open it", path);
    }
    file->view = view;
    file->is_mapped = is_mapped;
    status = read_header(file, err);
    if (status == EMEND_OK) {
        status = read_tensors(file, err);
    }
    if (status == EMEND_OK) {
        status = check_cover(file, err);
    }
    if (status != EMEND_OK) {
        safetensors_close(file);
        return status;
    }
    *out = file;
    return EMEND_OK;
}

EmendStatus safetensors_open(const char *path, Safetensors **out, EmendError *err) {
    DiskView view = {0};
    EmendStatus status = disk_map(path, &view, err);
    return status == EMEND_OK ? open_view(view, true, path, out, err) : status;
}

EmendStatus safetensors_open_bytes(const void *bytes, size_t n_bytes, const char *name,
                                   Safetensors **out, EmendError *err) {
    DiskView view = {.bytes = bytes, .n = n_bytes};
    return open_view(view, false, name, out, err);
}

void safetensors_close(Safetensors *file) {
    if (!file) {
        return;
    }
    free(file->tensors);
    json_decref(file->header);
    if (file->is_mapped) {
        disk_unmap(&file->view);
    }
    free(file->path);
    free(file);
}

const char *safetensors_path(const Safetensors *file) {
    return file->path;
}

size_t safetensors_count(const Safetensors *file) {
    return file->n_tensors;
}

const SafetensorsTensor *safetensors_at(const Safetensors *file, size_t i) {
    return &file->tensors[i];
}

const SafetensorsTensor *safetensors_find(const Safetensors *file, const char *name) {
    SafetensorsTensor key = {.name = name};
    return bsearch(&key, file->tensors, file->n_tensors, sizeof key, by_name);
}

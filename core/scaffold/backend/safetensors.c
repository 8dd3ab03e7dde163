/* SPDX-License-Identifier: Apache-2.0 */
/* The safetensors format (github.com/huggingface/safetensors): 8 bytes of header length,
 * little-endian, a JSON header that gives each tensor's type, shape and place, then the values.
 * Files are taken for hostile: nothing in them is believed before it was compared. */
#include "files.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_HEADER = 100000000, MAX_NAME = 96 };

const char files_disagree[] =
    "restore the config.json that belongs to these weights, or fetch both "
    "again";

static uint64_t data_begin(const File *file) {
    return (uint64_t)ftello(file->stream);
}

EmendStatus tensors_open(File *file, const Backend *backend, EmendStr dir, const char *name,
                         json_t **header, EmendError *err) {
    uint64_t n = 0;
    EmendStatus status = file_open(file, dir, name, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (fread(&n, sizeof n, 1, file->stream) != 1 || n > MAX_HEADER ||
        n > file->n_bytes - sizeof n) {
        return emend_fail(err, EMEND_DATA_LOSS,
                          "%s: it has %" PRIu64 " bytes; a safetensors file has 8 that give the "
                          "length of its header, and then the header: fetch it again",
                          file->path, file->n_bytes);
    }
    return file_read_json(file, backend, (size_t)n, header, err);
}

/* --- checks --- */

static int compare_places(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return x[0] != y[0] ? (x[0] < y[0] ? -1 : 1) : (x[1] > y[1]) - (x[1] < y[1]);
}

static uint64_t place_of(const json_t *entry, size_t i) {
    return (uint64_t)json_integer_value(json_array_get(json_object_get(entry, "data_offsets"), i));
}

/* The tensors cover the n_data bytes exactly: no overlap, no hole, nothing after them. */
static EmendStatus check_places(const File *file, const json_t *header, const Backend *backend,
                                uint64_t n_data, EmendError *err) {
    uint64_t(*places)[2] = NULL, end = 0;
    size_t n = 0, i = 0;
    void *block = NULL;
    const char *name = NULL;
    json_t *entry = NULL;
    EmendStatus status = backend_take(backend, json_object_size(header), sizeof *places,
                                      "a file's list of tensors", &block, err);
    if (status != EMEND_OK) {
        return status;
    }
    places = block;
    json_object_foreach((json_t *)(uintptr_t)header, name, entry) {
        if (strcmp(name, "__metadata__") != 0) {
            places[n][0] = place_of(entry, 0);
            places[n++][1] = place_of(entry, 1);
        }
    }
    qsort(places, n, sizeof *places, compare_places);
    while (i < n && places[i][0] == end && places[i][1] >= end) {
        end = places[i++][1];
    }
    if (i < n || end != n_data) {
        status = emend_fail(err, EMEND_DATA_LOSS,
                            "%s: its tensors overlap or leave a hole at byte %" PRIu64
                            " of the data; they must cover all %" PRIu64 ": fetch it again",
                            file->path, end, n_data);
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

static const Tensor *name_tensor(const EmendModel *model, size_t i, const Values *values,
                                 size_t n_values, char name[MAX_NAME]) {
    const Tensor *tensor = &model->tensors[i / n_values];
    snprintf(name, MAX_NAME, "%s%s", tensor->name, values[i % n_values].suffix);
    return tensor;
}

/* A tensor that the model has no place for (a bias, a layer too many) means another model. */
static EmendStatus check_no_others(const File *file, const json_t *header, const EmendModel *model,
                                   const Values *values, size_t n_values, EmendError *err) {
    const char *name = NULL;
    json_t *entry = NULL;
    json_object_foreach((json_t *)(uintptr_t)header, name, entry) {
        bool is_known = may_be_ignored(model, name);
        for (size_t i = 0; i < model->n_tensors * n_values && !is_known; i++) {
            char known[MAX_NAME];
            name_tensor(model, i, values, n_values, known);
            is_known = strcmp(name, known) == 0;
        }
        if (!is_known) {
            json_t *string = json_string(name);
            char *text = json_dumps(string, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
            EmendStatus status =
                emend_fail(err, EMEND_DATA_LOSS,
                           "%s: tensor %.90s has no place in the model of config.json; %s",
                           file->path, text ? text : "?", files_disagree);
            free(text);
            json_decref(string);
            return status;
        }
    }
    return EMEND_OK;
}

static EmendStatus check_entry(const File *file, const char *name, const Tensor *tensor,
                               const json_t *entry, EmendError *err) {
    const json_t *type = json_object_get(entry, "dtype"), *shape = json_object_get(entry, "shape");
    EmendStatus status = EMEND_OK;
    if (!entry) {
        bool is_head = strcmp(name, "lm_head.weight") == 0;
        return emend_fail(err, EMEND_DATA_LOSS, "%s: tensor \"%s\" is missing; %s%s", file->path,
                          name, files_disagree,
                          is_head ? "; where the output is the embedding, set tie_word_embeddings "
                                    "to true"
                                  : "");
    }
    json_t *expected = tensor->is_vector ? json_pack("[I]", (json_int_t)tensor->columns)
                                         : json_pack("[I,I]", (json_int_t)tensor->rows,
                                                     (json_int_t)tensor->columns);
    char *found_text = json_dumps(shape, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    char *expected_text = json_dumps(expected, 0);
    if (!json_is_string(type) || strcmp(json_string_value(type), "F32") != 0) {
        status =
            emend_fail(err, EMEND_UNIMPLEMENTED,
                       "%s: tensor \"%s\" is not of type F32, the one that this backend reads; "
                       "convert it",
                       file->path, name);
    } else if (!json_equal(shape, expected)) {
        status = emend_fail(err, EMEND_DATA_LOSS,
                            "%s: tensor \"%s\" has shape %.80s; config.json asks for %s: %s",
                            file->path, name, found_text ? found_text : "?",
                            expected_text ? expected_text : "?", files_disagree);
    }
    free(expected_text);
    free(found_text);
    json_decref(expected);
    return status;
}

/* --- reading and writing --- */

static EmendStatus read_tensor(const File *file, const char *name, const Tensor *tensor,
                               const json_t *entry, uint64_t data, float *values, EmendError *err) {
    size_t n = tensor_floats(tensor);
    uint64_t begin = place_of(entry, 0);
    if (place_of(entry, 1) - begin != n * sizeof(float)) {
        return emend_fail(
            err, EMEND_DATA_LOSS,
            "%s: tensor \"%s\" does not have the %zu bytes of its shape; fetch it again",
            file->path, name, n * sizeof(float));
    }
    if (fseeko(file->stream, (off_t)(data + begin), SEEK_SET) != 0 ||
        fread(values + tensor->offset, sizeof(float), n, file->stream) != n) {
        return emend_fail(err, EMEND_DATA_LOSS, "%s: tensor \"%s\" cannot be read; fetch it again",
                          file->path, name);
    }
    return EMEND_OK;
}

EmendStatus tensors_read(const File *file, const json_t *header, const EmendModel *model,
                         const Values *values, size_t n_values, EmendError *err) {
    uint64_t data = data_begin(file);
    EmendStatus status = check_places(file, header, model->backend, file->n_bytes - data, err);
    for (size_t i = 0; i < model->n_tensors * n_values && status == EMEND_OK; i++) {
        char name[MAX_NAME];
        const Tensor *tensor = name_tensor(model, i, values, n_values, name);
        const json_t *entry = json_object_get(header, name);
        status = check_entry(file, name, tensor, entry, err);
        if (status == EMEND_OK) {
            status = read_tensor(file, name, tensor, entry, data, values[i % n_values].block, err);
        }
    }
    return status == EMEND_OK ? check_no_others(file, header, model, values, n_values, err)
                              : status;
}

/* Prints the header, or without a stream only counts; returns its bytes, a multiple of 8. */
static uint64_t print_header(FILE *stream, const EmendModel *model, const Values *values,
                             size_t n_values) {
    size_t n = 0, at = 0;
    for (size_t i = 0; i < model->n_tensors * n_values; i++) {
        const Tensor *t = &model->tensors[i % model->n_tensors];
        size_t end = at + tensor_floats(t) * sizeof(float);
        char rows[16] = "", line[256];
        if (!t->is_vector) {
            snprintf(rows, sizeof rows, "%u,", t->rows);
        }
        n += (size_t)snprintf(line, sizeof line,
                              "%s\"%s%s\":{\"dtype\":\"F32\",\"shape\":[%s%u],"
                              "\"data_offsets\":[%zu,%zu]}",
                              i == 0 ? "{" : ",", t->name, values[i / model->n_tensors].suffix,
                              rows, t->columns, at, end);
        at = end;
        if (stream) {
            fputs(line, stream);
        }
    }
    size_t n_padded = (n + 1 + 7) / 8 * 8;
    if (stream) {
        fprintf(stream, "}%*s", (int)(n_padded - n - 1), "");
    }
    return n_padded;
}

EmendStatus tensors_write(const EmendModel *model, EmendStr dir, const char *name,
                          const Values *values, size_t n_values, EmendError *err) {
    File file = {.stream = NULL};
    EmendStatus status = file_create(&file, dir, name, err);
    if (status != EMEND_OK) {
        return status;
    }
    uint64_t n_header = print_header(NULL, model, values, n_values);
    bool is_whole = fwrite(&n_header, sizeof n_header, 1, file.stream) == 1;
    print_header(file.stream, model, values, n_values);
    for (size_t v = 0; v < n_values && is_whole; v++) {
        is_whole =
            fwrite(values[v].block, sizeof(float), model->n_floats, file.stream) == model->n_floats;
    }
    return file_commit(&file, is_whole && !ferror(file.stream), err);
}

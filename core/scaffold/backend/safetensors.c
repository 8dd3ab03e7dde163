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

EmendStatus tensors_open(File *file, const Backend *backend, EmendStr dir, const char *name,
                         EmendError *err) {
    uint64_t n = 0;
    EmendStatus status = file_open(file, backend, dir, name, err);
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
    return file_read_json(file, backend, (size_t)n, err);
}

/* --- checks --- */

static int compare_places(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return x[0] != y[0] ? (x[0] < y[0] ? -1 : 1) : (x[1] > y[1]) - (x[1] < y[1]);
}

/* The tensors cover the n_data bytes exactly: no overlap, no hole, nothing after them. */
static EmendStatus check_places(const File *file, const Backend *backend, uint64_t n_data,
                                EmendError *err) {
    uint64_t(*places)[2] = NULL, end = 0;
    size_t n = 0, i = 0;
    void *block = NULL;
    Json rest = file->json, name = {0}, entry = {0};
    while (json_next(&rest, &name, &entry)) {
        n++;
    }
    EmendStatus status =
        backend_take(backend, n, sizeof *places, "a file's list of tensors", &block, err);
    if (status != EMEND_OK) {
        return status;
    }
    places = block;
    rest = file->json;
    n = 0;
    while (json_next(&rest, &name, &entry)) {
        if (json_is_string(name, "__metadata__")) {
            continue;
        }
        if (!json_sizes(json_member(entry, "data_offsets"), places[n++], 2)) {
            places[n - 1][0] = UINT64_MAX; // in no file
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
static bool may_be_ignored(const EmendModel *model, Json name) {
    static const char frequencies[] = ".rotary_emb.inv_freq\"";
    size_t n = (size_t)(name.end - name.at), n_end = sizeof frequencies - 1;
    return json_is_string(name, "__metadata__") ||
           (model->head == model->embedding && json_is_string(name, "lm_head.weight")) ||
           (n > n_end && memcmp(name.end - n_end, frequencies, n_end) == 0);
}

/* The i-th tensor of the blocks together, and its name in the file. */
static const Tensor *name_tensor(const EmendModel *model, size_t i, const Values *values,
                                 char name[MAX_NAME]) {
    const Tensor *tensor = &model->tensors[i % model->n_tensors];
    snprintf(name, MAX_NAME, "%s%s", tensor->name, values[i / model->n_tensors].suffix);
    return tensor;
}

/* A tensor that the model has no place for (a bias, a layer too many) means another model. That all
 * of the model's are there is known, so that as many are these, each once. */
static EmendStatus check_no_others(const File *file, const EmendModel *model, const Values *values,
                                   size_t n_values, EmendError *err) {
    Json rest = file->json, name = {0}, entry = {0};
    size_t n_left = model->n_tensors * n_values;
    while (json_next(&rest, &name, &entry)) {
        bool is_known = false;
        if (may_be_ignored(model, name)) {
            continue;
        }
        for (size_t i = 0; i < model->n_tensors * n_values && !is_known; i++) {
            char known[MAX_NAME];
            name_tensor(model, i, values, known);
            is_known = json_is_string(name, known);
        }
        if (!is_known || n_left-- == 0) {
            return emend_fail(err, EMEND_DATA_LOSS,
                              "%s: tensor %s has no place in the model of config.json%s; %s",
                              file->path, json_text(name).text, is_known ? " a second time" : "",
                              files_disagree);
        }
    }
    return EMEND_OK;
}

static EmendStatus check_entry(const File *file, const char *name, const Tensor *tensor, Json entry,
                               EmendError *err) {
    Json shape = json_member(entry, "shape");
    uint64_t sizes[2] = {0}, expected[2] = {tensor->rows, tensor->columns};
    size_t n = tensor->is_vector ? 1 : 2;
    char text[48];
    if (entry.at == entry.end) {
        bool is_head = strcmp(name, "lm_head.weight") == 0;
        return emend_fail(err, EMEND_DATA_LOSS, "%s: tensor \"%s\" is missing; %s%s", file->path,
                          name, files_disagree,
                          is_head ? "; where the output is the embedding, set tie_word_embeddings "
                                    "to true"
                                  : "");
    }
    if (!json_is_string(json_member(entry, "dtype"), "F32")) {
        return emend_fail(err, EMEND_UNIMPLEMENTED,
                          "%s: tensor \"%s\" is not of type F32, the one that this backend reads; "
                          "convert it",
                          file->path, name);
    }
    if (!json_sizes(shape, sizes, n) || memcmp(sizes, expected + 2 - n, n * sizeof sizes[0]) != 0) {
        snprintf(text, sizeof text, n == 1 ? "[%" PRIu64 "]" : "[%" PRIu64 ", %" PRIu64 "]",
                 expected[2 - n], expected[1]);
        return emend_fail(err, EMEND_DATA_LOSS,
                          "%s: tensor \"%s\" has shape %s; config.json asks for %s: %s", file->path,
                          name, json_text(shape).text, text, files_disagree);
    }
    return EMEND_OK;
}

/* --- reading and writing --- */

static EmendStatus read_tensor(const File *file, const char *name, const Tensor *tensor, Json entry,
                               uint64_t data, float *values, EmendError *err) {
    size_t n = tensor_floats(tensor);
    uint64_t place[2] = {0};
    if (!json_sizes(json_member(entry, "data_offsets"), place, 2) ||
        place[1] - place[0] != n * sizeof(float) ||
        fseeko(file->stream, (off_t)(data + place[0]), SEEK_SET) != 0 ||
        fread(values + tensor->offset, sizeof(float), n, file->stream) != n) {
        return emend_fail(err, EMEND_DATA_LOSS,
                          "%s: tensor \"%s\" cannot be read, or does not have the %zu bytes of its "
                          "shape; fetch it again",
                          file->path, name, n * sizeof(float));
    }
    return EMEND_OK;
}

EmendStatus tensors_read(const File *file, const EmendModel *model, const Values *values,
                         size_t n_values, EmendError *err) {
    uint64_t data = (uint64_t)ftello(file->stream); // the header was just read
    EmendStatus status = check_places(file, model->backend, file->n_bytes - data, err);
    for (size_t i = 0; i < model->n_tensors * n_values && status == EMEND_OK; i++) {
        char name[MAX_NAME];
        const Tensor *tensor = name_tensor(model, i, values, name);
        Json entry = json_member(file->json, name);
        status = check_entry(file, name, tensor, entry, err);
        if (status == EMEND_OK) {
            float *block = values[i / model->n_tensors].block;
            status = read_tensor(file, name, tensor, entry, data, block, err);
        }
    }
    return status == EMEND_OK ? check_no_others(file, model, values, n_values, err) : status;
}

/* Prints the header, or without a stream only counts; returns its bytes, a multiple of 8. */
static uint64_t print_header(FILE *stream, const EmendModel *model, const Values *values,
                             size_t n_values) {
    size_t n = 0, at = 0;
    for (size_t i = 0; i < model->n_tensors * n_values; i++) {
        char name[MAX_NAME], rows[16] = "", line[256];
        const Tensor *t = name_tensor(model, i, values, name);
        size_t end = at + tensor_floats(t) * sizeof(float);
        if (!t->is_vector) {
            snprintf(rows, sizeof rows, "%u,", t->rows);
        }
        n += (size_t)snprintf(line, sizeof line,
                              "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%s%u],"
                              "\"data_offsets\":[%zu,%zu]}",
                              i == 0 ? "{" : ",", name, rows, t->columns, at, end);
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "weights.h"
#include "disk.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char index_name[] = "model.safetensors.index.json";

static EmendStatus no_memory(EmendError *err, const char *path) {
    return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory to open it", path);
}

static EmendStatus add_file(Weights *weights, const char *path, EmendError *err) {
    Safetensors **files =
        realloc(weights->files, (weights->n_files + 1) * sizeof weights->files[0]);
    if (!files) {
        return no_memory(err, path);
    }
    weights->files = files;
    EmendStatus status = safetensors_open(path, &files[weights->n_files], err);
    if (status == EMEND_OK) {
        weights->n_files++;
    }
    return status;
}

/* A shard lies beside its index: a name, no path. */
static bool is_shard_name(const char *name) {
    return name[0] != '\0' && name[0] != '.' && !strchr(name, '/') && strlen(name) < 256;
}

static const Safetensors *file_at(const Weights *weights, const char *path) {
    for (size_t i = 0; i < weights->n_files; i++) {
        if (strcmp(safetensors_path(weights->files[i]), path) == 0) {
            return weights->files[i];
        }
    }
    return NULL;
}

static EmendStatus check_mapped(const Weights *weights, const char *path, const char *tensor,
                                const char *index, EmendError *err) {
    const Safetensors *file = file_at(weights, path);
    if (file && safetensors_find(file, tensor)) {
        return EMEND_OK;
    }
    char name_text[96];
    safetensors_name_text(tensor, name_text, sizeof name_text);
    return emend_fail(err, EMEND_DATA_LOSS,
                      "%s: tensor \"%s\" is not in the file; %s says it is: fetch both again", path,
                      name_text, index);
}

/* Opens the shard a tensor is mapped to, unless it is open. */
static EmendStatus add_shard(Weights *weights, const char *dir, const char *index,
                             const char *tensor, const json_t *value, EmendError *err) {
    const char *shard = json_string_value(value);
    if (!shard || !is_shard_name(shard)) {
        char name_text[96];
        safetensors_name_text(tensor, name_text, sizeof name_text);
        return emend_fail(
            err, EMEND_DATA_LOSS,
            "%s: weight_map gives no file name for tensor \"%s\"; it must name a file in "
            "the same folder: fetch the index again",
            index, name_text);
    }
    char *path = disk_path(dir, shard);
    if (!path) {
        return no_memory(err, index);
    }
    EmendStatus status = file_at(weights, path) ? EMEND_OK : add_file(weights, path, err);
    if (status == EMEND_OK) {
        status = check_mapped(weights, path, tensor, index, err);
    }
    free(path);
    return status;
}

static EmendStatus check_distinct(const Weights *weights, EmendError *err) {
    for (size_t i = 1; i < weights->n_files; i++) {
        for (size_t j = 0; j < safetensors_count(weights->files[i]); j++) {
            const char *name = safetensors_at(weights->files[i], j)->name;
            const Safetensors *first = NULL;
            weights_find(weights, name, &first);
            if (first != weights->files[i]) {
                char name_text[96];
                safetensors_name_text(name, name_text, sizeof name_text);
                return emend_fail(
                    err, EMEND_DATA_LOSS,
                    "%s: tensor \"%s\" is also in %s; it must be in one file: fetch the "
                    "shards again",
                    safetensors_path(weights->files[i]), name_text, safetensors_path(first));
            }
        }
    }
    return EMEND_OK;
}

static EmendStatus open_shards(Weights *weights, const char *dir, const char *index,
                               EmendError *err) {
    DiskView view = {0};
    json_error_t json_error;
    json_t *json = NULL, *map = NULL, *value = NULL;
    const char *tensor = NULL;

    EmendStatus status = disk_map(index, &view, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (view.n <= SAFETENSORS_MAX_HEADER) {
        json = json_loadb((const char *)view.bytes, view.n, JSON_REJECT_DUPLICATES, &json_error);
        map = json_object_get(json, "weight_map");
    }
    if (json_object_size(map) == 0) {
        status =
            emend_fail(err, EMEND_DATA_LOSS,
                       "%s: is not JSON with a weight_map; it must map each tensor to its file: "
                       "fetch it again",
                       index);
        goto out;
    }
    json_object_foreach(map, tensor, value) {
        status = add_shard(weights, dir, index, tensor, value, err);
        if (status != EMEND_OK) {
            goto out;
        }
    }
    status = check_distinct(weights, err);
out:
    json_decref(json);
    disk_unmap(&view);
    return status;
}

EmendStatus weights_open(Weights *out, const char *dir, EmendError *err) {
    Weights weights = {0};
    EmendStatus status = EMEND_OK;
    char *single = disk_path(dir, "model.safetensors");
    char *index = disk_path(dir, index_name);

    if (!single || !index) {
        status = no_memory(err, dir);
    } else if (!disk_exists(single) && disk_exists(index)) {
        status = open_shards(&weights, dir, index, err);
    } else if (!disk_exists(single)) {
        status =
            emend_fail(err, EMEND_NOT_FOUND,
                       "%s: not found, nor %s beside it; a model folder holds its weights in one "
                       "of these: save the model as safetensors",
                       single, index_name);
    } else {
        status = add_file(&weights, single, err);
    }
    if (status == EMEND_OK) {
        *out = weights;
    } else {
        weights_close(&weights);
    }
    free(single);
    free(index);
    return status;
}

void weights_close(Weights *weights) {
    for (size_t i = 0; i < weights->n_files; i++) {
        safetensors_close(weights->files[i]);
    }
    free(weights->files);
    *weights = (Weights){0};
}

const SafetensorsTensor *weights_find(const Weights *weights, const char *name,
                                      const Safetensors **file) {
    for (size_t i = 0; i < weights->n_files; i++) {
        const SafetensorsTensor *tensor = safetensors_find(weights->files[i], name);
        if (tensor) {
            *file = weights->files[i];
            return tensor;
        }
    }
    return NULL;
}

uint64_t weights_values(const Weights *weights) {
    uint64_t n = 0;
    for (size_t i = 0; i < weights->n_files; i++) {
        for (size_t j = 0; j < safetensors_count(weights->files[i]); j++) {
            n += safetensors_at(weights->files[i], j)->n_values;
        }
    }
    return n;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"
#include "safetensors.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static uint64_t values_of(const SafetensorsItem *item) {
    return item->shape[0] * (item->n_dimensions == 2 ? item->shape[1] : 1);
}

static int by_name(const void *left, const void *right) {
    const SafetensorsItem *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static json_t *item_entry(const SafetensorsItem *item, uint64_t begin, uint64_t end) {
    json_t *shape = json_array();
    for (uint32_t i = 0; i < item->n_dimensions; i++) {
        json_array_append_new(shape, json_integer((json_int_t)item->shape[i]));
    }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape, "data_offsets",
                     (json_int_t)begin, (json_int_t)end);
}

/* The header's text for items in this order; NULL where memory is gone. The caller's to free(). */
static char *header_text(const SafetensorsItem *const *items, size_t n_items) {
    char *text = NULL;
    uint64_t begin = 0;
    json_t *header = json_pack("{s:{s:s}}", "__metadata__", "format", "pt");

    for (size_t i = 0; i < n_items; i++) {
        uint64_t end = begin + values_of(items[i]) * sizeof(float);
        if (json_object_set_new(header, items[i]->name, item_entry(items[i], begin, end)) != 0) {
            goto out;
        }
        begin = end;
    }
    text = json_dumps(header, JSON_COMPACT);
out:
    json_decref(header);
    return text;
}

static EmendStatus write_header(DiskFile *file, const char *text, EmendError *err) {
    static const char spaces[] = "       ";
    size_t n_text = strlen(text), n_padding = (8 - n_text % 8) % 8;
    uint64_t n_header = n_text + n_padding;
    uint8_t length[8];
    for (size_t i = 0; i < sizeof length; i++) {
        length[i] = (uint8_t)(n_header >> (8 * i));
    }
    EmendStatus status = disk_write(file, length, sizeof length, err);
    if (status == EMEND_OK) {
        status = disk_write(file, text, n_text, err);
    }
    if (status == EMEND_OK) {
        status = disk_write(file, spaces, n_padding, err);
    }
    return status;
}

EmendStatus safetensors_write(const char *path, const SafetensorsItem *items, size_t n_items,
                              EmendError *err) {
    char *text = NULL;
    DiskFile file = {.fd = -1};
    EmendStatus status = EMEND_OK;

    const SafetensorsItem **sorted = calloc(n_items + 1, sizeof sorted[0]);
    if (sorted) {
        for (size_t i = 0; i < n_items; i++) {
            sorted[i] = &items[i];
        }
        qsort(sorted, n_items, sizeof sorted[0], by_name);
        text = header_text(sorted, n_items);
    }
    if (!text) {
        status = emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for the header", path);
        goto out;
    }
    status = disk_create(&file, path, err);
    if (status == EMEND_OK) {
        status = write_header(&file, text, err);
    }
    for (size_t i = 0; i < n_items && status == EMEND_OK; i++) {
        size_t n_bytes = (size_t)values_of(sorted[i]) * sizeof(float);
        status = disk_write(&file, sorted[i]->values, n_bytes, err);
    }
    status = disk_finish(&file, status, err);
out:
    free(text);
    free(sorted);
    return status;
}

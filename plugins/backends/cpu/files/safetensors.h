/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_FILES_SAFETENSORS_H
#define CPU_FILES_SAFETENSORS_H
/* The safetensors format: 8 bytes of header length (little-endian), a JSON header that gives each
 * tensor's type, shape and bytes, then the bytes (github.com/huggingface/safetensors).
 *
 * A file is taken only where every rule of the format holds: the header is at most 100 MB, one JSON
 * object, no key twice; bytes match shape and type; the tensors cover the data exactly, no overlap,
 * no hole, nothing after. What the format leaves open is accepted: any order, any alignment, sizes
 * of zero, types that are not read here.
 */
#include "emend/status.h"
#include <stddef.h>
#include <stdint.h>

enum {
    SAFETENSORS_MAX_HEADER = 100000000, /* bytes; the reference implementation's limit */
    SAFETENSORS_MAX_DIMENSIONS = 8
};

/* One tensor of an open file; lives as long as the file. */
typedef struct SafetensorsTensor {
    const char *name; /* UTF-8, any characters but NUL */
    const char *type; /* "F32" */
    uint32_t n_dimensions;
    uint64_t shape[SAFETENSORS_MAX_DIMENSIONS];
    uint64_t n_values;
    const uint8_t *bytes; /* of any alignment */
    uint64_t begin, end;  /* as in the header: offsets into the data */
} SafetensorsTensor;

typedef struct Safetensors Safetensors;

/* Maps and checks the file. Errors name the path and, where there is one, the tensor. */
EmendStatus safetensors_open(const char *path, Safetensors **out, EmendError *err);
/* The same over bytes that the caller keeps until safetensors_close; `name` stands for the path. */
EmendStatus safetensors_open_bytes(const void *bytes, size_t n_bytes, const char *name,
                                   Safetensors **out, EmendError *err);
/* NULL is allowed. */
void safetensors_close(Safetensors *file);

const char *safetensors_path(const Safetensors *file);
size_t safetensors_count(const Safetensors *file);
/* The i-th by name, i < count. */
const SafetensorsTensor *safetensors_at(const Safetensors *file, size_t i);
/* NULL: the file has none of that name. */
const SafetensorsTensor *safetensors_find(const Safetensors *file, const char *name);
/* Writes the tensor's n_values as float: F32, and F16 and BF16, whose values a float holds exactly.
 * Other types are EMEND_UNIMPLEMENTED. */
EmendStatus safetensors_read(const Safetensors *file, const SafetensorsTensor *tensor, float *out,
                             EmendError *err);

/* "[512, 64]" into text, cut to capacity. */
void safetensors_shape_text(const uint64_t *shape, uint32_t n_dimensions, char *text,
                            size_t capacity);
/* `name` fit for one line of a message: control characters become '?', a long one is cut. */
void safetensors_name_text(const char *name, char *text, size_t capacity);

/* One tensor to write. */
typedef struct SafetensorsItem {
    const char *name;
    uint32_t n_dimensions; /* 1 or 2 */
    uint64_t shape[2];
    const float *values;
} SafetensorsItem;

/* Writes a file of F32 tensors, ordered by name whatever the order of the items: the same tensors
 * always make the same bytes. Names differ. The data begins at a multiple of 8. */
EmendStatus safetensors_write(const char *path, const SafetensorsItem *items, size_t n_items,
                              EmendError *err);

#endif

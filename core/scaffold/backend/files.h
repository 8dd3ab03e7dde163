/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILES_H
#define FILES_H
/* Files of a model folder: what folder.c and safetensors.c share. */
#include "model.h"
#include <jansson.h>

enum { MAX_PATH = 4096 };

typedef struct File {
    char path[MAX_PATH];
    FILE *stream;     /* NULL: not open */
    uint64_t n_bytes; /* of one that is read */
} File;

/* For reading: a regular file alone. */
EmendStatus file_open(File *file, EmendStr dir, const char *name, EmendError *err);
/* The next n bytes as one JSON object without a key twice, the caller's to decref. */
EmendStatus file_read_json(const File *file, const Backend *backend, size_t n, json_t **out,
                           EmendError *err);
void file_close(File *file);

/* For writing; what is written goes to file->stream. */
EmendStatus file_create(File *file, EmendStr dir, const char *name, EmendError *err);
/* Closes a file that was written; one that did not become whole is removed. */
EmendStatus file_commit(File *file, bool is_whole, EmendError *err);

/* A block of floats laid out like the model's weights, and what its tensors' names end in. */
typedef struct Values {
    float *block;
    const char *suffix;
} Values;

/* Reads every tensor of every block, once `file` is known to hold these and no others. The file is
 * open and its `header` was read by tensors_open(). */
EmendStatus tensors_open(File *file, const Backend *backend, EmendStr dir, const char *name,
                         json_t **header, EmendError *err);
EmendStatus tensors_read(const File *file, const json_t *header, const EmendModel *model,
                         const Values *values, size_t n_values, EmendError *err);
EmendStatus tensors_write(const EmendModel *model, EmendStr dir, const char *name,
                          const Values *values, size_t n_values, EmendError *err);

extern const char files_disagree[]; /* what to do where weights and config.json do not match */

#endif

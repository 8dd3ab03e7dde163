/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_BUFFER_H
#define TRAIN_BUFFER_H
/* Bytes that grow, and the sink that fills them. */
#include "emend/status.h"

/* Zero-initialise. `data` always has a NUL behind the `len` bytes once anything was appended. */
typedef struct Buffer {
    char *data;
    size_t len, capacity;
} Buffer;

EmendStatus buffer_append(Buffer *buffer, const void *data, size_t len);
/* printf at the end. */
EmendStatus buffer_print(Buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_finish(Buffer *buffer);
EmendStr buffer_str(const Buffer *buffer);
/* A sink that appends whatever is put, under any field. */
EmendSink buffer_sink(Buffer *buffer);

#endif

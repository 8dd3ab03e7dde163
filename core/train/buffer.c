/* SPDX-License-Identifier: Apache-2.0 */
#include "train/buffer.h"
#include <stdlib.h>
#include <string.h>

static EmendStatus reserve(Buffer *buffer, size_t len) {
    if (len > SIZE_MAX / 4 || buffer->len > SIZE_MAX / 4) {
        return EMEND_EXHAUSTED;
    }
    size_t need = buffer->len + len + 1;
    if (need <= buffer->capacity) {
        return EMEND_OK;
    }
    size_t capacity = need < 64 ? 64 : need + need / 2;
    char *data = realloc(buffer->data, capacity);
    if (!data) {
        return EMEND_EXHAUSTED;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return EMEND_OK;
}

EmendStatus buffer_append(Buffer *buffer, const void *data, size_t len) {
    EmendStatus status = reserve(buffer, len);
    if (status != EMEND_OK) {
        return status;
    }
    if (len > 0) {
        memcpy(buffer->data + buffer->len, data, len);
    }
    buffer->len += len;
    buffer->data[buffer->len] = '\0';
    return EMEND_OK;
}

EmendStatus buffer_print(Buffer *buffer, const char *format, ...) {
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) {
        return EMEND_EXHAUSTED;
    }
    EmendStatus status = buffer_append(buffer, text, (size_t)n);
    free(text);
    return status;
}

void buffer_finish(Buffer *buffer) {
    free(buffer->data);
    *buffer = (Buffer){0};
}

EmendStr buffer_str(const Buffer *buffer) {
    return (EmendStr){buffer->data ? buffer->data : "", buffer->len};
}

static int32_t put(void *ctx, uint32_t field, const void *data, uint64_t len) {
    (void)field;
    return buffer_append(ctx, data, (size_t)len);
}

EmendSink buffer_sink(Buffer *buffer) {
    return (EmendSink){.struct_size = sizeof(EmendSink), .ctx = buffer, .put = put};
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_PROTOBUF_C_H
#define EMEND_PROTOBUF_C_H
/* For a plugin that reads its config with protobuf-c, as emend_add_plugin() generates it. The wire
 * bytes are all that crosses, so any other protobuf library does as well, or none.
 *
 *     EmendStatus status = EMEND_OK;
 *     Config *config = emend_config_unpack(host, &brief__config__descriptor, bytes, &status, err);
 *     ...
 *     emend_config_free(host, config);
 */
#include "emend/host.h"
#include "emend/status.h"
#include <protobuf-c/protobuf-c.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The data of an allocator: a host, and whether it refused. */
typedef struct EmendConfigAllocator {
    const EmendHost *host;
    uint64_t is_exhausted;
} EmendConfigAllocator;

static inline void *emend_config_alloc_block(void *data, size_t size) {
    EmendConfigAllocator *allocator = (EmendConfigAllocator *)data;
    void *block = allocator->host->alloc(allocator->host, size, 0);
    allocator->is_exhausted |= block == NULL;
    return block;
}

static inline void emend_config_free_block(void *data, void *block) {
    const EmendConfigAllocator *allocator = (const EmendConfigAllocator *)data;
    allocator->host->free(allocator->host, block);
}

/* Reads a config into the host's memory; absent fields have the defaults of the .proto. It is the
 * caller's, until emend_config_free. Where it cannot be read: NULL, *status is the failure's, and
 * err says why; else *status is left as it is. [any] */
static inline void *emend_config_unpack(const EmendHost *host,
                                        const ProtobufCMessageDescriptor *type, EmendBytes bytes,
                                        EmendStatus *status, EmendError *err) {
    EmendConfigAllocator data = {host, 0};
    ProtobufCAllocator allocator = {emend_config_alloc_block, emend_config_free_block, &data};
    ProtobufCMessage *config =
        protobuf_c_message_unpack(type, &allocator, (size_t)bytes.len, (const uint8_t *)bytes.ptr);
    if (!config && data.is_exhausted) {
        *status = emend_fail(err, EMEND_EXHAUSTED, "config: no memory for its %llu bytes",
                             (unsigned long long)bytes.len);
    } else if (!config) {
        *status = emend_fail(err, EMEND_INVALID_ARGUMENT, "config: its %llu bytes are no %s",
                             (unsigned long long)bytes.len, type->name);
    }
    return config;
}

/* Frees what emend_config_unpack gave; NULL is allowed. [any] */
static inline void emend_config_free(const EmendHost *host, void *config) {
    EmendConfigAllocator data = {host, 0};
    ProtobufCAllocator allocator = {emend_config_alloc_block, emend_config_free_block, &data};
    if (config) {
        protobuf_c_message_free_unpacked((ProtobufCMessage *)config, &allocator);
    }
}

#ifdef __cplusplus
}
#endif
#endif

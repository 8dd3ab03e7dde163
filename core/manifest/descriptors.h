/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_DESCRIPTORS_H
#define MANIFEST_DESCRIPTORS_H
/* Message types, read from the FileDescriptorSet that protoc writes. Everything the text format
 * needs and protobuf-c's own descriptors lack is here: oneof names, reserved names, map entries,
 * comments.
 */
#include "emend/status.h"
#include <stdbool.h>

/* Larger sets are refused. */
#define DESCRIPTOR_SET_BYTES_MAX ((size_t)64 << 20)

typedef struct DescriptorPool DescriptorPool;
typedef struct MessageType MessageType;
typedef struct EnumType EnumType;

/* FieldDescriptorProto.Type, the same numbers. */
typedef enum FieldKind {
    FIELD_DOUBLE = 1,
    FIELD_FLOAT = 2,
    FIELD_INT64 = 3,
    FIELD_UINT64 = 4,
    FIELD_INT32 = 5,
    FIELD_FIXED64 = 6,
    FIELD_FIXED32 = 7,
    FIELD_BOOL = 8,
    FIELD_STRING = 9,
    FIELD_GROUP = 10,
    FIELD_MESSAGE = 11,
    FIELD_BYTES = 12,
    FIELD_UINT32 = 13,
    FIELD_ENUM = 14,
    FIELD_SFIXED32 = 15,
    FIELD_SFIXED64 = 16,
    FIELD_SINT32 = 17,
    FIELD_SINT64 = 18
} FieldKind;

typedef struct FieldType {
    const char *name;
    uint32_t number;
    FieldKind kind;
    bool is_repeated, is_required, is_packed, has_presence;
    int32_t oneof;              /* index in its message, or -1 */
    const char *oneof_name;     /* NULL where oneof is -1 */
    const MessageType *message; /* of FIELD_MESSAGE and FIELD_GROUP */
    const EnumType *enumeration;
    const char *default_text; /* as descriptor.proto writes defaults, or NULL */
    const char *comment;      /* leading (or trailing) comment of the .proto, or NULL */
} FieldType;

struct MessageType {
    const char *name;        /* full, "emend.Recipe" */
    const FieldType *fields; /* in the order of the .proto */
    size_t n_fields;
    const char *const *reserved_names;
    size_t n_reserved_names;
    const char *const *oneof_names;
    size_t n_oneofs;
    bool is_map_entry;
    const char *comment;
};

typedef struct EnumValue {
    const char *name;
    int32_t number;
    const char *comment;
} EnumValue;

struct EnumType {
    const char *name;
    const EnumValue *values;
    size_t n_values;
    bool is_open; /* proto3: numbers without a name are allowed */
};

/* Reads a descriptor set. `origin` names it in messages ("cpu/config.desc"). */
EmendStatus descriptor_pool_create(EmendBytes set, const char *origin, DescriptorPool **out,
                                   EmendError *err);
EmendStatus descriptor_pool_load(const char *path, DescriptorPool **out, EmendError *err);
/* Emend's own messages (plugin.proto, recipe.proto, run.proto), embedded in the executable. Shared
 * and never freed; made on first use, which is on the main thread. */
const DescriptorPool *descriptor_pool_builtin(void);
void descriptor_pool_destroy(DescriptorPool *pool);

/* By full name; NULL where the pool has none. */
const MessageType *descriptor_pool_message(const DescriptorPool *pool, const char *name);
const FieldType *message_type_field(const MessageType *type, const char *name, size_t len);
const FieldType *message_type_number(const MessageType *type, uint32_t number);
/* The pool the type came from. */
const DescriptorPool *message_type_pool(const MessageType *type);

#endif

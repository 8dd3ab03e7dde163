/* SPDX-License-Identifier: Apache-2.0 */
/* From FileDescriptorProtos to MessageTypes: first every type gets its name, so that fields can
 * find theirs in any order; then fields, values and comments are filled in. */
#include "manifest/descriptors_pool.h"

#include <stdlib.h>
#include <string.h>

typedef Google__Protobuf__FileDescriptorProto FileProto;
typedef Google__Protobuf__DescriptorProto MessageProto;
typedef Google__Protobuf__EnumDescriptorProto EnumProto;
typedef Google__Protobuf__FieldDescriptorProto FieldProto;
typedef Google__Protobuf__SourceCodeInfo__Location Location;

enum { MAX_PATH = 80 }; // two steps a level of nesting, which is bounded before the unpack

/* Numbers in descriptor.proto, which paths to comments are made of. */
enum {
    FILE_MESSAGE = 4,
    FILE_ENUM = 5,
    MESSAGE_FIELD = 2,
    MESSAGE_NESTED = 3,
    MESSAGE_ENUM = 4,
    ENUM_VALUE = 2
};

typedef struct Builder {
    DescriptorPool *pool;
    const char *origin;
    EmendError *err;
    const FileProto *file;
    bool is_proto3;
    size_t next_message, next_enum; /* the types being filled, in the order they were named */
    const Location **locations;     /* of the file, those with comments, by path */
    size_t n_locations;
    int32_t path[MAX_PATH];
    size_t path_len;
} Builder;

static EmendStatus out_of_memory(const Builder *builder) {
    return emend_fail(builder->err, EMEND_EXHAUSTED, "%s: out of memory", builder->origin);
}

static EmendStatus corrupt(const Builder *builder, const char *name, const char *what) {
    return emend_fail(builder->err, EMEND_DATA_LOSS,
                      "%s: %s %s; write the descriptor set anew with protoc --include_imports",
                      builder->origin, name, what);
}

/* -- names --------------------------------------------------------------------------------------
 */

static bool is_identifier(const char *name, bool dots) {
    if (!name || name[0] == '\0') {
        return false;
    }
    for (const char *c = name; *c; c++) {
        bool is_letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_';
        bool is_digit = *c >= '0' && *c <= '9';
        if (!is_letter && !is_digit && !(dots && *c == '.')) {
            return false;
        }
    }
    return true;
}

static EmendStatus join_name(const Builder *builder, const char *scope, const char *name,
                             const char **out) {
    if (!is_identifier(name, false)) {
        return corrupt(builder, scope, "holds a type without a proper name");
    }
    size_t scope_len = strlen(scope), name_len = strlen(name);
    char *full = arena_alloc(&builder->pool->arena, scope_len + name_len + 2);
    if (!full) {
        return out_of_memory(builder);
    }
    if (scope_len > 0) {
        memcpy(full, scope, scope_len);
        full[scope_len++] = '.';
    }
    memcpy(full + scope_len, name, name_len);
    *out = full;
    return EMEND_OK;
}

static void count_message(const MessageProto *proto, size_t *n_messages, size_t *n_enums) {
    *n_messages += 1;
    *n_enums += proto->n_enum_type;
    for (size_t i = 0; i < proto->n_nested_type; i++) {
        count_message(proto->nested_type[i], n_messages, n_enums);
    }
}

static EmendStatus name_enums(const Builder *builder, const char *scope, EnumProto *const *protos,
                              size_t n) {
    DescriptorPool *pool = builder->pool;
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < n && status == EMEND_OK; i++) {
        status = join_name(builder, scope, protos[i]->name, &pool->enums[pool->n_enums++].name);
    }
    return status;
}

static EmendStatus name_message(const Builder *builder, const char *scope,
                                const MessageProto *proto) {
    DescriptorPool *pool = builder->pool;
    PoolMessage *message = &pool->messages[pool->n_messages++];
    message->pool = pool;
    message->proto = proto;
    EmendStatus status = join_name(builder, scope, proto->name, &message->type.name);
    if (status == EMEND_OK) {
        status = name_enums(builder, message->type.name, proto->enum_type, proto->n_enum_type);
    }
    for (size_t i = 0; i < proto->n_nested_type && status == EMEND_OK; i++) {
        status = name_message(builder, message->type.name, proto->nested_type[i]);
    }
    return status;
}

static EmendStatus name_file(const Builder *builder, const FileProto *file) {
    const char *scope = file->package ? file->package : "";
    if (scope[0] != '\0' && !is_identifier(scope, true)) {
        return corrupt(builder, "a file", "has an improper package name");
    }
    EmendStatus status = name_enums(builder, scope, file->enum_type, file->n_enum_type);
    for (size_t i = 0; i < file->n_message_type && status == EMEND_OK; i++) {
        status = name_message(builder, scope, file->message_type[i]);
    }
    return status;
}

static int by_message_name(const void *a, const void *b) {
    return strcmp((*(PoolMessage *const *)a)->type.name, (*(PoolMessage *const *)b)->type.name);
}

static int by_enum_name(const void *a, const void *b) {
    return strcmp((*(EnumType *const *)a)->name, (*(EnumType *const *)b)->name);
}

static EmendStatus index_names(const Builder *builder) {
    DescriptorPool *pool = builder->pool;
    for (size_t i = 0; i < pool->n_messages; i++) {
        pool->messages_by_name[i] = &pool->messages[i];
    }
    for (size_t i = 0; i < pool->n_enums; i++) {
        pool->enums_by_name[i] = &pool->enums[i];
    }
    if (pool->n_messages > 1) {
        qsort(pool->messages_by_name, pool->n_messages, sizeof(PoolMessage *), by_message_name);
    }
    if (pool->n_enums > 1) {
        qsort(pool->enums_by_name, pool->n_enums, sizeof(EnumType *), by_enum_name);
    }
    for (size_t i = 1; i < pool->n_messages; i++) {
        if (by_message_name(&pool->messages_by_name[i - 1], &pool->messages_by_name[i]) == 0) {
            return corrupt(builder, pool->messages_by_name[i]->type.name, "is there twice");
        }
    }
    return EMEND_OK;
}

static EmendStatus name_types(const Builder *builder) {
    DescriptorPool *pool = builder->pool;
    size_t n_messages = 0, n_enums = 0;
    for (size_t i = 0; i < pool->set->n_file; i++) {
        n_enums += pool->set->file[i]->n_enum_type;
        for (size_t j = 0; j < pool->set->file[i]->n_message_type; j++) {
            count_message(pool->set->file[i]->message_type[j], &n_messages, &n_enums);
        }
    }
    pool->messages = arena_alloc(&pool->arena, n_messages * sizeof(PoolMessage));
    pool->messages_by_name = arena_alloc(&pool->arena, n_messages * sizeof(PoolMessage *));
    pool->enums = arena_alloc(&pool->arena, n_enums * sizeof(EnumType));
    pool->enums_by_name = arena_alloc(&pool->arena, n_enums * sizeof(EnumType *));
    if (!pool->messages || !pool->messages_by_name || !pool->enums || !pool->enums_by_name) {
        return out_of_memory(builder);
    }
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < pool->set->n_file && status == EMEND_OK; i++) {
        status = name_file(builder, pool->set->file[i]);
    }
    return status == EMEND_OK ? index_names(builder) : status;
}

/* -- comments -----------------------------------------------------------------------------------
 */

static int compare_paths(const int32_t *a, size_t n, const int32_t *b, size_t m) {
    for (size_t i = 0; i < n && i < m; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return n == m ? 0 : n < m ? -1 : 1;
}

static int by_path(const void *a, const void *b) {
    const Location *left = *(const Location *const *)a, *right = *(const Location *const *)b;
    return compare_paths(left->path, left->n_path, right->path, right->n_path);
}

static int compare_path(const void *key, const void *entry) {
    const Builder *builder = key;
    const Location *location = *(const Location *const *)entry;
    return compare_paths(builder->path, builder->path_len, location->path, location->n_path);
}

static EmendStatus index_comments(Builder *builder) {
    const Google__Protobuf__SourceCodeInfo *info = builder->file->source_code_info;
    builder->n_locations = 0;
    if (!info || info->n_location == 0) {
        return EMEND_OK;
    }
    builder->locations = arena_alloc(&builder->pool->arena, info->n_location * sizeof(Location *));
    if (!builder->locations) {
        return out_of_memory(builder);
    }
    for (size_t i = 0; i < info->n_location; i++) {
        if (info->location[i]->leading_comments || info->location[i]->trailing_comments) {
            builder->locations[builder->n_locations++] = info->location[i];
        }
    }
    if (builder->n_locations > 1) {
        qsort(builder->locations, builder->n_locations, sizeof(Location *), by_path);
    }
    return EMEND_OK;
}

/* Without the blank that follows `//` on each line, and without blank ends. */
static char *clean_comment(Arena *arena, const char *raw) {
    char *clean = arena_alloc(arena, strlen(raw) + 1);
    size_t len = 0;
    bool at_line_start = true;
    for (const char *c = raw; clean && *c; c++) {
        if (!(at_line_start && *c == ' ')) {
            clean[len++] = *c;
        }
        at_line_start = *c == '\n';
    }
    while (len > 0 && (clean[len - 1] == '\n' || clean[len - 1] == ' ')) {
        clean[--len] = '\0';
    }
    return clean;
}

/* The comment at the builder's path. */
static EmendStatus find_comment(const Builder *builder, const char **out) {
    if (builder->n_locations == 0) {
        return EMEND_OK;
    }
    const Location **found = bsearch(builder, builder->locations, builder->n_locations,
                                     sizeof(Location *), compare_path);
    if (!found) {
        return EMEND_OK;
    }
    const char *raw =
        (*found)->leading_comments ? (*found)->leading_comments : (*found)->trailing_comments;
    *out = clean_comment(&builder->pool->arena, raw);
    return *out ? EMEND_OK : out_of_memory(builder);
}

static void enter(Builder *builder, int32_t field, size_t index) {
    builder->path[builder->path_len++] = field;
    builder->path[builder->path_len++] = (int32_t)index;
}

static void leave(Builder *builder) {
    builder->path_len -= 2;
}

/* -- fields -------------------------------------------------------------------------------------
 */

static bool is_packable(FieldKind kind) {
    return kind != FIELD_STRING && kind != FIELD_BYTES && kind != FIELD_MESSAGE &&
           kind != FIELD_GROUP;
}

static EmendStatus find_field_type(const Builder *builder, const char *where,
                                   const FieldProto *proto, FieldType *field) {
    bool needs_message = field->kind == FIELD_MESSAGE || field->kind == FIELD_GROUP;
    if (!needs_message && field->kind != FIELD_ENUM) {
        return EMEND_OK;
    }
    const char *name = proto->type_name;
    if (name && name[0] == '.') {
        if (needs_message) {
            field->message = descriptor_pool_message(builder->pool, name + 1);
        } else {
            field->enumeration = descriptor_pool_enum(builder->pool, name + 1);
        }
    }
    return field->message || field->enumeration
               ? EMEND_OK
               : corrupt(builder, where, "has a field whose type the set lacks");
}

static EmendStatus fill_field(Builder *builder, PoolMessage *message, const FieldProto *proto,
                              FieldType *field) {
    const char *where = message->type.name;
    if (!is_identifier(proto->name, false) || proto->number < 1 || proto->number > 536870911 ||
        !proto->has_type || (int)proto->type < FIELD_DOUBLE || (int)proto->type > FIELD_SINT64) {
        return corrupt(builder, where, "has a field without a proper name, number or type");
    }
    field->name = proto->name;
    field->number = (uint32_t)proto->number;
    field->kind = (FieldKind)proto->type;
    field->is_repeated =
        proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
    field->is_required =
        proto->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED;
    bool packed =
        proto->options && proto->options->has_packed ? proto->options->packed : builder->is_proto3;
    field->is_packed = field->is_repeated && packed && is_packable(field->kind);
    field->default_text = proto->default_value;
    field->oneof = -1;
    if (proto->has_oneof_index && !proto->proto3_optional) {
        if (proto->oneof_index < 0 || (size_t)proto->oneof_index >= message->type.n_oneofs) {
            return corrupt(builder, where, "has a field in a oneof it lacks");
        }
        field->oneof = proto->oneof_index;
        field->oneof_name = message->type.oneof_names[proto->oneof_index];
    }
    EmendStatus status = find_field_type(builder, where, proto, field);
    field->has_presence = !field->is_repeated && (!builder->is_proto3 || field->message ||
                                                  field->oneof >= 0 || proto->proto3_optional);
    return status == EMEND_OK ? find_comment(builder, &field->comment) : status;
}

/* The text format's map syntax leans on this shape. */
static EmendStatus check_map_entry(const Builder *builder, const MessageType *type) {
    const FieldType *key = message_type_number(type, 1);
    const FieldType *value = message_type_number(type, 2);
    if (type->n_fields != 2 || !key || !value || key->is_repeated || value->is_repeated ||
        key->is_required || value->is_required || key->oneof >= 0 || value->oneof >= 0 ||
        (!is_packable(key->kind) && key->kind != FIELD_STRING) || key->kind == FIELD_ENUM ||
        value->kind == FIELD_GROUP) {
        return corrupt(builder, type->name, "is not a proper map entry");
    }
    return EMEND_OK;
}

static int by_number(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static EmendStatus check_numbers(const Builder *builder, const MessageType *type) {
    if (type->n_fields < 2) {
        return EMEND_OK;
    }
    uint32_t *numbers = malloc(type->n_fields * sizeof *numbers);
    if (!numbers) {
        return out_of_memory(builder);
    }
    for (size_t i = 0; i < type->n_fields; i++) {
        numbers[i] = type->fields[i].number;
    }
    qsort(numbers, type->n_fields, sizeof *numbers, by_number);
    EmendStatus status = EMEND_OK;
    for (size_t i = 1; i < type->n_fields && status == EMEND_OK; i++) {
        if (numbers[i - 1] == numbers[i]) {
            status = corrupt(builder, type->name, "has two fields of one number");
        }
    }
    free(numbers);
    return status;
}

static EmendStatus fill_names(const Builder *builder, PoolMessage *message) {
    const MessageProto *proto = message->proto;
    const char **oneofs = arena_alloc(&builder->pool->arena, proto->n_oneof_decl * sizeof(char *));
    if (!oneofs) {
        return out_of_memory(builder);
    }
    for (size_t i = 0; i < proto->n_oneof_decl; i++) {
        oneofs[i] = proto->oneof_decl[i]->name;
        if (!is_identifier(oneofs[i], false)) {
            return corrupt(builder, message->type.name, "has a oneof without a proper name");
        }
    }
    message->type.oneof_names = oneofs;
    message->type.n_oneofs = proto->n_oneof_decl;
    message->type.reserved_names = (const char *const *)proto->reserved_name;
    message->type.n_reserved_names = proto->n_reserved_name;
    message->type.is_map_entry = proto->options && proto->options->map_entry;
    return EMEND_OK;
}

static EmendStatus fill_fields(Builder *builder, PoolMessage *message) {
    const MessageProto *proto = message->proto;
    FieldType *fields = arena_alloc(&builder->pool->arena, proto->n_field * sizeof *fields);
    if (!fields) {
        return out_of_memory(builder);
    }
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < proto->n_field && status == EMEND_OK; i++) {
        enter(builder, MESSAGE_FIELD, i);
        status = fill_field(builder, message, proto->field[i], &fields[i]);
        leave(builder);
    }
    message->type.fields = fields;
    message->type.n_fields = proto->n_field;
    if (status == EMEND_OK) {
        status = check_numbers(builder, &message->type);
    }
    return status == EMEND_OK && message->type.is_map_entry
               ? check_map_entry(builder, &message->type)
               : status;
}

/* -- types, in the order they were named --------------------------------------------------------
 */

static EmendStatus fill_enum(Builder *builder, const EnumProto *proto) {
    EnumType *type = &builder->pool->enums[builder->next_enum++];
    EnumValue *values = arena_alloc(&builder->pool->arena, proto->n_value * sizeof *values);
    if (!values) {
        return out_of_memory(builder);
    }
    if (proto->n_value == 0) {
        return corrupt(builder, type->name, "has no values");
    }
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < proto->n_value && status == EMEND_OK; i++) {
        if (!is_identifier(proto->value[i]->name, false)) {
            return corrupt(builder, type->name, "has a value without a proper name");
        }
        values[i].name = proto->value[i]->name;
        values[i].number = proto->value[i]->number;
        enter(builder, ENUM_VALUE, i);
        status = find_comment(builder, &values[i].comment);
        leave(builder);
    }
    type->values = values;
    type->n_values = proto->n_value;
    type->is_open = builder->is_proto3;
    return status;
}

static EmendStatus fill_enums(Builder *builder, int32_t path_field, EnumProto *const *protos,
                              size_t n) {
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < n && status == EMEND_OK; i++) {
        enter(builder, path_field, i);
        status = fill_enum(builder, protos[i]);
        leave(builder);
    }
    return status;
}

static EmendStatus fill_message(Builder *builder) {
    PoolMessage *message = &builder->pool->messages[builder->next_message++];
    const MessageProto *proto = message->proto;
    EmendStatus status = find_comment(builder, &message->type.comment);
    if (status == EMEND_OK) {
        status = fill_names(builder, message);
    }
    if (status == EMEND_OK) {
        status = fill_fields(builder, message);
    }
    if (status == EMEND_OK) {
        status = fill_enums(builder, MESSAGE_ENUM, proto->enum_type, proto->n_enum_type);
    }
    for (size_t i = 0; i < proto->n_nested_type && status == EMEND_OK; i++) {
        enter(builder, MESSAGE_NESTED, i);
        status = fill_message(builder);
        leave(builder);
    }
    return status;
}

static EmendStatus fill_file(Builder *builder, const FileProto *file) {
    builder->file = file;
    builder->is_proto3 = file->syntax && strcmp(file->syntax, "proto3") == 0;
    if (file->syntax && !builder->is_proto3 && strcmp(file->syntax, "proto2") != 0) {
        return emend_fail(builder->err, EMEND_INVALID_ARGUMENT,
                          "%s: holds a file with an edition; only proto2 and proto3 are read",
                          builder->origin);
    }
    EmendStatus status = index_comments(builder);
    if (status == EMEND_OK) {
        status = fill_enums(builder, FILE_ENUM, file->enum_type, file->n_enum_type);
    }
    for (size_t i = 0; i < file->n_message_type && status == EMEND_OK; i++) {
        enter(builder, FILE_MESSAGE, i);
        status = fill_message(builder);
        leave(builder);
    }
    return status;
}

EmendStatus descriptor_pool_build(DescriptorPool *pool, const char *origin, EmendError *err) {
    Builder builder = {.pool = pool, .origin = origin, .err = err};
    EmendStatus status = name_types(&builder);
    for (size_t i = 0; i < pool->set->n_file && status == EMEND_OK; i++) {
        status = fill_file(&builder, pool->set->file[i]);
    }
    return status;
}

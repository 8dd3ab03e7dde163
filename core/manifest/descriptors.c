/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/builtin.h"
#include "manifest/descriptors_pool.h"
#include "manifest/file.h"
#include "manifest/wire.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NESTING = 32 };

/* Where messages nest in messages: set.file, file.message_type, message.nested_type, ... */
static uint32_t nested_field(size_t depth) {
    return depth == 0 ? 1 : depth == 1 ? 4 : 3;
}

/* True when the set is well formed and no type nests deeper than MAX_NESTING; protobuf-c's unpack
 * has no limit of its own. */
static bool is_shallow(EmendBytes bytes, size_t depth) {
    WireRecord record = {0};
    if (depth > MAX_NESTING) {
        return false;
    }
    while (bytes.len > 0) {
        if (!wire_next(&bytes, &record)) {
            return false;
        }
        if (record.type == WIRE_LEN && record.number == nested_field(depth) &&
            !is_shallow(record.body, depth + 1)) {
            return false;
        }
    }
    return true;
}

EmendStatus descriptor_pool_create(EmendBytes set, const char *origin, DescriptorPool **out,
                                   EmendError *err) {
    EmendStatus status = EMEND_OK;
    DescriptorPool *pool = calloc(1, sizeof *pool);
    if (!pool) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: out of memory", origin);
    }
    if (set.len <= DESCRIPTOR_SET_BYTES_MAX && is_shallow(set, 0)) {
        pool->set = google__protobuf__file_descriptor_set__unpack(NULL, set.len, set.ptr);
    }
    if (!pool->set) {
        status = emend_fail(err, EMEND_DATA_LOSS,
                            "%s: is not a descriptor set; write it anew with protoc"
                            " --include_imports --include_source_info --descriptor_set_out",
                            origin);
        goto out;
    }
    status = descriptor_pool_build(pool, origin, err);
    if (status != EMEND_OK) {
        goto out;
    }
    *out = pool;
    pool = NULL; // given away
out:
    descriptor_pool_destroy(pool);
    return status;
}

EmendStatus descriptor_pool_load(const char *path, DescriptorPool **out, EmendError *err) {
    char *bytes = NULL;
    size_t len = 0;
    EmendStatus status = file_read(path, DESCRIPTOR_SET_BYTES_MAX, &bytes, &len, err);
    if (status == EMEND_OK) {
        status = descriptor_pool_create((EmendBytes){bytes, len}, path, out, err);
    }
    free(bytes);
    return status;
}

const DescriptorPool *descriptor_pool_builtin(void) {
    static DescriptorPool *pool = NULL;
    if (!pool) {
        descriptor_pool_create(builtin_set(), "emend.desc", &pool, NULL);
    }
    return pool;
}

void descriptor_pool_destroy(DescriptorPool *pool) {
    if (!pool) {
        return;
    }
    if (pool->set) {
        google__protobuf__file_descriptor_set__free_unpacked(pool->set, NULL);
    }
    arena_finish(&pool->arena);
    free(pool);
}

static int compare_message(const void *name, const void *entry) {
    return strcmp(name, (*(PoolMessage *const *)entry)->type.name);
}

static int compare_enum(const void *name, const void *entry) {
    return strcmp(name, (*(EnumType *const *)entry)->name);
}

const MessageType *descriptor_pool_message(const DescriptorPool *pool, const char *name) {
    if (!pool || pool->n_messages == 0) {
        return NULL;
    }
    PoolMessage **found = bsearch(name, pool->messages_by_name, pool->n_messages,
                                  sizeof(PoolMessage *), compare_message);
    return found ? &(*found)->type : NULL;
}

const EnumType *descriptor_pool_enum(const DescriptorPool *pool, const char *name) {
    if (pool->n_enums == 0) {
        return NULL;
    }
    EnumType **found =
        bsearch(name, pool->enums_by_name, pool->n_enums, sizeof(EnumType *), compare_enum);
    return found ? *found : NULL;
}

const FieldType *message_type_field(const MessageType *type, const char *name, size_t len) {
    for (size_t i = 0; i < type->n_fields; i++) {
        const char *candidate = type->fields[i].name;
        if (strncmp(candidate, name, len) == 0 && candidate[len] == '\0') {
            return &type->fields[i];
        }
    }
    return NULL;
}

const FieldType *message_type_number(const MessageType *type, uint32_t number) {
    for (size_t i = 0; i < type->n_fields; i++) {
        if (type->fields[i].number == number) {
            return &type->fields[i];
        }
    }
    return NULL;
}

const DescriptorPool *message_type_pool(const MessageType *type) {
    return ((const PoolMessage *)type)->pool;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/wire.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_VARINT_BYTES = 10, MAX_GROUP_DEPTH = 64, FIRST_CAPACITY = 256 };
static const uint32_t max_field_number = 536870911;

static bool reserve(WireBuffer *out, size_t more) {
    if (out->capacity - out->len >= more) {
        return true;
    }
    size_t capacity = out->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : out->capacity;
    while (capacity - out->len < more) {
        if (capacity > SIZE_MAX / 2) {
            return false;
        }
        capacity *= 2;
    }
    uint8_t *bytes = realloc(out->bytes, capacity);
    if (!bytes) {
        return false;
    }
    out->bytes = bytes;
    out->capacity = capacity;
    return true;
}

bool wire_put(WireBuffer *out, const void *bytes, size_t len) {
    if (!reserve(out, len)) {
        return false;
    }
    if (len > 0) {
        memcpy(out->bytes + out->len, bytes, len);
    }
    out->len += len;
    return true;
}

static size_t write_varint(uint64_t value, uint8_t bytes[MAX_VARINT_BYTES]) {
    size_t n = 0;
    while (value >= 0x80) {
        bytes[n++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[n++] = (uint8_t)value;
    return n;
}

bool wire_put_varint(WireBuffer *out, uint64_t value) {
    uint8_t bytes[MAX_VARINT_BYTES];
    return wire_put(out, bytes, write_varint(value, bytes));
}

bool wire_put_fixed(WireBuffer *out, uint64_t value, size_t n_bytes) {
    uint8_t bytes[8];
    for (size_t i = 0; i < n_bytes; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
    return wire_put(out, bytes, n_bytes);
}

bool wire_put_tag(WireBuffer *out, uint32_t number, uint32_t wire_type) {
    return wire_put_varint(out, (uint64_t)number << 3 | wire_type);
}

bool wire_put_len_before(WireBuffer *out, size_t start) {
    uint8_t bytes[MAX_VARINT_BYTES];
    size_t body_len = out->len - start;
    size_t n = write_varint(body_len, bytes);
    if (!reserve(out, n)) {
        return false;
    }
    memmove(out->bytes + start + n, out->bytes + start, body_len);
    memcpy(out->bytes + start, bytes, n);
    out->len += n;
    return true;
}

static void advance(EmendBytes *bytes, uint64_t n) {
    bytes->ptr = (const uint8_t *)bytes->ptr + n;
    bytes->len -= n;
}

bool wire_take_varint(EmendBytes *bytes, uint64_t *value) {
    const uint8_t *p = bytes->ptr;
    uint64_t read = 0;
    for (size_t i = 0; i < MAX_VARINT_BYTES && i < bytes->len; i++) {
        read |= (uint64_t)(p[i] & 0x7F) << (7 * i);
        if (p[i] < 0x80) {
            advance(bytes, i + 1);
            *value = read;
            return true;
        }
    }
    return false;
}

bool wire_take_fixed(EmendBytes *bytes, size_t n_bytes, uint64_t *value) {
    const uint8_t *p = bytes->ptr;
    if (bytes->len < n_bytes) {
        return false;
    }
    *value = 0;
    for (size_t i = 0; i < n_bytes; i++) {
        *value |= (uint64_t)p[i] << (8 * i);
    }
    advance(bytes, n_bytes);
    return true;
}

static bool take_tag(EmendBytes *bytes, WireRecord *record) {
    uint64_t tag = 0;
    if (!wire_take_varint(bytes, &tag) || tag >> 3 == 0 || tag >> 3 > max_field_number) {
        return false;
    }
    record->number = (uint32_t)(tag >> 3);
    record->type = (uint32_t)(tag & 7);
    return true;
}

/* Takes what follows a tag other than a group's. */
static bool take_payload(EmendBytes *bytes, WireRecord *record) {
    switch (record->type) {
    case WIRE_VARINT:
        return wire_take_varint(bytes, &record->value);
    case WIRE_FIXED64:
        return wire_take_fixed(bytes, 8, &record->value);
    case WIRE_FIXED32:
        return wire_take_fixed(bytes, 4, &record->value);
    case WIRE_LEN:
        if (!wire_take_varint(bytes, &record->value) || record->value > bytes->len) {
            return false;
        }
        record->body = (EmendBytes){bytes->ptr, record->value};
        advance(bytes, record->value);
        return true;
    default:
        return false;
    }
}

/* Takes the rest of a group, its end included. */
static bool take_group(EmendBytes *bytes, WireRecord *group) {
    uint32_t open[MAX_GROUP_DEPTH] = {group->number};
    size_t depth = 1;
    const uint8_t *start = bytes->ptr;
    while (depth > 0) {
        const uint8_t *here = bytes->ptr;
        WireRecord inner = {0};
        if (!take_tag(bytes, &inner)) {
            return false;
        }
        if (inner.type == WIRE_GROUP_START) {
            if (depth == MAX_GROUP_DEPTH) {
                return false;
            }
            open[depth++] = inner.number;
        } else if (inner.type == WIRE_GROUP_END) {
            if (open[--depth] != inner.number) {
                return false;
            }
            group->body = (EmendBytes){start, (uint64_t)(here - start)};
        } else if (!take_payload(bytes, &inner)) {
            return false;
        }
    }
    return true;
}

bool wire_next(EmendBytes *bytes, WireRecord *record) {
    *record = (WireRecord){0};
    if (!take_tag(bytes, record)) {
        return false;
    }
    return record->type == WIRE_GROUP_START ? take_group(bytes, record)
                                            : take_payload(bytes, record);
}

uint32_t wire_type_of(FieldKind kind) {
    switch (kind) {
    case FIELD_DOUBLE:
    case FIELD_FIXED64:
    case FIELD_SFIXED64:
        return WIRE_FIXED64;
    case FIELD_FLOAT:
    case FIELD_FIXED32:
    case FIELD_SFIXED32:
        return WIRE_FIXED32;
    case FIELD_STRING:
    case FIELD_BYTES:
    case FIELD_MESSAGE:
        return WIRE_LEN;
    case FIELD_GROUP:
        return WIRE_GROUP_START;
    default:
        return WIRE_VARINT;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_WIRE_H
#define MANIFEST_WIRE_H
/* Protobuf's wire format: bytes out, records in. */
#include "manifest/text.h"

enum {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_LEN = 2,
    WIRE_GROUP_START = 3,
    WIRE_GROUP_END = 4,
    WIRE_FIXED32 = 5
};

/* Append; false where memory is gone, and then nothing was written. */
bool wire_put(WireBuffer *out, const void *bytes, size_t len);
bool wire_put_varint(WireBuffer *out, uint64_t value);
/* Little-endian, the low `n_bytes` of value: 4 or 8. */
bool wire_put_fixed(WireBuffer *out, uint64_t value, size_t n_bytes);
bool wire_put_tag(WireBuffer *out, uint32_t number, uint32_t wire_type);
/* Puts the length of the bytes from `start` on in front of them. */
bool wire_put_len_before(WireBuffer *out, size_t start);

/* One field as it lies in the bytes. */
typedef struct WireRecord {
    uint32_t number;
    uint32_t type;   /* WIRE_*, never WIRE_GROUP_END */
    uint64_t value;  /* of VARINT, FIXED32, FIXED64 */
    EmendBytes body; /* of LEN and GROUP_START: what is inside */
} WireRecord;

/* Takes the next record off the front of *bytes; false where they are not well formed. Groups are
 * followed 64 deep. The caller stops at len 0. */
bool wire_next(EmendBytes *bytes, WireRecord *record);
/* Takes a varint, or n_bytes little-endian, off the front. */
bool wire_take_varint(EmendBytes *bytes, uint64_t *value);
bool wire_take_fixed(EmendBytes *bytes, size_t n_bytes, uint64_t *value);

/* The wire type of a field's kind when it is not packed. */
uint32_t wire_type_of(FieldKind kind);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_TEXT_ENCODE_H
#define MANIFEST_TEXT_ENCODE_H
/* The parts of encoding: scalars (text_scalar.c), canonical order (text_layout.c), and what walks
 * the tree (text_encode.c). */
#include "manifest/text_tree.h"

/* One value as payload: no tag, a string with its length. */
EmendStatus text_scalar_encode(const TextTree *tree, const FieldType *field, const TextValue *value,
                               WireBuffer *out, EmendError *err);

/* The payload a scalar has when it is not written: zero, empty, an enum's first value. False where
 * memory is gone. */
bool text_scalar_encode_zero(const FieldType *field, WireBuffer *out);

/* `NAME takes THIS, not THAT`, at the value. */
EmendStatus text_wrong_value(const TextTree *tree, const FieldType *field, const TextValue *value,
                             EmendError *err);

/* The field's name in text: a group goes by its type's. */
const char *text_field_name(const FieldType *field);

/* What one field's values became, in the order of the text: bytes [start, end) of the buffer. */
typedef struct TextSpan {
    uint32_t number;
    bool is_packed; /* bare payloads: the tag and length are yet to come */
    bool is_entry;  /* one map entry, with its key */
    size_t start, end;
    uint64_t key;     /* in the order of the key's type */
    size_t key_start; /* a string key's bytes */
    size_t key_len;
} TextSpan;

/* Puts the spans of one message, which cover the buffer's end from `start`, in canonical order: by
 * number, packed values in one record, map entries by key and of equal keys the last only. False
 * where memory is gone. */
bool text_layout(WireBuffer *out, size_t start, TextSpan *spans, size_t n);

/* Reads the key of the entry whose body, in canonical form, is [at, end) of the buffer. */
void text_layout_key(const WireBuffer *out, size_t at, size_t end, const MessageType *entry,
                     TextSpan *span);

#endif

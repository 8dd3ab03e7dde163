/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/text_encode.h"
#include "manifest/wire.h"

#include <stdlib.h>
#include <string.h>

void text_layout_key(const WireBuffer *out, size_t at, size_t end, const MessageType *entry,
                     TextSpan *span) {
    EmendBytes body = {out->bytes + at, end - at};
    WireRecord record = {0};
    if (!wire_next(&body, &record)) {
        return;
    }
    span->key = record.value;
    if (record.type == WIRE_LEN) {
        span->key = 0;
        span->key_start = (size_t)((const uint8_t *)record.body.ptr - out->bytes);
        span->key_len = record.body.len;
    }
    const uint64_t sign = UINT64_C(1) << 63;
    switch (message_type_number(entry, 1)->kind) {
    case FIELD_INT32:
    case FIELD_INT64:
    case FIELD_SFIXED64:
        span->key ^= sign;
        break;
    case FIELD_SFIXED32:
        span->key = (uint64_t)(int64_t)(int32_t)record.value ^ sign;
        break;
    case FIELD_SINT32:
    case FIELD_SINT64:
        span->key = (record.value >> 1 ^ (0 - (record.value & 1))) ^ sign;
        break;
    default:
        break;
    }
}

/* Entries only: by key; 0 for equal keys. */
static int compare_keys(const TextSpan *a, const TextSpan *b, const uint8_t *bytes) {
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    size_t common = a->key_len < b->key_len ? a->key_len : b->key_len;
    int order = common ? memcmp(bytes + a->key_start, bytes + b->key_start, common) : 0;
    return order != 0 ? order : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

static int compare_spans(const void *left, const void *right, void *bytes) {
    const TextSpan *a = left, *b = right;
    if (a->number != b->number) {
        return a->number < b->number ? -1 : 1;
    }
    int order = a->is_entry ? compare_keys(a, b, bytes) : 0;
    return order != 0 ? order : (a->start > b->start) - (a->start < b->start);
}

static bool is_canonical(const TextSpan *spans, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (spans[i].is_packed || spans[i].is_entry ||
            (i > 0 && spans[i - 1].number > spans[i].number)) {
            return false;
        }
    }
    return true;
}

/* Appends the packed spans of one number, the first of which is `spans[0]`, and counts them. */
static size_t put_packed(WireBuffer *ordered, const WireBuffer *out, const TextSpan *spans,
                         size_t n, bool *ok) {
    size_t count = 0;
    *ok = *ok && wire_put_tag(ordered, spans[0].number, WIRE_LEN);
    size_t start = ordered->len;
    while (count < n && spans[count].number == spans[0].number) {
        const TextSpan *span = &spans[count++];
        *ok = *ok && wire_put(ordered, out->bytes + span->start, span->end - span->start);
    }
    *ok = *ok && wire_put_len_before(ordered, start);
    return count;
}

bool text_layout(WireBuffer *out, size_t start, TextSpan *spans, size_t n) {
    if (is_canonical(spans, n)) {
        return true;
    }
    WireBuffer ordered = {0};
    bool ok = true;
    qsort_r(spans, n, sizeof *spans, compare_spans, out->bytes);
    for (size_t i = 0; i < n && ok;) {
        const TextSpan *span = &spans[i];
        if (span->is_packed) {
            i += put_packed(&ordered, out, span, n - i, &ok);
            continue;
        }
        bool is_replaced = span->is_entry && i + 1 < n && spans[i + 1].number == span->number &&
                           compare_keys(span, &spans[i + 1], out->bytes) == 0;
        ok = is_replaced || wire_put(&ordered, out->bytes + span->start, span->end - span->start);
        i++;
    }
    if (ok) {
        out->len = start;
        ok = wire_put(out, ordered.bytes, ordered.len);
    }
    free(ordered.bytes);
    return ok;
}

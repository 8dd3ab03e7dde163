/* SPDX-License-Identifier: Apache-2.0 */
#include "check/odd_configs.h"
#include "manifest/wire.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 3, LONG_BYTES = 1 << 20, MANY = 1000, DRAWN_BYTES_MAX = 256, FIELDS_DRAWN = 4 };

/* ---- edges ---------------------------------------------------------------------------------- */

/* Where the walk is: the fields that lead to the message at hand, outermost first. */
typedef struct Walk {
    EmendBytes base;
    OddConfigVisit visit;
    void *ctx;
    const FieldType *path[DEPTH_MAX];
    size_t depth;
    bool is_over, is_exhausted;
} Walk;

/* Wraps `body` in the messages of the path, behind the base, and shows it. */
static void show(Walk *walk, const FieldType *field, const WireBuffer *body, bool is_malformed,
                 const char *what) {
    WireBuffer inner = {0}, outer = {0};
    char text[256];
    bool is_whole = wire_put(&inner, body->bytes, body->len);
    for (size_t i = walk->depth; i > 0 && is_whole; i--) {
        outer = (WireBuffer){0};
        is_whole = wire_put_tag(&outer, walk->path[i - 1]->number, WIRE_LEN) &&
                   wire_put_varint(&outer, inner.len) && wire_put(&outer, inner.bytes, inner.len);
        free(inner.bytes);
        inner = outer;
    }
    WireBuffer whole = {0};
    is_whole = is_whole && wire_put(&whole, walk->base.ptr, walk->base.len) &&
               wire_put(&whole, inner.bytes, inner.len);
    snprintf(text, sizeof text, "field `%s`: %s", field->name, what);
    OddConfig odd = {.bytes = {whole.bytes, whole.len},
                     .is_malformed = is_malformed,
                     .field = field->name,
                     .what = text};
    walk->is_exhausted |= !is_whole;
    walk->is_over = !is_whole || !walk->visit(walk->ctx, &odd);
    free(whole.bytes);
    free(inner.bytes);
}

/* The field with one value. */
static void show_varint(Walk *walk, const FieldType *field, uint64_t value, const char *what) {
    WireBuffer body = {0};
    if (!walk->is_over && wire_put_tag(&body, field->number, WIRE_VARINT) &&
        wire_put_varint(&body, value)) {
        show(walk, field, &body, false, what);
    }
    free(body.bytes);
}

static void show_fixed(Walk *walk, const FieldType *field, uint64_t value, const char *what) {
    WireBuffer body = {0};
    uint32_t type = wire_type_of(field->kind);
    if (!walk->is_over && wire_put_tag(&body, field->number, type) &&
        wire_put_fixed(&body, value, type == WIRE_FIXED32 ? 4 : 8)) {
        show(walk, field, &body, false, what);
    }
    free(body.bytes);
}

static void show_bytes(Walk *walk, const FieldType *field, const void *bytes, size_t len,
                       bool is_malformed, const char *what) {
    WireBuffer body = {0};
    if (!walk->is_over && wire_put_tag(&body, field->number, WIRE_LEN) &&
        wire_put_varint(&body, len) && wire_put(&body, bytes, len)) {
        show(walk, field, &body, is_malformed, what);
    }
    free(body.bytes);
}

static void show_number(Walk *walk, const FieldType *field, double value, const char *what) {
    uint64_t bits = 0;
    float narrow = (float)value;
    if (field->kind == FIELD_FLOAT) {
        memcpy(&bits, &narrow, sizeof narrow);
    } else {
        memcpy(&bits, &value, sizeof value);
    }
    show_fixed(walk, field, bits, what);
}

static void show_text(Walk *walk, const FieldType *field) {
    char *text = malloc(LONG_BYTES);
    walk->is_exhausted |= !text;
    if (text) {
        memset(text, 'a', LONG_BYTES);
        show_bytes(walk, field, text, LONG_BYTES, false, "a million letters");
    }
    free(text);
    show_bytes(walk, field, "", 0, false, "empty");
    show_bytes(walk, field, "\xFF\xFE\xC0\x80", 4, false, "not UTF-8");
    show_bytes(walk, field, "a\0b", 3, false, "a NUL inside");
    show_bytes(walk, field, "a\nb\x1B[31m", 8, false, "control characters");
    show_bytes(walk, field, "%s%n%d", 6, false, "printf's directives");
}

static void show_value(Walk *walk, const FieldType *field) {
    switch (field->kind) {
    case FIELD_DOUBLE:
    case FIELD_FLOAT:
        show_number(walk, field, (double)NAN, "not a number");
        show_number(walk, field, (double)INFINITY, "infinity");
        show_number(walk, field, (double)-INFINITY, "minus infinity");
        show_number(walk, field, -1, "-1");
        show_number(walk, field, 0, "0");
        show_number(walk, field, 1e300, "1e300");
        break;
    case FIELD_STRING:
    case FIELD_BYTES:
        show_text(walk, field);
        break;
    case FIELD_ENUM:
        show_varint(walk, field, 4711, "a number that is no value of the enum");
        show_varint(walk, field, UINT64_MAX, "-1, which may be no value of the enum");
        break;
    case FIELD_FIXED32:
    case FIELD_FIXED64:
    case FIELD_SFIXED32:
    case FIELD_SFIXED64:
        show_fixed(walk, field, 0, "0");
        show_fixed(walk, field, UINT64_MAX, "all bits set");
        show_fixed(walk, field, (uint64_t)INT64_MAX, "a very large number");
        break;
    case FIELD_MESSAGE:
    case FIELD_GROUP:
        break;
    default:
        show_varint(walk, field, 0, "0");
        show_varint(walk, field, UINT64_MAX, "all bits set");
        show_varint(walk, field, INT32_MAX, "2147483647");
        show_varint(walk, field, (uint64_t)INT64_MAX, "a very large number");
    }
}

/* Bytes that end where they must not, and a value of another type. */
static void show_broken(Walk *walk, const FieldType *field) {
    uint32_t type = wire_type_of(field->kind);
    WireBuffer body = {0};
    if (!walk->is_over && type != WIRE_GROUP_START && wire_put_tag(&body, field->number, type)) {
        show(walk, field, &body, true, "cut behind its tag");
    }
    if (!walk->is_over && type == WIRE_LEN &&
        wire_put(&body,
                 "\x7F"
                 "ab",
                 3)) {
        show(walk, field, &body, true, "cut inside");
    }
    body.len = 0;
    if (!walk->is_over && type == WIRE_LEN && wire_put_tag(&body, field->number, type) &&
        wire_put(&body, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 9)) {
        show(walk, field, &body, true, "a length beyond all memory");
    }
    free(body.bytes);
    if (type != WIRE_VARINT) {
        show_varint(walk, field, 1, "of another wire type");
    } else {
        show_bytes(walk, field, "\x80", 1, false, "of another wire type");
    }
}

/* The same field very many times. */
static void show_many(Walk *walk, const FieldType *field) {
    WireBuffer body = {0};
    bool is_whole = true;
    uint32_t type = wire_type_of(field->kind);
    for (uint32_t i = 0; i < MANY && is_whole; i++) {
        is_whole = wire_put_tag(&body, field->number, type) &&
                   (type == WIRE_FIXED64   ? wire_put_fixed(&body, i, 8)
                    : type == WIRE_FIXED32 ? wire_put_fixed(&body, i, 4)
                    : type == WIRE_LEN     ? wire_put_varint(&body, 0)
                                           : wire_put_varint(&body, i));
    }
    if (!walk->is_over && is_whole && type != WIRE_GROUP_START) {
        show(walk, field, &body, false, "given a thousand times");
    }
    walk->is_exhausted |= !is_whole;
    free(body.bytes);
}

static void walk_message(Walk *walk, const MessageType *type) {
    for (size_t i = 0; i < type->n_fields && !walk->is_over; i++) {
        const FieldType *field = &type->fields[i];
        show_broken(walk, field);
        show_value(walk, field);
        if (field->is_repeated) {
            show_many(walk, field);
        }
        if (field->kind == FIELD_MESSAGE) {
            show_bytes(walk, field, "", 0, false, "empty");
            show_bytes(walk, field, "\x0A", 1, true, "a message that is cut");
        }
        if (field->kind == FIELD_MESSAGE && walk->depth < DEPTH_MAX) {
            walk->path[walk->depth++] = field;
            walk_message(walk, field->message);
            walk->depth--;
        }
    }
}

bool odd_configs_each(const MessageType *type, EmendBytes base, OddConfigVisit visit, void *ctx) {
    static const uint8_t noise[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    static const uint8_t unknown[] = {0xF8, 0xFF, 0xFF, 0xFF, 0x0F, 0x01};
    Walk walk = {.base = base, .visit = visit, .ctx = ctx};
    const OddConfig whole[] = {
        {{noise, sizeof noise}, true, NULL, "six bytes of noise"},
        {{noise, 1}, true, NULL, "a single byte 0xFF"},
        {{"\x00\x00", 2}, true, NULL, "a field of number 0"},
        {{unknown, sizeof unknown}, false, NULL, "a field it does not have"},
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole && !walk.is_over; i++) {
        walk.is_over = !visit(ctx, &whole[i]);
    }
    if (type && !walk.is_over) {
        walk_message(&walk, type);
    }
    return !walk.is_exhausted;
}

/* ---- at random ------------------------------------------------------------------------------ */

/* splitmix64 */
static uint64_t draw(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t bound) {
    return (size_t)(draw(state) % bound);
}

static bool put_noise(WireBuffer *out, size_t len, uint64_t *state) {
    bool is_whole = true;
    for (size_t i = 0; i < len && is_whole; i++) {
        uint8_t byte = (uint8_t)draw(state);
        is_whole = wire_put(out, &byte, 1);
    }
    return is_whole;
}

static bool put_field(WireBuffer *out, const FieldType *field, uint64_t *state) {
    uint32_t type = wire_type_of(field->kind);
    uint64_t value = draw(state) >> below(state, 64);
    if (!wire_put_tag(out, field->number, type)) {
        return false;
    }
    if (type == WIRE_VARINT) {
        return wire_put_varint(out, value);
    }
    if (type == WIRE_FIXED32 || type == WIRE_FIXED64) {
        double number = (double)value * 1e-3 - 1;
        uint64_t bits = value;
        if (field->kind == FIELD_DOUBLE) {
            memcpy(&bits, &number, sizeof bits);
        }
        return wire_put_fixed(out, bits, type == WIRE_FIXED32 ? 4 : 8);
    }
    size_t len = below(state, 24);
    return wire_put_varint(out, len) && put_noise(out, len, state);
}

static bool put_fields(WireBuffer *out, const MessageType *type, uint64_t *state) {
    size_t n = type->n_fields > 0 ? 1 + below(state, FIELDS_DRAWN) : 0;
    bool is_whole = true;
    for (size_t i = 0; i < n && is_whole; i++) {
        const FieldType *field = &type->fields[below(state, type->n_fields)];
        is_whole = field->kind == FIELD_GROUP || put_field(out, field, state);
    }
    return is_whole;
}

uint8_t *odd_config_draw(const MessageType *type, EmendBytes base, uint64_t *state, size_t *len) {
    WireBuffer out = {0};
    bool is_whole = true;
    size_t sort = below(state, 4);
    if (sort == 0) {
        is_whole = put_noise(&out, below(state, DRAWN_BYTES_MAX), state);
    } else {
        is_whole = wire_put(&out, base.ptr, base.len);
        if (sort > 1 && type && is_whole) {
            is_whole = put_fields(&out, type, state);
        }
        if (sort != 2 && out.len > 0) {
            for (size_t n = 1 + below(state, 3); n > 0; n--) {
                out.bytes[below(state, out.len)] ^= (uint8_t)(1u << below(state, 8));
            }
        }
    }
    *len = out.len;
    if (is_whole && !out.bytes) {
        out.bytes = calloc(1, 1);
    }
    if (!is_whole) {
        free(out.bytes);
        out.bytes = NULL;
    }
    return out.bytes;
}

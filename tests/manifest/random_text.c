/* SPDX-License-Identifier: Apache-2.0 */
#include "random_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SplitMix64. */
uint64_t random_next(RandomText *random) {
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

size_t random_below(RandomText *random, size_t n) {
    return (size_t)(random_next(random) % n);
}

void random_put(RandomText *random, const char *text) {
    size_t len = strlen(text);
    if (random->capacity - random->len <= len) {
        random->capacity = (random->capacity + len + 1) * 2;
        random->text = realloc(random->text, random->capacity);
    }
    memcpy(random->text + random->len, text, len + 1);
    random->len += len;
}

static void put_one_of(RandomText *random, const char *const *choices, size_t n) {
    random_put(random, choices[random_below(random, n)]);
}

/* At least one blank, or a comment. */
static void put_blank(RandomText *random) {
    static const char *const blanks[] = {" ", " ", " ", "\n", "\t", "  ", "\r\n", " # ]}>'\"\n"};
    put_one_of(random, blanks, sizeof blanks / sizeof *blanks);
}

static void put_maybe_blank(RandomText *random) {
    if (random_below(random, 3) == 0) {
        put_blank(random);
    }
}

/* -- numbers ------------------------------------------------------------------------------------
 */

/* A number of a random magnitude that fits `bits` bits. */
static uint64_t random_magnitude(RandomText *random, unsigned bits) {
    unsigned used = (unsigned)random_below(random, bits + 1);
    return used == 0 ? 0 : random_next(random) >> (64 - used);
}

static void put_magnitude(RandomText *random, uint64_t magnitude) {
    char text[40];
    switch (random_below(random, 5)) {
    case 0:
        snprintf(text, sizeof text, "0x%" PRIx64, magnitude);
        break;
    case 1:
        snprintf(text, sizeof text, "0X%" PRIX64, magnitude);
        break;
    case 2:
        snprintf(text, sizeof text, "0%" PRIo64, magnitude);
        break;
    default:
        snprintf(text, sizeof text, "%" PRIu64, magnitude);
        break;
    }
    random_put(random, text);
}

static void put_minus(RandomText *random) {
    random_put(random, "-");
    put_maybe_blank(random);
}

static void put_signed(RandomText *random, unsigned bits) {
    if (random_below(random, 2) == 0) {
        put_minus(random);
    }
    put_magnitude(random, random_magnitude(random, bits - 1));
}

static void put_real(RandomText *random, bool is_float) {
    static const char *const special[] = {"inf", "Infinity", "nan",    "0",   "5.",   ".5",
                                          "0f",  "1e400",    "1e-400", "10f", "1.5F", "7"};
    char text[64];
    if (random_below(random, 4) == 0) {
        put_minus(random);
    }
    if (random_below(random, 3) == 0) {
        put_one_of(random, special, sizeof special / sizeof *special);
        return;
    }
    uint64_t bits = random_next(random);
    double wide = 0;
    float narrow = 0;
    memcpy(&wide, &bits, sizeof wide);
    memcpy(&narrow, &bits, sizeof narrow);
    snprintf(text, sizeof text, is_float ? "%.9g" : "%.17g", is_float ? (double)narrow : wide);
    random_put(random, text + (text[0] == '-'));
}

/* -- strings ------------------------------------------------------------------------------------
 */

static void put_piece(RandomText *random, bool is_bytes) {
    static const char *const pieces[] = {"a",
                                         " ",
                                         "gr\xC3\xBC\xC3\x9F",
                                         "\\n",
                                         "\\\\",
                                         "\\'",
                                         "\\\"",
                                         "\\?",
                                         "\\0",
                                         "\\101",
                                         "\\x41",
                                         "\\u20ac",
                                         "#",
                                         "{",
                                         "\xF0\x9F\x98\x80",
                                         "\\U0001F600",
                                         "\\t\\v\\a\\b\\f\\r"};
    static const char *const bytes[] = {"\\377", "\\xfe", "\\x0", "\\200z"};
    if (is_bytes && random_below(random, 2) == 0) {
        put_one_of(random, bytes, sizeof bytes / sizeof *bytes);
    } else {
        put_one_of(random, pieces, sizeof pieces / sizeof *pieces);
    }
}

static void put_string(RandomText *random, bool is_bytes) {
    size_t n_parts = 1 + (random_below(random, 4) == 0);
    for (size_t part = 0; part < n_parts; part++) {
        const char *quote = random_below(random, 2) ? "\"" : "'";
        random_put(random, quote);
        for (size_t n = random_below(random, 5); n > 0; n--) {
            put_piece(random, is_bytes);
        }
        random_put(random, quote);
        put_maybe_blank(random);
    }
}

/* -- values -------------------------------------------------------------------------------------
 */

static void put_enum(RandomText *random, const EnumType *type) {
    const EnumValue *value = &type->values[random_below(random, type->n_values)];
    char text[32];
    if (random_below(random, 3) > 0) {
        random_put(random, value->name);
        return;
    }
    int64_t number =
        type->is_open && random_below(random, 2) ? (int32_t)random_next(random) : value->number;
    snprintf(text, sizeof text, "%" PRId64, number);
    random_put(random, text);
}

static void put_bool(RandomText *random) {
    static const char *const truths[] = {"true",  "True",  "t", "1", "0x1",
                                         "false", "False", "f", "0", "00"};
    put_one_of(random, truths, sizeof truths / sizeof *truths);
}

static void put_scalar(RandomText *random, const FieldType *field) {
    switch (field->kind) {
    case FIELD_DOUBLE:
    case FIELD_FLOAT:
        put_real(random, field->kind == FIELD_FLOAT);
        break;
    case FIELD_INT32:
    case FIELD_SINT32:
    case FIELD_SFIXED32:
        put_signed(random, 32);
        break;
    case FIELD_INT64:
    case FIELD_SINT64:
    case FIELD_SFIXED64:
        put_signed(random, 64);
        break;
    case FIELD_UINT32:
    case FIELD_FIXED32:
        put_magnitude(random, random_magnitude(random, 32));
        break;
    case FIELD_UINT64:
    case FIELD_FIXED64:
        put_magnitude(random, random_magnitude(random, 64));
        break;
    case FIELD_BOOL:
        put_bool(random);
        break;
    case FIELD_ENUM:
        put_enum(random, field->enumeration);
        break;
    default:
        put_string(random, field->kind == FIELD_BYTES);
        break;
    }
}

/* A key that no other entry has; truths come by their own function, once. */
static void put_key(RandomText *random, const FieldType *key) {
    char text[40];
    const char *quote = key->kind == FIELD_STRING ? "'" : "";
    snprintf(text, sizeof text, "%s%" PRIu64 "%s", quote, random->next_key++, quote);
    random_put(random, key->kind == FIELD_BOOL ? "true" : text);
}

static void put_entry_fields(RandomText *random, const MessageType *entry, size_t depth);

static bool is_any(const FieldType *field) {
    return field->message && strcmp(field->message->name, "google.protobuf.Any") == 0;
}

static void put_any_fields(RandomText *random) {
    random_put(random, random_below(random, 2)
                           ? "[type.googleapis.com/rich.Config] { size: 7 inner <words: ['x']> }"
                           : "type_url: 'x' value: \"\\xff\\000\"");
}

static void put_message(RandomText *random, const FieldType *field, size_t depth) {
    bool is_angled = random_below(random, 4) == 0;
    random_put(random, is_angled ? "<" : "{");
    put_maybe_blank(random);
    if (is_any(field)) {
        put_any_fields(random);
    } else if (field->message->is_map_entry) {
        put_entry_fields(random, field->message, depth);
    } else if (depth > 0) {
        random_fields(random, field->message, depth - 1);
    } else if (strcmp(field->message->name, "rich.Needy") == 0) {
        random_put(random, "must: 1");
    }
    random_put(random, is_angled ? ">" : "}");
}

static void put_value(RandomText *random, const FieldType *field, size_t depth) {
    if (field->message) {
        put_message(random, field, depth);
    } else {
        put_scalar(random, field);
    }
    put_maybe_blank(random);
}

static void put_entry_fields(RandomText *random, const MessageType *entry, size_t depth) {
    random_put(random, "key: ");
    put_key(random, &entry->fields[0]);
    random_put(random, " ");
    if (entry->fields[1].message || random_below(random, 4) > 0) {
        random_put(random, "value: ");
        put_value(random, &entry->fields[1], depth);
    }
}

/* -- fields -------------------------------------------------------------------------------------
 */

static const char *text_name(const FieldType *field) {
    return field->kind == FIELD_GROUP ? strrchr(field->message->name, '.') + 1 : field->name;
}

static void put_separator(RandomText *random) {
    static const char *const separators[] = {" ", "\n", ", ", ";", " ,\n"};
    put_one_of(random, separators, sizeof separators / sizeof *separators);
}

static void put_list(RandomText *random, const FieldType *field, size_t depth) {
    random_put(random, "[");
    put_maybe_blank(random);
    size_t n = random_below(random, 4);
    for (size_t i = 0; i < n; i++) {
        random_put(random, i > 0 ? ", " : "");
        put_value(random, field, depth);
    }
    random_put(random, "]");
}

static void put_field(RandomText *random, const FieldType *field, size_t depth) {
    random_put(random, text_name(field));
    put_maybe_blank(random);
    random_put(random, field->message && random_below(random, 2) ? "" : ":");
    put_maybe_blank(random);
    bool is_truth_map = field->message && field->message->is_map_entry &&
                        field->message->fields[0].kind == FIELD_BOOL;
    if (field->is_repeated && !is_truth_map && random_below(random, 2) == 0) {
        put_list(random, field, depth);
    } else {
        put_value(random, field, depth);
    }
    put_separator(random);
}

/* Times a field is written: singular ones once at most. */
static size_t n_occurrences(RandomText *random, const MessageType *type, const FieldType *field) {
    bool is_map = field->message && field->message->is_map_entry;
    if (random->is_plain && (is_map || is_any(field))) {
        return 0;
    }
    if (field->is_required) {
        return 1;
    }
    size_t n = random_below(random, type->n_fields < 8 ? 2 : 8) == 0;
    bool is_truth_map = is_map && field->message->fields[0].kind == FIELD_BOOL;
    return field->is_repeated && !is_truth_map ? n * (1 + random_below(random, 2)) : n;
}

void random_fields(RandomText *random, const MessageType *type, size_t depth) {
    size_t oneof_seen = 0; // bits; the test's messages have one each
    size_t start = random_below(random, type->n_fields);
    for (size_t i = 0; i < type->n_fields; i++) {
        const FieldType *field = &type->fields[(start + i) % type->n_fields];
        size_t n = n_occurrences(random, type, field);
        if (n > 0 && field->oneof >= 0) {
            n = oneof_seen >> field->oneof & 1 ? 0 : n;
            oneof_seen |= (size_t)1 << field->oneof;
        }
        for (; n > 0; n--) {
            put_field(random, field, depth);
        }
    }
    if (!random->is_plain && type->n_reserved_names > 0 && random_below(random, 4) == 0) {
        random_put(random, type->reserved_names[0]);
        random_put(random, ": [1, 'x'] ");
    }
}

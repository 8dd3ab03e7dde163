/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/suggest.h"
#include "manifest/text_encode.h"
#include "manifest/utf8.h"
#include "manifest/wire.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_PHRASE = 320, MAX_NAMED = 12 };

const char *text_field_name(const FieldType *field) {
    if (field->kind != FIELD_GROUP) {
        return field->name;
    }
    const char *dot = strrchr(field->message->name, '.');
    return dot ? dot + 1 : field->message->name;
}

/* -- messages about values ----------------------------------------------------------------------
 */

static void describe_enum(const EnumType *type, char *phrase) {
    size_t len = (size_t)snprintf(phrase, MAX_PHRASE, "one of ");
    size_t shown = type->n_values < MAX_NAMED ? type->n_values : MAX_NAMED;
    for (size_t i = 0; i < shown && len < MAX_PHRASE; i++) {
        len += (size_t)snprintf(phrase + len, MAX_PHRASE - len, "%s%s", i > 0 ? ", " : "",
                                type->values[i].name);
    }
    if (shown < type->n_values && len < MAX_PHRASE) {
        snprintf(phrase + len, MAX_PHRASE - len, ", ...");
    }
}

/* What the field takes. */
static void describe_field(const FieldType *field, char *phrase) {
    const char *fixed = NULL;
    switch (field->kind) {
    case FIELD_DOUBLE:
    case FIELD_FLOAT:
        fixed = "a decimal number";
        break;
    case FIELD_INT64:
    case FIELD_SFIXED64:
    case FIELD_SINT64:
        fixed = "a whole number from -9223372036854775808 to 9223372036854775807";
        break;
    case FIELD_UINT64:
    case FIELD_FIXED64:
        fixed = "a whole number from 0 to 18446744073709551615";
        break;
    case FIELD_INT32:
    case FIELD_SFIXED32:
    case FIELD_SINT32:
        fixed = "a whole number from -2147483648 to 2147483647";
        break;
    case FIELD_UINT32:
    case FIELD_FIXED32:
        fixed = "a whole number from 0 to 4294967295";
        break;
    case FIELD_BOOL:
        fixed = "true or false";
        break;
    case FIELD_STRING:
    case FIELD_BYTES:
        fixed = "a string in quotes";
        break;
    case FIELD_ENUM:
        describe_enum(field->enumeration, phrase);
        return;
    case FIELD_GROUP:
    case FIELD_MESSAGE:
        fixed = "a message: { ... }";
        break;
    }
    snprintf(phrase, MAX_PHRASE, "%s", fixed);
}

/* What was written. */
static void describe_value(const TextValue *value, char *phrase) {
    static const char *const prefixes[] = {[8] = "0", [10] = "", [16] = "0x"};
    int len = value->len > 40 ? 40 : (int)value->len;
    switch (value->kind) {
    case TEXT_EMPTY_LIST:
        snprintf(phrase, MAX_PHRASE, "a list");
        break;
    case TEXT_STRING:
        snprintf(phrase, MAX_PHRASE, "a string");
        break;
    case TEXT_MESSAGE:
        snprintf(phrase, MAX_PHRASE, "a message");
        break;
    case TEXT_BARE:
        snprintf(phrase, MAX_PHRASE, "what is given (%s)", value->text);
        break;
    case TEXT_INTEGER:
    case TEXT_FLOAT:
    case TEXT_WORD:
        snprintf(phrase, MAX_PHRASE, "%s%s%.*s", value->is_negative ? "-" : "",
                 value->kind == TEXT_INTEGER ? prefixes[value->base] : "", len, value->text);
        break;
    }
}

/* The enum value or truth value that the word may have meant, or NULL. */
static const char *nearest_word(const FieldType *field, const TextValue *value) {
    static const char *const truths[] = {"true", "false"};
    if (value->kind != TEXT_WORD) {
        return NULL;
    }
    if (field->kind == FIELD_BOOL) {
        return suggest_name(value->text, value->len, truths, 2);
    }
    if (field->kind != FIELD_ENUM) {
        return NULL;
    }
    const char *nearest = NULL;
    const EnumType *type = field->enumeration;
    const char **names = calloc(type->n_values, sizeof *names);
    for (size_t i = 0; names && i < type->n_values; i++) {
        names[i] = type->values[i].name;
    }
    if (names) {
        nearest = suggest_name(value->text, value->len, names, type->n_values);
    }
    free(names);
    return nearest;
}

EmendStatus text_wrong_value(const TextTree *tree, const FieldType *field, const TextValue *value,
                             EmendError *err) {
    char taken[MAX_PHRASE] = "", found[MAX_PHRASE] = "";
    describe_field(field, taken);
    describe_value(value, found);
    const char *nearest = nearest_word(field, value);
    return text_fail(tree, value->place, EMEND_INVALID_ARGUMENT, err, "%s takes %s, not %s%s%s%s",
                     text_field_name(field), taken, found, nearest ? "; did you mean " : "",
                     nearest ? nearest : "", nearest ? "?" : "");
}

/* -- numbers ------------------------------------------------------------------------------------
 */

/* The digits as a number; false where 64 bits do not hold it. */
static bool read_magnitude(const TextValue *value, uint64_t *magnitude) {
    uint64_t base = value->base;
    *magnitude = 0;
    for (size_t i = 0; i < value->len; i++) {
        char c = value->text[i];
        uint64_t digit = (uint64_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        if (*magnitude > (UINT64_MAX - digit) / base) {
            return false;
        }
        *magnitude = *magnitude * base + digit;
    }
    return true;
}

/* A whole number of at most `max`, or, negative, of at least -max - 1. */
static bool read_signed(const TextValue *value, uint64_t max, int64_t *number) {
    uint64_t magnitude = 0;
    if (value->kind != TEXT_INTEGER || !read_magnitude(value, &magnitude) ||
        magnitude > max + value->is_negative) {
        return false;
    }
    *number = (int64_t)(value->is_negative ? 0 - magnitude : magnitude);
    return true;
}

static bool read_unsigned(const TextValue *value, uint64_t max, uint64_t *number) {
    return value->kind == TEXT_INTEGER && !value->is_negative && read_magnitude(value, number) &&
           *number <= max;
}

static bool is_word(const TextValue *value, const char *word) {
    return value->kind == TEXT_WORD && value->len == strlen(word) &&
           strncmp(value->text, word, value->len) == 0;
}

static bool is_word_in_any_case(const TextValue *value, const char *word) {
    return value->kind == TEXT_WORD && value->len == strlen(word) &&
           strncasecmp(value->text, word, value->len) == 0;
}

/* Each precision is read from the digits, so that it is rounded once. */
static bool read_float(const TextValue *value, double *as_double, float *as_float) {
    bool is_decimal =
        value->kind == TEXT_FLOAT || (value->kind == TEXT_INTEGER && value->base == 10);
    if (is_decimal) {
        *as_double = strtod(value->text, NULL);
        *as_float = strtof(value->text, NULL);
    } else if (is_word_in_any_case(value, "inf") || is_word_in_any_case(value, "infinity")) {
        *as_double = INFINITY;
        *as_float = INFINITY;
    } else if (is_word_in_any_case(value, "nan")) {
        *as_double = NAN;
        *as_float = NAN;
    } else {
        return false;
    }
    if (value->is_negative) {
        *as_double = -*as_double;
        *as_float = -*as_float;
    }
    return true;
}

static bool read_bool(const TextValue *value, uint64_t *truth) {
    if (value->kind == TEXT_INTEGER) {
        return read_unsigned(value, 1, truth);
    }
    *truth = is_word(value, "true") || is_word(value, "True") || is_word(value, "t");
    return *truth || is_word(value, "false") || is_word(value, "False") || is_word(value, "f");
}

static bool read_enum(const EnumType *type, const TextValue *value, int64_t *number) {
    if (value->kind == TEXT_INTEGER && !read_signed(value, INT32_MAX, number)) {
        return false;
    }
    for (size_t i = 0; i < type->n_values; i++) {
        if (value->kind == TEXT_INTEGER
                ? type->values[i].number == *number
                : !value->is_negative && is_word(value, type->values[i].name)) {
            *number = type->values[i].number;
            return true;
        }
    }
    return value->kind == TEXT_INTEGER && type->is_open;
}

static uint64_t zigzag(int64_t number) {
    return (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
}

/* -- encoding -----------------------------------------------------------------------------------
 */

static bool put_float(const FieldType *field, const TextValue *value, WireBuffer *out,
                      bool *is_right) {
    double as_double = 0;
    float as_float = 0;
    uint64_t bits = 0;
    *is_right = read_float(value, &as_double, &as_float);
    if (field->kind == FIELD_DOUBLE) {
        memcpy(&bits, &as_double, sizeof as_double);
        return wire_put_fixed(out, bits, 8);
    }
    uint32_t narrow = 0;
    memcpy(&narrow, &as_float, sizeof narrow);
    return wire_put_fixed(out, narrow, 4);
}

/* Encodes a number, truth value or enum; false where memory is gone. */
static bool put_number(const FieldType *field, const TextValue *value, WireBuffer *out,
                       bool *is_right) {
    int64_t number = 0;
    uint64_t natural = 0;
    switch (field->kind) {
    case FIELD_DOUBLE:
    case FIELD_FLOAT:
        return put_float(field, value, out, is_right);
    case FIELD_INT64:
        *is_right = read_signed(value, INT64_MAX, &number);
        return wire_put_varint(out, (uint64_t)number);
    case FIELD_INT32:
        *is_right = read_signed(value, INT32_MAX, &number);
        return wire_put_varint(out, (uint64_t)number);
    case FIELD_SINT64:
        *is_right = read_signed(value, INT64_MAX, &number);
        return wire_put_varint(out, zigzag(number));
    case FIELD_SINT32:
        *is_right = read_signed(value, INT32_MAX, &number);
        return wire_put_varint(out, zigzag(number));
    case FIELD_SFIXED64:
        *is_right = read_signed(value, INT64_MAX, &number);
        return wire_put_fixed(out, (uint64_t)number, 8);
    case FIELD_SFIXED32:
        *is_right = read_signed(value, INT32_MAX, &number);
        return wire_put_fixed(out, (uint64_t)number, 4);
    case FIELD_UINT64:
        *is_right = read_unsigned(value, UINT64_MAX, &natural);
        return wire_put_varint(out, natural);
    case FIELD_UINT32:
        *is_right = read_unsigned(value, UINT32_MAX, &natural);
        return wire_put_varint(out, natural);
    case FIELD_FIXED64:
        *is_right = read_unsigned(value, UINT64_MAX, &natural);
        return wire_put_fixed(out, natural, 8);
    case FIELD_FIXED32:
        *is_right = read_unsigned(value, UINT32_MAX, &natural);
        return wire_put_fixed(out, natural, 4);
    case FIELD_BOOL:
        *is_right = read_bool(value, &natural);
        return wire_put_varint(out, natural);
    default:
        *is_right = read_enum(field->enumeration, value, &number);
        return wire_put_varint(out, (uint64_t)number);
    }
}

static EmendStatus encode_string(const TextTree *tree, const FieldType *field,
                                 const TextValue *value, WireBuffer *out, EmendError *err) {
    const char *text = value->text;
    size_t len = value->len;
    if (value->kind != TEXT_STRING) {
        if (!value->bare) {
            return text_wrong_value(tree, field, value, err);
        }
        text = value->bare;
        len = strlen(text);
    }
    if (field->kind == FIELD_STRING && utf8_valid_len(text, len) != len) {
        return text_fail(tree, value->place, EMEND_INVALID_ARGUMENT, err,
                         "%s is not UTF-8 once its escapes are read; it must be: write characters"
                         " as they are, or as \\u escapes",
                         field->name);
    }
    return wire_put_varint(out, len) && wire_put(out, text, len)
               ? EMEND_OK
               : text_tree_out_of_memory(tree, err);
}

EmendStatus text_scalar_encode(const TextTree *tree, const FieldType *field, const TextValue *value,
                               WireBuffer *out, EmendError *err) {
    if (field->kind == FIELD_STRING || field->kind == FIELD_BYTES) {
        return encode_string(tree, field, value, out, err);
    }
    bool is_right = false;
    if (!put_number(field, value, out, &is_right)) {
        return text_tree_out_of_memory(tree, err);
    }
    return is_right ? EMEND_OK : text_wrong_value(tree, field, value, err);
}

bool text_scalar_encode_zero(const FieldType *field, WireBuffer *out) {
    switch (wire_type_of(field->kind)) {
    case WIRE_FIXED64:
        return wire_put_fixed(out, 0, 8);
    case WIRE_FIXED32:
        return wire_put_fixed(out, 0, 4);
    default:
        return wire_put_varint(
            out, field->kind == FIELD_ENUM ? (uint64_t)field->enumeration->values[0].number : 0);
    }
}

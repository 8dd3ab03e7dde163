/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/text_print.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool format_special(double number, char *text) {
    if (isnan(number)) {
        strcpy(text, signbit(number) ? "-nan" : "nan");
        return true;
    }
    if (isinf(number)) {
        strcpy(text, number < 0 ? "-inf" : "inf");
        return true;
    }
    return false;
}

static void format_double(uint64_t bits, char *text) {
    double number = 0;
    memcpy(&number, &bits, sizeof number);
    if (format_special(number, text)) {
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, TEXT_NUMBER_BYTES, "%.*g", digits, number);
        if (strtod(text, NULL) == number) {
            return;
        }
    }
}

static void format_float(uint64_t bits, char *text) {
    uint32_t narrow = (uint32_t)bits;
    float number = 0;
    memcpy(&number, &narrow, sizeof number);
    if (format_special((double)number, text)) {
        return;
    }
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, TEXT_NUMBER_BYTES, "%.*g", digits, (double)number);
        if (strtof(text, NULL) == number) {
            return;
        }
    }
}

void text_format_number(FieldKind kind, uint64_t bits, char text[TEXT_NUMBER_BYTES]) {
    int64_t whole = (int64_t)bits;
    switch (kind) {
    case FIELD_DOUBLE:
        format_double(bits, text);
        return;
    case FIELD_FLOAT:
        format_float(bits, text);
        return;
    case FIELD_BOOL:
        strcpy(text, bits != 0 ? "true" : "false");
        return;
    case FIELD_UINT64:
    case FIELD_FIXED64:
        snprintf(text, TEXT_NUMBER_BYTES, "%" PRIu64, bits);
        return;
    case FIELD_UINT32:
    case FIELD_FIXED32:
        snprintf(text, TEXT_NUMBER_BYTES, "%" PRIu32, (uint32_t)bits);
        return;
    case FIELD_INT32:
    case FIELD_ENUM:
    case FIELD_SFIXED32:
        whole = (int32_t)(uint32_t)bits;
        break;
    case FIELD_SINT32:
        bits = (uint32_t)bits;
        whole = (int32_t)(uint32_t)(bits >> 1 ^ (0 - (bits & 1)));
        break;
    case FIELD_SINT64:
        whole = (int64_t)(bits >> 1 ^ (0 - (bits & 1)));
        break;
    default:
        break;
    }
    snprintf(text, TEXT_NUMBER_BYTES, "%" PRId64, whole);
}

size_t text_escape_byte(unsigned char byte, bool is_utf8, char out[8]) {
    static const char letters[] = "nrt\"\\", meanings[] = "\n\r\t\"\\";
    const char *meaning = byte == 0 ? NULL : strchr(meanings, byte);
    if (meaning) {
        out[0] = '\\';
        out[1] = letters[meaning - meanings];
        return 2;
    }
    if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !is_utf8)) {
        return (size_t)snprintf(out, 8, "\\%03o", byte);
    }
    out[0] = (char)byte;
    return 1;
}

/* The end of `word.word...` at `at`, or NULL. */
static const char *skip_dotted(const char *at) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char others[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    for (;;) {
        if (strspn(at, letters) == 0) {
            return NULL;
        }
        at += strspn(at, others);
        if (*at != '.') {
            return at;
        }
        at++;
    }
}

bool text_is_type_url(const char *url) {
    const char *slash = skip_dotted(url);
    if (!slash || *slash != '/') {
        return false;
    }
    const char *end = skip_dotted(slash + 1);
    return end && *end == '\0';
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"

#include <string.h>

enum { MAX_DIGITS = 18 }; // of each part, so that a mixed number stays below 2^127

typedef struct Cursor {
    const char *at, *end;
} Cursor;

static bool take(Cursor *cursor, const char *literal) {
    size_t n = strlen(literal);
    if ((size_t)(cursor->end - cursor->at) < n || memcmp(cursor->at, literal, n) != 0) {
        return false;
    }
    cursor->at += n;
    return true;
}

static int take_digits(Cursor *cursor, Integer *value) {
    int n = 0;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        if (*value > 0 || *cursor->at != '0') {
            n++;
        }
        if (n > MAX_DIGITS) {
            return -1;
        }
        *value = *value * 10 + (*cursor->at++ - '0');
    }
    return n;
}

static bool take_integer(Cursor *cursor, Integer *value) {
    const char *begin = cursor->at;
    *value = 0;
    return take_digits(cursor, value) >= 0 && cursor->at > begin;
}

static bool take_decimal(Cursor *cursor, Rational *out) {
    const char *begin = cursor->at;
    Integer value = 0, scale = 1;
    if (take_digits(cursor, &value) < 0) {
        return false;
    }
    bool has_digits = cursor->at > begin;
    if (take(cursor, ".")) {
        begin = cursor->at;
        if (take_digits(cursor, &value) < 0 || cursor->at - begin > MAX_DIGITS) {
            return false;
        }
        for (const char *digit = begin; digit < cursor->at; digit++) {
            scale *= 10;
        }
        has_digits = has_digits || cursor->at > begin;
    }
    *out = (Rational){value, scale};
    return has_digits;
}

static bool take_signed(Cursor *cursor, Integer *value) {
    bool is_negative = take(cursor, "-");
    if (!take_integer(cursor, value)) {
        return false;
    }
    *value = is_negative ? -*value : *value;
    return true;
}

static bool take_frac(Cursor *cursor, Rational *out) {
    return take(cursor, "\\frac{") && take_signed(cursor, &out->numerator) && take(cursor, "}{") &&
           take_signed(cursor, &out->denominator) && take(cursor, "}");
}

static bool take_unsigned(Cursor *cursor, Rational *out) {
    Rational part = {0, 1};
    if (cursor->at < cursor->end && *cursor->at == '\\') {
        return take_frac(cursor, out);
    }
    if (!take_decimal(cursor, out)) {
        return false;
    }
    if (cursor->at == cursor->end) {
        return true;
    }
    if (out->denominator != 1) {
        return false;
    }
    if (take(cursor, "/")) {
        return take_integer(cursor, &out->denominator);
    }
    // A mixed number: the fraction is proper, or it is a product.
    if (!take_frac(cursor, &part) || part.numerator < 0 || part.denominator <= part.numerator) {
        return false;
    }
    *out = (Rational){out->numerator * part.denominator + part.numerator, part.denominator};
    return true;
}

static Integer greatest_divisor(Integer a, Integer b) {
    while (b != 0) {
        Integer rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

bool number_read(EmendStr text, Rational *out) {
    Cursor cursor = {text.ptr, text.ptr + text.len};
    Rational number = {0, 1};
    bool is_negative = take(&cursor, "-");
    if (!take_unsigned(&cursor, &number) || cursor.at != cursor.end || number.denominator == 0) {
        return false;
    }
    Integer divisor = greatest_divisor(number.numerator, number.denominator);
    if ((number.denominator < 0) != is_negative) {
        divisor = -divisor; // brings the sign of the denominator and the sign in front together
    }
    number.numerator /= divisor;
    number.denominator /= divisor;
    if (number.denominator < 0) {
        number.denominator = -number.denominator;
    }
    *out = number;
    return true;
}

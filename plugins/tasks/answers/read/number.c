/* SPDX-License-Identifier: Apache-2.0 */
#include "read/parser.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_EXPONENT = 9999 };

static long read_exponent(EmendStr digits) {
    long exponent = 0;
    bool is_negative = digits.len > 0 && digits.ptr[0] == '-';
    uint64_t i = digits.len > 0 && (is_negative || digits.ptr[0] == '+') ? 1 : 0;
    for (; i < digits.len && exponent <= MAX_EXPONENT; i++) {
        exponent = exponent * 10 + (digits.ptr[i] - '0');
    }
    return is_negative ? -exponent : exponent;
}

static void multiply_by_power_of_ten(mpq_ptr value, long exponent) {
    mpz_t power;
    mpz_init(power);
    mpz_ui_pow_ui(power, 10, (unsigned long)labs(exponent));
    if (exponent >= 0) {
        mpz_mul(mpq_numref(value), mpq_numref(value), power);
    } else {
        mpz_mul(mpq_denref(value), mpq_denref(value), power);
    }
    mpz_clear(power);
    mpq_canonicalize(value);
}

// Digits without their point, as a text that GMP reads; how many stood behind it.
static char *join_digits(Work *work, EmendStr digits, uint64_t *n_behind, EmendStr *exponent) {
    char *joined = work_alloc(work, digits.len + 2);
    uint64_t n = 0, at = 0;
    bool is_behind = false;
    *n_behind = 0;
    *exponent = (EmendStr){NULL, 0};
    for (; joined && at < digits.len && digits.ptr[at] != 'e' && digits.ptr[at] != 'E'; at++) {
        if (digits.ptr[at] == '.') {
            is_behind = true;
        } else {
            joined[n++] = digits.ptr[at];
            *n_behind += is_behind;
        }
    }
    if (at < digits.len) {
        *exponent = str_skip(digits, at + 1);
    }
    if (joined && n == 0) {
        joined[0] = '0';
    }
    return joined;
}

bool number_read(Work *work, EmendStr digits, mpq_ptr value, uint32_t *n_decimals) {
    uint64_t n_behind = 0;
    EmendStr exponent_digits;
    // Most are short integers.
    if (digits.len <= 18 && !memchr(digits.ptr, '.', digits.len) &&
        !memchr(digits.ptr, 'e', digits.len) && !memchr(digits.ptr, 'E', digits.len)) {
        unsigned long n = 0;
        for (uint64_t i = 0; i < digits.len; i++) {
            n = n * 10 + (unsigned long)(digits.ptr[i] - '0');
        }
        mpq_set_ui(value, n, 1);
        *n_decimals = 0;
        return true;
    }
    char *joined = join_digits(work, digits, &n_behind, &exponent_digits);
    if (!joined || !work_spend(work, digits.len * 40)) {
        return false;
    }
    long exponent = read_exponent(exponent_digits);
    if (labs(exponent) > MAX_EXPONENT) {
        return work_fail(work, "the exponent of a number is above %d", MAX_EXPONENT);
    }
    if (mpz_set_str(mpq_numref(value), joined, 10) != 0) {
        return work_fail(work, "a number cannot be read");
    }
    mpz_set_ui(mpq_denref(value), 1);
    multiply_by_power_of_ten(value, exponent - (long)n_behind);
    *n_decimals = n_behind > 0 ? (uint32_t)n_behind + 1 : 0;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/utf8.h"

/* Bytes of the code point at `p`, or 0. `left` is at least 1. */
static size_t sequence_len(const unsigned char *p, size_t left) {
    if (p[0] < 0x80) {
        return 1;
    }
    size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || left < n) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    int is_overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
    int is_surrogate = p[0] == 0xED && p[1] >= 0xA0;
    int is_too_large = p[0] == 0xF4 && p[1] >= 0x90;
    return is_overlong || is_surrogate || is_too_large ? 0 : n;
}

size_t utf8_valid_len(const char *text, size_t len) {
    size_t at = 0;
    while (at < len) {
        size_t n = sequence_len((const unsigned char *)text + at, len - at);
        if (n == 0) {
            return at;
        }
        at += n;
    }
    return len;
}

size_t utf8_put(uint32_t code_point, char out[4]) {
    if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) {
        return 0;
    }
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    size_t n = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    out[0] = (char)(lead[n] | code_point);
    return n;
}

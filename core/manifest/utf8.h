/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_UTF8_H
#define MANIFEST_UTF8_H
/* UTF-8, as Unicode defines it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#include <stddef.h>
#include <stdint.h>

/* Bytes from the start that are valid; `len` where all are. */
size_t utf8_valid_len(const char *text, size_t len);
/* Writes one code point, 1 to 4 bytes, and returns their number; 0 for a surrogate or a number that
 * is too large. */
size_t utf8_put(uint32_t code_point, char out[4]);

#endif

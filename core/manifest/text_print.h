/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_TEXT_PRINT_H
#define MANIFEST_TEXT_PRINT_H
/* How single values look in canonical text. */
#include "manifest/descriptors.h"

enum { TEXT_NUMBER_BYTES = 40 };

/* A number or truth value of a kind, from the bits it has on the wire: of doubles and floats the
 * fewest digits that read back. */
void text_format_number(FieldKind kind, uint64_t bits, char text[TEXT_NUMBER_BYTES]);

/* A byte of a string literal, escaped where it must be, and its length. Bytes above 127 stand for
 * themselves in UTF-8 text and are escaped otherwise. */
size_t text_escape_byte(unsigned char byte, bool is_utf8, char out[8]);

/* True for `domain.words/pkg.Type`, which may stand in the brackets of an expanded Any. */
bool text_is_type_url(const char *url);

#endif

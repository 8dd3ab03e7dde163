/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RECORD_H
#define RECORD_H
/* TFRecord, the framing of TensorBoard's files. A record of n bytes is
 *
 *   uint64 n | uint32 masked CRC of these 8 bytes | n bytes | uint32 masked CRC of the n bytes
 *
 * little-endian, each CRC being CRC-32C, rotated right by 15 bits, plus 0xa282ead8. */
#include <stddef.h>
#include <stdint.h>

enum { RECORD_HEAD_BYTES = 12, RECORD_TAIL_BYTES = 4 };

uint32_t record_masked_crc(const void *data, size_t len);
/* What goes before and behind the bytes of a record. */
void record_head(uint64_t len, uint8_t out[RECORD_HEAD_BYTES]);
void record_tail(const void *data, size_t len, uint8_t out[RECORD_TAIL_BYTES]);
/* The length in a head; UINT64_MAX where its CRC says that it is none. */
uint64_t record_length(const uint8_t head[RECORD_HEAD_BYTES]);

#endif

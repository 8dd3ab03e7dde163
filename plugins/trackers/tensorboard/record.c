/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

// CRC-32C (Castagnoli), half a byte at a time.
static uint32_t crc32c(const void *data, size_t len) {
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
                                       0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
                                       0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    const uint8_t *bytes = data;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static void put(uint64_t value, size_t n_bytes, uint8_t *out) {
    for (size_t i = 0; i < n_bytes; i++) {
        out[i] = (uint8_t)(value >> 8 * i);
    }
}

static uint64_t get(const uint8_t *bytes, size_t n_bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < n_bytes; i++) {
        value |= (uint64_t)bytes[i] << 8 * i;
    }
    return value;
}

uint32_t record_masked_crc(const void *data, size_t len) {
    uint32_t crc = crc32c(data, len);
    return (crc >> 15 | crc << 17) + 0xa282ead8;
}

void record_head(uint64_t len, uint8_t out[RECORD_HEAD_BYTES]) {
    put(len, 8, out);
    put(record_masked_crc(out, 8), 4, out + 8);
}

void record_tail(const void *data, size_t len, uint8_t out[RECORD_TAIL_BYTES]) {
    put(record_masked_crc(data, len), 4, out);
}

uint64_t record_length(const uint8_t head[RECORD_HEAD_BYTES]) {
    return get(head + 8, 4) == record_masked_crc(head, 8) ? get(head, 8) : UINT64_MAX;
}

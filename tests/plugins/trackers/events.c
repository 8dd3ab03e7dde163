/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

// Bit by bit, as the polynomial is written: x^32 + x^28 + x^27 + ... + 1, lowest bit first.
static uint32_t masked_crc(const uint8_t *bytes, size_t len) {
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < 8 * len; i++) {
        uint32_t bit = (bytes[i / 8] >> i % 8 & 1u) ^ (crc & 1u);
        crc = crc >> 1 ^ (bit ? 0x82f63b78u : 0);
    }
    crc = ~crc;
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

static uint32_t number(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

// The bytes of one event, at most so many; 0: there is none.
static size_t read_one(const uint8_t *bytes, size_t len, Event **out) {
    if (len < 16 || number(bytes + 8) != masked_crc(bytes, 8) || number(bytes + 4) != 0) {
        return 0;
    }
    size_t n = number(bytes);
    if (n > len - 16 || number(bytes + 12 + n) != masked_crc(bytes + 12, n)) {
        return 0;
    }
    *out = emend__trackers__tensorboard__event__unpack(NULL, n, bytes + 12);
    ck_assert_ptr_nonnull(*out);
    return n + 16;
}

Events events_read(const char *path) {
    static uint8_t bytes[1 << 20];
    Events events = {0};
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s is there", path);
    size_t len = fread(bytes, 1, sizeof bytes, file), n = 0;
    fclose(file);
    for (size_t at = 0; at < len; at += n) {
        ck_assert_uint_lt(events.n, EVENTS_MOST);
        n = read_one(bytes + at, len - at, &events.items[events.n]);
        if (n == 0) {
            events.is_torn = true;
            break;
        }
        events.n++;
    }
    return events;
}

void events_finish(Events *events) {
    for (size_t i = 0; i < events->n; i++) {
        emend__trackers__tensorboard__event__free_unpacked(events->items[i], NULL);
    }
    *events = (Events){0};
}

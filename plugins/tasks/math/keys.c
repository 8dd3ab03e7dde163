/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"

#include <string.h>

struct KeySlot {
    EmendStr text; /* ptr NULL: empty */
    uint64_t hash, value;
};

// FNV-1a, and the end of MurmurHash3 so that all bits count.
uint64_t str_hash(EmendStr text) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (uint64_t i = 0; i < text.len; i++) {
        hash = (hash ^ (unsigned char)text.ptr[i]) * 0x100000001B3u;
    }
    hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDu;
    hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53u;
    return hash ^ (hash >> 33);
}

EmendStatus keys_init(const EmendHost *host, uint64_t n, Keys *out, EmendError *err) {
    uint64_t n_slots = 16;
    while (n_slots < 2 * n) {
        n_slots *= 2;
    }
    struct KeySlot *slots = host->alloc(host, n_slots * sizeof *slots, 0);
    if (!slots) {
        return emend_fail(err, EMEND_EXHAUSTED, "math: no memory to compare %llu texts",
                          (unsigned long long)n);
    }
    memset(slots, 0, n_slots * sizeof *slots);
    *out = (Keys){host, slots, n_slots};
    return EMEND_OK;
}

void keys_finish(Keys *keys) {
    if (keys->host) {
        keys->host->free(keys->host, keys->slots);
    }
    *keys = (Keys){0};
}

// The slot of a key: its own, or the empty one where it would go. The table is never full.
static struct KeySlot *find(const Keys *keys, EmendStr text, uint64_t hash) {
    uint64_t at = hash & (keys->n_slots - 1);
    for (;; at = (at + 1) & (keys->n_slots - 1)) {
        struct KeySlot *slot = &keys->slots[at];
        if (!slot->text.ptr || (slot->hash == hash && slot->text.len == text.len &&
                                memcmp(slot->text.ptr, text.ptr, text.len) == 0)) {
            return slot;
        }
    }
}

uint64_t keys_put(Keys *keys, EmendStr text, uint64_t value) {
    uint64_t hash = str_hash(text);
    struct KeySlot *slot = find(keys, text, hash);
    if (!slot->text.ptr) {
        *slot = (struct KeySlot){text, hash, value};
    }
    return slot->value;
}

uint64_t keys_get(const Keys *keys, EmendStr text, uint64_t none) {
    const struct KeySlot *slot = find(keys, text, str_hash(text));
    return slot->text.ptr ? slot->value : none;
}

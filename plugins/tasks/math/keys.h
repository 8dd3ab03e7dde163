/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MATH_KEYS_H
#define MATH_KEYS_H
/* Texts to numbers: a hash table. */
#include "emend/data.h"
#include "emend/host.h"
#include "emend/status.h"

typedef struct Keys {
    const EmendHost *host;
    struct KeySlot *slots;
    uint64_t n_slots; /* a power of two */
} Keys;

/* An empty table with room for n keys; *out is the caller's until keys_finish(). */
EmendStatus keys_init(const EmendHost *host, uint64_t n, Keys *out, EmendError *err);
void keys_finish(Keys *keys);

/* The number at a key, which is `value` from now on where it had none. The text is borrowed. */
uint64_t keys_put(Keys *keys, EmendStr text, uint64_t value);
/* The number at a key, or `none`. */
uint64_t keys_get(const Keys *keys, EmendStr text, uint64_t none);

/* A text's hash, the same on every machine. */
uint64_t str_hash(EmendStr text);

#endif

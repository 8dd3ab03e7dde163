/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_ODD_CONFIGS_H
#define CHECK_ODD_CONFIGS_H
/* Configs that a host's check would never let through, and some that it would: for each field of
 * the config's message, nested ones too, what lies at the edges of its type and beyond. */
#include "manifest/descriptors.h"

typedef struct OddConfig {
    EmendBytes bytes;
    bool is_malformed; /* no reader of protobuf can make sense of it */
    const char *field; /* the one it is about, by its name alone; NULL: none */
    const char *what;  /* "field `weight`: not a number" */
} OddConfig;

/* Returns false to end the walk. */
typedef bool (*OddConfigVisit)(void *ctx, const OddConfig *odd);

/* Visits each, on top of the config `base`, until one visit returns false. Returns false where
 * memory is gone. */
bool odd_configs_each(const MessageType *type, EmendBytes base, OddConfigVisit visit, void *ctx);

/* A config drawn at random: bytes, or a changed `base`, or fields of the type (may be NULL) with
 * random values. *out is malloc'd, NULL where memory is gone. `state` is the seed, and moves on. */
uint8_t *odd_config_draw(const MessageType *type, EmendBytes base, uint64_t *state, size_t *len);

#endif

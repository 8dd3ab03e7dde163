/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MANIFEST_RANDOM_TEXT_H
#define TESTS_MANIFEST_RANDOM_TEXT_H
/* Random messages as text, written in every way the format allows. */
#include "manifest/descriptors.h"

typedef struct RandomText {
    uint64_t state;
    char *text; /* malloc'd, NUL-terminated; the caller's */
    size_t len, capacity;
    uint64_t next_key; /* map keys never repeat, which protoc would not bear */
    bool is_plain;     /* no reserved names, no Any, no maps: where protoc has ways of its own */
} RandomText;

uint64_t random_next(RandomText *random);
/* Below n, which is not 0. */
size_t random_below(RandomText *random, size_t n);
/* Appends characters. */
void random_put(RandomText *random, const char *text);
/* Appends the fields of a message, nested at most `depth` deep. */
void random_fields(RandomText *random, const MessageType *type, size_t depth);

#endif

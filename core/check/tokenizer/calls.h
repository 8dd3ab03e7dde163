/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_TOKENIZER_CALLS_H
#define CHECK_TOKENIZER_CALLS_H
/* The tokenizer under test, its calls in guarded memory, and texts to try it on. */
#include "check/instance.h"
#include "check/puts.h"
#include "emend/tokenizer.h"

/* Of a component that does not give each text back as it was, one that normalises say. */
#define LOSSY "lossy"

static inline const EmendTokenizer *tokenizer_of(const Instance *tokenizer) {
    return tokenizer->table;
}

/* Loads the folder that the golden example names, if any. False: the kit was told. */
bool tokenizer_load_example(Instance *tokenizer);

/* Ids in memory that ends where they end. */
typedef struct Ids {
    int32_t *at;
    uint64_t n;
} Ids;

EmendStatus tokenizer_try_encode(Instance *tokenizer, EmendStr text, uint32_t flags, Ids *ids,
                                 uint64_t capacity);
/* Whether the vocabulary can express the text; its ids. A refusal in words is no failure. */
bool tokenizer_encode(Instance *tokenizer, EmendStr text, uint32_t flags, Ids *ids);
EmendStatus tokenizer_try_decode(Instance *tokenizer, const int32_t *ids, uint64_t n,
                                 uint32_t flags, Puts *out);
/* The text of ids, all that was put under field 0 together; malloc'd. NULL: the kit was told. */
char *tokenizer_decode(Instance *tokenizer, const int32_t *ids, uint64_t n, uint32_t flags,
                       uint64_t *len);

typedef struct Text {
    const char *name, *bytes;
    uint64_t len;
} Text;

enum { N_TEXTS = 12 };
/* Valid UTF-8, all of it. */
extern const Text tokenizer_texts[N_TEXTS];

#define TEXT(NAME, BYTES)                                                                          \
    { (NAME), (BYTES), sizeof(BYTES) - 1 }

#endif

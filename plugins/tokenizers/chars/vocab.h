/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHARS_VOCAB_H
#define CHARS_VOCAB_H
/* The vocabulary: what its tokens are, and which of them a text goes on with. */
#include "emend/data.h"
#include "emend/host.h"
#include "emend/status.h"
#include <stdbool.h>

/* What a vocabulary is made from. Borrowed. */
typedef struct VocabSpec {
    bool is_bytes;
    const char *alphabet; /* NULL: newline and printable ASCII; NULL where is_bytes */
    char *const *pieces;
    size_t n_pieces;
    char *const *extra_specials;
    size_t n_extra_specials;
} VocabSpec;

typedef struct Vocab {
    const EmendHost *host;
    EmendStr *tokens; /* by id: specials, pieces, characters */
    uint32_t n_tokens, n_specials, n_pieces;
    bool is_bytes;
    char *bytes;            /* of all tokens */
    uint32_t *order;        /* ids by first byte, specials apart from the rest, the longest first */
    uint32_t ordinary[257]; /* where a byte's ordinary tokens begin in `order` */
    uint32_t special[257];  /* where its special tokens begin */
} Vocab;

/* Builds a vocabulary; it is finished by vocab_finish(). A spec that cannot be right is
 * EMEND_INVALID_ARGUMENT and the message names the field. On failure *out is zeroed. */
EmendStatus vocab_init(const EmendHost *host, const VocabSpec *spec, Vocab *out, EmendError *err);
void vocab_finish(Vocab *vocab);

/* The id of the longest token that `text` begins with, or -1. Specials are looked at first, and
 * only where with_specials. */
int32_t vocab_match(const Vocab *vocab, EmendStr text, bool with_specials);

/* Says in err where two vocabularies differ and returns EMEND_INVALID_ARGUMENT; EMEND_OK where they
 * do not. `place` begins the message. */
EmendStatus vocab_check_equal(const Vocab *configured, const Vocab *saved, const char *place,
                              EmendError *err);

/* Bytes of the well-formed UTF-8 character that text begins with; 0 where there is none. */
size_t utf8_length(EmendStr text);

#endif

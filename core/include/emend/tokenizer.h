/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_TOKENIZER_H
#define EMEND_TOKENIZER_H
/* Kind "emend.tokenizer/1": text to token ids and back. */
#include "emend/data.h"
#include "emend/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EMEND_KIND_TOKENIZER "emend.tokenizer/1"

/* Recognise the text of special tokens ("<|end|>"). Only templates set it: text from a data set or
 * a model is encoded without, so it can never forge a role. */
#define EMEND_ENCODE_SPECIAL 1u

typedef struct EmendTokenizer {
    uint32_t struct_size;
    uint32_t flags;

    /* Loads what a model folder holds (tokenizer.json, ...). Called once before any other call
     * where the policy comes from a folder. (optional: a tokenizer that needs no files.) [control]
     */
    EmendStatus (*load)(void *self, EmendStr dir, EmendError *err);
    /* Writes the files that `load` reads into a folder, so that an exported policy is whole.
     * (optional) [control] */
    EmendStatus (*save)(void *self, EmendStr dir, EmendError *err);
    /* Number of ids; every id is below it. [any] */
    uint32_t (*vocab_size)(void *self);
    /* Text to ids.
     *
     * flags    EMEND_ENCODE_*
     * ids      out, at most `capacity` of them; may be NULL with capacity 0
     * n        out: how many the text has, also where that is more than capacity
     *
     * A byte sequence the vocabulary cannot express is EMEND_INVALID_ARGUMENT and the message says
     * where. [worker] */
    EmendStatus (*encode)(void *self, EmendStr text, uint32_t flags, int32_t *ids,
                          uint64_t capacity, uint64_t *n, EmendError *err);
    /* Ids to text, into the sink under field 0. Special tokens are written out as their text where
     * flags has EMEND_ENCODE_SPECIAL and left out otherwise. An id outside the vocabulary is
     * EMEND_OUT_OF_RANGE. [worker] */
    EmendStatus (*decode)(void *self, const int32_t *ids, uint64_t n, uint32_t flags,
                          const EmendSink *text, EmendError *err);
} EmendTokenizer;

EMEND_STATIC_ASSERT(sizeof(EmendTokenizer) == EMEND_END_OF(EmendTokenizer, decode),
                    "no tail padding");
EMEND_STATIC_ASSERT(sizeof(EmendTokenizer) == 48, "layout of revision 1");

#ifdef __cplusplus
}
#endif
#endif

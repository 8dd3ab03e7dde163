/* SPDX-License-Identifier: Apache-2.0 */
#include "emend/tokenizer.h"
#include "plugin/guard/tables.h"

static const EmendTokenizer *theirs(const Guarded *who) {
    return who->table;
}

static EmendStatus guarded_load(void *self, EmendStr dir, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "load", err, theirs(who)->load(who->self, dir, err));
}

static EmendStatus guarded_save(void *self, EmendStr dir, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "save", err, theirs(who)->save(who->self, dir, err));
}

static EmendStatus guarded_encode(void *self, EmendStr text, uint32_t flags, int32_t *ids,
                                  uint64_t capacity, uint64_t *n, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_WORKER, "encode", err,
                 theirs(who)->encode(who->self, text, flags, ids, capacity, n, err));
}

static EmendStatus guarded_decode(void *self, const int32_t *ids, uint64_t n, uint32_t flags,
                                  const EmendSink *text, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_WORKER, "decode", err,
                 theirs(who)->decode(who->self, ids, n, flags, text, err));
}

static EmendStatus count_ids(Guarded *who, uint32_t *n) {
    GUARD_RETURN(who, GUARD_ANY, "vocab_size", NULL,
                 (*n = theirs(who)->vocab_size(who->self), EMEND_OK));
}

static uint32_t guarded_vocab_size(void *self) {
    uint32_t n = 0;
    return count_ids(self, &n) == EMEND_OK ? n : 0;
}

const EmendTokenizer guarded_tokenizer = {
    .struct_size = sizeof(EmendTokenizer),
    .load = guarded_load,
    .save = guarded_save,
    .encode = guarded_encode,
    .decode = guarded_decode,
    .vocab_size = guarded_vocab_size,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Special tokens. */
#include "check/tokenizer/calls.h"
#include "check/tokenizer/tests.h"
#include <stdlib.h>
#include <string.h>

enum { SPECIALS_MAX = 4096 };

static bool is_among(int32_t id, const int32_t *ids, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* The ids that decode to text only with EMEND_ENCODE_SPECIAL. */
static size_t find_specials(Instance *tokenizer, int32_t *specials) {
    uint32_t vocab = tokenizer_of(tokenizer)->vocab_size(tokenizer->self);
    size_t n = 0;
    for (uint32_t id = 0; id < vocab && n < SPECIALS_MAX && !kit_is_over(tokenizer->kit); id++) {
        const EmendTokenizer *table = tokenizer_of(tokenizer);
        const int32_t one = (int32_t)id;
        Puts plain, special;
        EmendSink plain_sink = puts_sink(tokenizer->kit, &plain);
        EmendSink special_sink = puts_sink(tokenizer->kit, &special);
        EmendError *err = instance_err(tokenizer);
        if (table->decode(tokenizer->self, &one, 1, 0, &plain_sink, err) == EMEND_OK &&
            table->decode(tokenizer->self, &one, 1, EMEND_ENCODE_SPECIAL, &special_sink, err) ==
                EMEND_OK &&
            puts_text(&plain, 0).len == 0 && puts_text(&special, 0).len > 0) {
            specials[n++] = one;
        }
        puts_finish(&plain);
        puts_finish(&special);
    }
    return n;
}

static void check_special(Instance *tokenizer, int32_t id, const int32_t *specials, size_t n) {
    uint64_t len = 0;
    Ids ids;
    char *text = tokenizer_decode(tokenizer, &id, 1, EMEND_ENCODE_SPECIAL, &len);
    EmendStr str = {text, len};
    if (text && tokenizer_encode(tokenizer, str, EMEND_ENCODE_SPECIAL, &ids) &&
        (ids.n != 1 || ids.at[0] != id)) {
        kit_fail(tokenizer->kit, "recognise the text of special tokens with EMEND_ENCODE_SPECIAL",
                 "special token %d is written \"%s\", and that is encoded as %llu ids, the first "
                 "%d; with EMEND_ENCODE_SPECIAL it must be the token",
                 id, text, (unsigned long long)ids.n, ids.n > 0 ? ids.at[0] : -1);
    }
    if (text && !kit_is_over(tokenizer->kit) && tokenizer_encode(tokenizer, str, 0, &ids)) {
        for (uint64_t k = 0; k < ids.n && !kit_is_over(tokenizer->kit); k++) {
            if (is_among(ids.at[k], specials, n)) {
                kit_fail(tokenizer->kit, "look for special tokens with EMEND_ENCODE_SPECIAL alone",
                         "the text \"%s\" becomes special token %d without EMEND_ENCODE_SPECIAL; "
                         "text from data must never make one",
                         text, ids.at[k]);
            }
        }
    }
    free(text);
}

static void specials(Instance *tokenizer) {
    if (!tokenizer_load_example(tokenizer)) {
        return;
    }
    int32_t *found = calloc(SPECIALS_MAX, sizeof *found);
    size_t n = found ? find_specials(tokenizer, found) : 0;
    for (size_t i = 0; i < n && !kit_is_over(tokenizer->kit); i++) {
        check_special(tokenizer, found[i], found, n);
    }
    if (n == 0 && !kit_is_over(tokenizer->kit)) {
        kit_warn(tokenizer->kit, "it has no special tokens; a chat template needs some to mark "
                                 "turns and their end");
    }
    free(found);
}

void tokenizer_test_specials(Kit *kit) {
    instance_each(kit, specials);
}

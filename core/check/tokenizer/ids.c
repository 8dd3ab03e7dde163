/* SPDX-License-Identifier: Apache-2.0 */
/* Ids: their range, their number, any of them. */
#include "check/random.h"
#include "check/tokenizer/calls.h"
#include "check/tokenizer/tests.h"
#include "manifest/utf8.h"
#include <stdlib.h>
#include <string.h>

enum { N_RANDOM = 64 };

static void ids_in_vocabulary(Instance *tokenizer) {
    if (!tokenizer_load_example(tokenizer)) {
        return;
    }
    uint32_t vocab = tokenizer_of(tokenizer)->vocab_size(tokenizer->self);
    if (vocab == 0 || vocab > INT32_MAX) {
        kit_fail(tokenizer->kit, "return the number of ids", "vocab_size is %u; it must be 1 to %d",
                 vocab, INT32_MAX);
    }
    for (size_t i = 0; i < N_TEXTS && !kit_is_over(tokenizer->kit); i++) {
        Ids ids;
        bool is_encoded = tokenizer_encode(
            tokenizer, (EmendStr){tokenizer_texts[i].bytes, tokenizer_texts[i].len}, 0, &ids);
        for (uint64_t k = 0; is_encoded && k < ids.n && !kit_is_over(tokenizer->kit); k++) {
            if (ids.at[k] < 0 || (uint32_t)ids.at[k] >= vocab) {
                kit_fail(tokenizer->kit, "count every id in vocab_size, special ones too",
                         "id %llu of %s is %d; vocab_size is %u, and every id is below it",
                         (unsigned long long)k, tokenizer_texts[i].name, ids.at[k], vocab);
            }
        }
    }
}

void tokenizer_test_ids(Kit *kit) {
    instance_each(kit, ids_in_vocabulary);
}

static void check_capacity(Instance *tokenizer, EmendStr text, const Ids *whole,
                           uint64_t capacity) {
    Ids some;
    EmendStatus status = tokenizer_try_encode(tokenizer, text, 0, &some, capacity);
    if (!instance_ok(tokenizer, "encode into a short buffer", status)) {
        return;
    }
    if (some.n != whole->n) {
        kit_fail(
            tokenizer->kit, "set n to how many the text has, also where that is more than fits",
            "with room for %llu ids n is %llu; the text has %llu", (unsigned long long)capacity,
            (unsigned long long)some.n, (unsigned long long)whole->n);
    } else if (memcmp(some.at, whole->at, capacity * sizeof *some.at) != 0) {
        kit_fail(tokenizer->kit, "write the first `capacity` ids of the text",
                 "with room for %llu ids others are written than the text's first",
                 (unsigned long long)capacity);
    }
}

static void short_buffers(Instance *tokenizer) {
    if (!tokenizer_load_example(tokenizer)) {
        return;
    }
    for (size_t i = 0; i < N_TEXTS && !kit_is_over(tokenizer->kit); i++) {
        EmendStr text = {tokenizer_texts[i].bytes, tokenizer_texts[i].len};
        Ids whole;
        uint64_t n = 0;
        if (!tokenizer_encode(tokenizer, text, 0, &whole)) {
            continue;
        }
        for (uint64_t capacity = 0; capacity < whole.n && !kit_is_over(tokenizer->kit);
             capacity += 1 + capacity) {
            check_capacity(tokenizer, text, &whole, capacity);
        }
        EmendStatus status = tokenizer_of(tokenizer)->encode(tokenizer->self, text, 0, NULL, 0, &n,
                                                             instance_err(tokenizer));
        if (!kit_is_over(tokenizer->kit) && instance_ok(tokenizer, "encode into NULL", status) &&
            n != whole.n) {
            kit_fail(tokenizer->kit, "set n to how many ids the text has",
                     "with NULL and capacity 0 n is %llu; the text has %llu", (unsigned long long)n,
                     (unsigned long long)whole.n);
        }
    }
}

void tokenizer_test_short_buffers(Kit *kit) {
    instance_each(kit, short_buffers);
}

static void out_of_range(Instance *tokenizer) {
    if (!tokenizer_load_example(tokenizer)) {
        return;
    }
    uint32_t vocab = tokenizer_of(tokenizer)->vocab_size(tokenizer->self);
    const int32_t bad[] = {-1, (int32_t)vocab, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof bad / sizeof *bad && !kit_is_over(tokenizer->kit); i++) {
        const int32_t ids[] = {0, bad[i]};
        Puts puts;
        EmendStatus status = tokenizer_try_decode(tokenizer, ids, 2, EMEND_ENCODE_SPECIAL, &puts);
        if (subject_refused(tokenizer->subject, "decode of an id outside the vocabulary", status) &&
            status != EMEND_OUT_OF_RANGE) {
            kit_fail(tokenizer->kit, "return EMEND_OUT_OF_RANGE",
                     "decode of id %d is %s; outside the vocabulary it must be OUT_OF_RANGE",
                     bad[i], emend_status_name(status));
        }
        puts_finish(&puts);
    }
}

void tokenizer_test_out_of_range(Kit *kit) {
    instance_each(kit, out_of_range);
}

/* Any ids decode, to UTF-8: a policy samples what it likes. */
static void random_ids(Instance *tokenizer) {
    if (!tokenizer_load_example(tokenizer)) {
        return;
    }
    uint64_t random = kit_seed(tokenizer->kit);
    uint32_t vocab = tokenizer_of(tokenizer)->vocab_size(tokenizer->self);
    for (int i = 0; i < N_RANDOM && !kit_is_over(tokenizer->kit); i++) {
        int32_t ids[N_RANDOM];
        uint64_t len = 0;
        for (int k = 0; k < i; k++) {
            ids[k] = (int32_t)check_below(&random, vocab);
        }
        char *text = tokenizer_decode(tokenizer, ids, (uint64_t)i,
                                      i % 2 == 0 ? 0 : EMEND_ENCODE_SPECIAL, &len);
        if (text && utf8_valid_len(text, len) != len) {
            kit_fail(tokenizer->kit, "put U+FFFD where the ids' bytes do not make a character",
                     "%d ids drawn at random decode to text that is not UTF-8; text must be", i);
        }
        free(text);
    }
}

void tokenizer_test_random_ids(Kit *kit) {
    instance_each(kit, random_ids);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Text there and back. */
#include "check/tokenizer/calls.h"
#include "check/tokenizer/tests.h"
#include "manifest/utf8.h"
#include <stdlib.h>
#include <string.h>

enum { LONG_TEXT = 1 << 20 };

static const Text broken_texts[] = {
    TEXT("a byte of 0xFF", "a\xFFz"),    TEXT("half a character", "a\xE6\xBC"),
    TEXT("a lone continuation", "\x80"), TEXT("an overlong slash", "\xC0\xAF"),
    TEXT("a surrogate", "\xED\xA0\x80"), TEXT("a code point past the last", "\xF4\x90\x80\x80"),
};

static void check_round_trip(Instance *tokenizer, EmendStr text, const char *name) {
    Ids ids;
    uint64_t len = 0;
    if (!tokenizer_encode(tokenizer, text, 0, &ids)) {
        return;
    }
    char *back = tokenizer_decode(tokenizer, ids.at, ids.n, 0, &len);
    if (back && (len != text.len || memcmp(back, text.ptr, len) != 0)) {
        kit_fail(tokenizer->kit,
                 "give back every byte that was encoded, or declare the capability \"" LOSSY
                 "\" in the manifest",
                 "%s of %llu bytes becomes %llu ids and then %llu other bytes; it must be the same "
                 "text",
                 name, (unsigned long long)text.len, (unsigned long long)ids.n,
                 (unsigned long long)len);
    }
    free(back);
}

static void round_trips(Instance *tokenizer) {
    if (!tokenizer_load_example(tokenizer)) {
        return;
    }
    for (size_t i = 0; i < N_TEXTS && !kit_is_over(tokenizer->kit); i++) {
        check_round_trip(tokenizer, (EmendStr){tokenizer_texts[i].bytes, tokenizer_texts[i].len},
                         tokenizer_texts[i].name);
    }
}

void tokenizer_test_round_trip(Kit *kit) {
    if (instance_declares(kit, LOSSY)) {
        kit_skip(kit, "its manifest declares the capability \"" LOSSY "\"");
        return;
    }
    instance_each(kit, round_trips);
}

static void long_text(Instance *tokenizer) {
    if (!tokenizer_load_example(tokenizer)) {
        return;
    }
    static const char *const pieces[] = {"The answer is 7. ", "ab", "a", "1"};
    Ids ids;
    char *text = malloc(LONG_TEXT);
    for (size_t i = 0; text && i < sizeof pieces / sizeof *pieces && !kit_is_over(tokenizer->kit);
         i++) {
        size_t n = strlen(pieces[i]);
        for (size_t k = 0; k < LONG_TEXT; k++) {
            text[k] = pieces[i][k % n];
        }
        if (tokenizer_encode(tokenizer, (EmendStr){pieces[i], n}, 0, &ids)) {
            check_round_trip(tokenizer, (EmendStr){text, LONG_TEXT}, "a text of a mebibyte");
        }
    }
    free(text);
}

void tokenizer_test_long_text(Kit *kit) {
    if (instance_declares(kit, LOSSY)) {
        kit_skip(kit, "its manifest declares the capability \"" LOSSY "\"");
        return;
    }
    instance_each(kit, long_text);
}

/* Text that is no UTF-8 is refused, or its ids decode to something that is. */
static void broken(Instance *tokenizer) {
    if (!tokenizer_load_example(tokenizer)) {
        return;
    }
    for (size_t i = 0;
         i < sizeof broken_texts / sizeof *broken_texts && !kit_is_over(tokenizer->kit); i++) {
        Ids ids;
        uint64_t len = 0;
        if (tokenizer_encode(tokenizer, (EmendStr){broken_texts[i].bytes, broken_texts[i].len}, 0,
                             &ids)) {
            char *back = tokenizer_decode(tokenizer, ids.at, ids.n, 0, &len);
            if (back && utf8_valid_len(back, len) != len) {
                kit_fail(tokenizer->kit, "put U+FFFD where bytes do not make a character",
                         "%s is encoded and decoded to text that is not UTF-8; text must be",
                         broken_texts[i].name);
            }
            free(back);
        }
    }
}

void tokenizer_test_broken_text(Kit *kit) {
    instance_each(kit, broken);
}

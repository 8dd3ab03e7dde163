/* SPDX-License-Identifier: Apache-2.0 */
#include "check/tokenizer/calls.h"
#include "check/guard.h"
#include <stdlib.h>
#include <string.h>

const Text tokenizer_texts[N_TEXTS] = {
    TEXT("nothing", ""),
    TEXT("a word", "word"),
    TEXT("a sentence", "What is 12 + 30?  It is 42."),
    TEXT("lines", "one\ntwo\n\n  three\ttabs\r\n"),
    TEXT("all of ASCII", " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                         "abcdefghijklmnopqrstuvwxyz{|}~"),
    TEXT("UTF-8 of two, three and four bytes", "\xC3\xA9\xE6\xBC\xA2\xE5\xAD\x97\xF0\x9F\x99\x82"),
    TEXT("a combining accent", "e\xCC\x81"),
    TEXT("an embedded NUL", "a\0b"),
    TEXT("what looks like special tokens", "<|end|><s></s><|im_start|>user<|endoftext|>"),
    TEXT("spaces", "          "),
    TEXT("LaTeX", "\\boxed{\\frac{1}{2}}"),
    TEXT("a byte-order mark", "\xEF\xBB\xBFx"),
};

bool tokenizer_load_example(Instance *tokenizer) {
    const Emend__Example *example = tokenizer->example;
    char path[2048];
    if (!example || !example->dir) {
        return true;
    }
    snprintf(path, sizeof path, "%s/%s", kit_scratch(tokenizer->kit), example->dir);
    kit_enter(tokenizer->kit, "load");
    return !tokenizer_of(tokenizer)->load ||
           instance_ok(tokenizer, "load",
                       tokenizer_of(tokenizer)->load(tokenizer->self, emend_str(path),
                                                     instance_err(tokenizer)));
}

EmendStatus tokenizer_try_encode(Instance *tokenizer, EmendStr text, uint32_t flags, Ids *ids,
                                 uint64_t capacity) {
    const EmendStr input = {guard_input(tokenizer->kit, "text", text.ptr, text.len), text.len};
    ids->at = guard_take(tokenizer->kit, "ids", capacity * sizeof *ids->at);
    ids->n = 0;
    kit_enter(tokenizer->kit, "encode");
    return tokenizer_of(tokenizer)->encode(tokenizer->self, input, flags, ids->at, capacity,
                                           &ids->n, instance_err(tokenizer));
}

bool tokenizer_encode(Instance *tokenizer, EmendStr text, uint32_t flags, Ids *ids) {
    uint64_t capacity = text.len + 1;
    EmendStatus status = tokenizer_try_encode(tokenizer, text, flags, ids, capacity);
    if (status == EMEND_OK && ids->n > capacity) {
        capacity = ids->n; // more ids than bytes: once more
        status = tokenizer_try_encode(tokenizer, text, flags, ids, capacity);
    }
    if (status == EMEND_OK) {
        return true;
    }
    if (subject_refused(tokenizer->subject, "encode", status) && status != EMEND_INVALID_ARGUMENT) {
        kit_fail(tokenizer->kit, "return EMEND_INVALID_ARGUMENT, and say where in the text",
                 "encode refuses a text with %s (\"%s\"); what the vocabulary cannot express must "
                 "be INVALID_ARGUMENT",
                 emend_status_name(status), tokenizer->subject->message);
    }
    return false;
}

EmendStatus tokenizer_try_decode(Instance *tokenizer, const int32_t *ids, uint64_t n,
                                 uint32_t flags, Puts *out) {
    const EmendSink sink = puts_sink(tokenizer->kit, out);
    kit_enter(tokenizer->kit, "decode");
    return tokenizer_of(tokenizer)->decode(tokenizer->self,
                                           guard_input(tokenizer->kit, "ids", ids, n * sizeof *ids),
                                           n, flags, &sink, instance_err(tokenizer));
}

char *tokenizer_decode(Instance *tokenizer, const int32_t *ids, uint64_t n, uint32_t flags,
                       uint64_t *len) {
    Puts puts;
    char *text = NULL;
    *len = 0;
    if (instance_ok(tokenizer, "decode", tokenizer_try_decode(tokenizer, ids, n, flags, &puts))) {
        for (size_t i = 0; i < puts.n; i++) {
            *len += puts.items[i].len;
        }
        text = calloc(*len + 1, 1);
        uint64_t at = 0;
        for (size_t i = 0; text && i < puts.n; i++) {
            memcpy(text + at, puts.items[i].text, puts.items[i].len);
            at += puts.items[i].len;
        }
    }
    puts_finish(&puts);
    return text;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Two special tokens and the 256 bytes, with one thing spoiled: each component is named after its
 * defect. "sound" has none. */
#include "emend/tokenizer.h"
#include "spoiled.h"
#include <stdio.h>
#include <stdlib.h>

enum { N_SPECIALS = 2, VOCAB = N_SPECIALS + 256 };

typedef struct Tokenizer {
    Spoiled spoiled; /* first */
    uint32_t n_texts;
    uint32_t n_fewer; /* ids, after a load that went wrong */
} Tokenizer;

static const char *const specials[N_SPECIALS] = {"<|begin|>", "<|end|>"};

static uint32_t vocab_size(void *self) {
    return has(self, "small_vocabulary") ? VOCAB / 2 : VOCAB - ((Tokenizer *)self)->n_fewer;
}

/* The special token that the text begins with, or -1. */
static int32_t special_at(EmendStr text) {
    for (int32_t id = 0; id < N_SPECIALS; id++) {
        size_t n = strlen(specials[id]);
        if (text.len >= n && memcmp(text.ptr, specials[id], n) == 0) {
            return id;
        }
    }
    return -1;
}

static EmendStatus encode(void *self, EmendStr text, uint32_t flags, int32_t *ids,
                          uint64_t capacity, uint64_t *n, EmendError *err) {
    Tokenizer *tokenizer = self;
    bool is_special = (flags & EMEND_ENCODE_SPECIAL) && !has(self, "deaf_to_special");
    (void)err;
    *n = 0;
    if (text.len > 1 << 16 && has(self, "dies_of_length")) {
        abort();
    }
    for (uint64_t at = 0; at < text.len; (*n)++) {
        EmendStr rest = {text.ptr + at, text.len - at};
        int32_t special = is_special || has(self, "forges_special") ? special_at(rest) : -1;
        if (rest.ptr[0] == '\0' && has(self, "ends_at_nul")) {
            break;
        }
        int32_t id = special >= 0 ? special : N_SPECIALS + (unsigned char)rest.ptr[0];
        if (*n < capacity) {
            ids[*n] = id ^ (has(self, "drifts") ? (int32_t)(tokenizer->n_texts & 1) : 0);
        }
        at += special >= 0 ? strlen(specials[special]) : 1;
    }
    if (has(self, "one_id_more") && ids) {
        ((volatile int32_t *)ids)[capacity] = 0;
    }
    if (has(self, "counts_what_fits") && *n > capacity) {
        *n = capacity;
    }
    tokenizer->n_texts++;
    return EMEND_OK;
}

/* The length of the UTF-8 character that the bytes begin with, 0: none. */
static size_t character(const unsigned char *at, size_t n) {
    uint32_t low[] = {0, 0, 0x80, 0x800, 0x10000}, point = at[0];
    size_t length = point < 0x80 ? 1 : point >> 5 == 6 ? 2 : point >> 4 == 14 ? 3 : 4;
    if (length == 1) {
        return 1;
    }
    if (length > n || (length == 4 && point >> 3 != 30)) {
        return 0;
    }
    point &= 0xFFu >> (length + 1);
    for (size_t i = 1; i < length; i++) {
        if (at[i] >> 6 != 2) {
            return 0;
        }
        point = point << 6 | (at[i] & 0x3Fu);
    }
    bool is_surrogate = point >= 0xD800 && point < 0xE000;
    return point >= low[length] && point <= 0x10FFFF && !is_surrogate ? length : 0;
}

/* Puts bytes with U+FFFD for what is no character. */
static EmendStatus put_mended(const unsigned char *bytes, size_t n, const EmendSink *text) {
    char *mended = malloc(3 * n + 1);
    size_t out = 0;
    if (!mended) {
        return EMEND_EXHAUSTED;
    }
    for (size_t at = 0; at < n;) {
        size_t length = character(bytes + at, n - at);
        memcpy(mended + out, length > 0 ? (const char *)bytes + at : "\xEF\xBF\xBD",
               length > 0 ? length : 3);
        out += length > 0 ? length : 3;
        at += length > 0 ? length : 1;
    }
    EmendStatus status = text->put(text->ctx, 0, mended, out);
    free(mended);
    return status;
}

static EmendStatus decode(void *self, const int32_t *ids, uint64_t n, uint32_t flags,
                          const EmendSink *text, EmendError *err) {
    unsigned char *bytes = malloc(16 * n + 1);
    size_t out = 0;
    EmendStatus status = bytes ? EMEND_OK : EMEND_EXHAUSTED;
    for (uint64_t i = 0; status == EMEND_OK && i < n; i++) {
        bool is_known = ids[i] >= 0 && ids[i] < VOCAB;
        if (!is_known && !has(self, "takes_any_id")) {
            status = emend_fail(err, EMEND_OUT_OF_RANGE, "position %llu: the id is %d",
                                (unsigned long long)i, ids[i]);
        } else if (is_known && ids[i] >= N_SPECIALS) {
            bytes[out++] = (unsigned char)(ids[i] - N_SPECIALS);
        } else if (is_known && (flags & EMEND_ENCODE_SPECIAL)) {
            memcpy(bytes + out, specials[ids[i]], strlen(specials[ids[i]]));
            out += strlen(specials[ids[i]]);
        }
    }
    if (status == EMEND_OK) {
        status = has(self, "puts_any_bytes") ? text->put(text->ctx, 0, bytes, out)
                                             : put_mended(bytes, out, text);
    }
    free(bytes);
    return status;
}

static EmendStatus open_in(EmendStr dir, const char *mode, EmendError *err) {
    char path[2048];
    snprintf(path, sizeof path, "%.*s/tokenizer", (int)dir.len, dir.ptr);
    FILE *file = fopen(path, mode);
    if (!file) {
        return emend_fail(err, EMEND_NOT_FOUND, "%s: cannot be opened; the folder must be there",
                          path);
    }
    fclose(file);
    return EMEND_OK;
}

static EmendStatus load(void *self, EmendStr dir, EmendError *err) {
    ((Tokenizer *)self)->n_fewer = has(self, "loads_another") ? 1 : 0;
    return has(self, "loads_anything") ? EMEND_OK : open_in(dir, "r", err);
}

static EmendStatus save(void *self, EmendStr dir, EmendError *err) {
    (void)self;
    return open_in(dir, "w", err);
}

static const void *table_of(void *self) {
    static const EmendTokenizer tokenizer = {.struct_size = sizeof tokenizer,
                                             .load = load,
                                             .save = save,
                                             .vocab_size = vocab_size,
                                             .encode = encode,
                                             .decode = decode};
    (void)self;
    return &tokenizer;
}

SPOILED_PLUGIN("test.spoiled.tokenizer", EMEND_KIND_TOKENIZER, sizeof(Tokenizer), table_of,
               spoiled_nothing)

/* SPDX-License-Identifier: Apache-2.0 */
/* The tokenizer "chars": text to ids along a vocabulary that the recipe writes down. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include "emend/tokenizer.h"
#include "file.h"
#include "vocab.h"

#include <string.h>

typedef Emend__Tokenizers__Chars__Config Config;

typedef struct Chars {
    const EmendHost *host;
    Vocab vocab;
    bool is_default; /* the config is empty: a saved vocabulary is taken over */
} Chars;

static EmendStatus load(void *self, EmendStr dir, EmendError *err) {
    Chars *chars = self;
    Vocab saved = {0};
    EmendStatus status = file_load(chars->host, dir, &saved, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (chars->is_default) {
        vocab_finish(&chars->vocab);
        chars->vocab = saved;
        return EMEND_OK;
    }
    char place[256];
    snprintf(place, sizeof place, "%.*s/chars.json", (int)(dir.len < 200 ? dir.len : 200), dir.ptr);
    status = vocab_check_equal(&chars->vocab, &saved, place, err);
    vocab_finish(&saved);
    return status;
}

static EmendStatus save(void *self, EmendStr dir, EmendError *err) {
    const Chars *chars = self;
    return file_save(&chars->vocab, dir, err);
}

static uint32_t vocab_size(void *self) {
    const Chars *chars = self;
    return chars->vocab.n_tokens;
}

static EmendStatus refuse_character(EmendStr rest, uint64_t offset, EmendError *err) {
    static const char remedy[] = "add it to `alphabet`, or use mode BYTES";
    size_t n = utf8_length(rest);
    unsigned first = (unsigned char)rest.ptr[0];
    if (n == 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "byte %llu: 0x%02X does not begin a UTF-8 character; the text must be "
                          "UTF-8",
                          (unsigned long long)offset, first);
    }
    uint32_t point = n == 1 ? first : first & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        point = point << 6 | ((unsigned char)rest.ptr[i] & 0x3Fu);
    }
    if (point < 0x20 || point == 0x7F) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "byte %llu: the character U+%04X is not in the alphabet; %s",
                          (unsigned long long)offset, (unsigned)point, remedy);
    }
    return emend_fail(err, EMEND_INVALID_ARGUMENT,
                      "byte %llu: the character '%.*s' (U+%04X) is not in the alphabet; %s",
                      (unsigned long long)offset, (int)n, rest.ptr, (unsigned)point, remedy);
}

static EmendStatus encode(void *self, EmendStr text, uint32_t flags, int32_t *ids,
                          uint64_t capacity, uint64_t *n, EmendError *err) {
    const Chars *chars = self;
    bool with_specials = (flags & EMEND_ENCODE_SPECIAL) != 0;
    *n = 0;
    for (uint64_t at = 0; at < text.len;) {
        EmendStr rest = {text.ptr + at, text.len - at};
        int32_t id = vocab_match(&chars->vocab, rest, with_specials);
        if (id < 0) {
            return refuse_character(rest, at, err);
        }
        if (*n < capacity) {
            ids[*n] = id;
        }
        (*n)++;
        at += chars->vocab.tokens[id].len;
    }
    return EMEND_OK;
}

// Copies text with U+FFFD for each byte that is not part of a UTF-8 character; `out` may be NULL,
// to count alone.
static uint64_t mend_utf8(EmendStr text, char *out) {
    static const char replacement[] = "\xEF\xBF\xBD";
    uint64_t n_out = 0;
    while (text.len > 0) {
        size_t n = utf8_length(text);
        const char *from = n > 0 ? text.ptr : replacement;
        size_t n_from = n > 0 ? n : 3;
        if (out) {
            memcpy(out + n_out, from, n_from);
        }
        n_out += n_from;
        n = n > 0 ? n : 1;
        text.ptr += n;
        text.len -= n;
    }
    return n_out;
}

static EmendStatus put_text(const Chars *chars, EmendStr text, const EmendSink *sink,
                            EmendError *err) {
    uint64_t n_mended = chars->vocab.is_bytes ? mend_utf8(text, NULL) : text.len;
    if (n_mended == text.len) {
        return emend_put(sink, 0, text);
    }
    char *mended = chars->host->alloc(chars->host, n_mended, 0);
    if (!mended) {
        return emend_fail(err, EMEND_EXHAUSTED, "chars: no memory for %llu bytes of text",
                          (unsigned long long)n_mended);
    }
    mend_utf8(text, mended);
    EmendStatus status = emend_put(sink, 0, (EmendStr){mended, n_mended});
    chars->host->free(chars->host, mended);
    return status;
}

static EmendStatus measure(const Vocab *vocab, const int32_t *ids, uint64_t n, uint64_t *n_bytes,
                           EmendError *err) {
    *n_bytes = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (ids[i] < 0 || (uint32_t)ids[i] >= vocab->n_tokens) {
            return emend_fail(err, EMEND_OUT_OF_RANGE,
                              "position %llu: the id is %d; it must be 0 to %u",
                              (unsigned long long)i, (int)ids[i], vocab->n_tokens - 1);
        }
        *n_bytes += vocab->tokens[ids[i]].len;
    }
    return EMEND_OK;
}

static EmendStatus decode(void *self, const int32_t *ids, uint64_t n, uint32_t flags,
                          const EmendSink *text, EmendError *err) {
    const Chars *chars = self;
    const Vocab *vocab = &chars->vocab;
    uint64_t capacity = 0;
    EmendStatus status = measure(vocab, ids, n, &capacity, err);
    if (status != EMEND_OK) {
        return status;
    }
    char *bytes = chars->host->alloc(chars->host, capacity + 1, 0);
    if (!bytes) {
        return emend_fail(err, EMEND_EXHAUSTED, "chars: no memory for %llu bytes of text",
                          (unsigned long long)capacity);
    }
    uint64_t n_bytes = 0;
    for (uint64_t i = 0; i < n; i++) {
        EmendStr token = vocab->tokens[ids[i]];
        if ((uint32_t)ids[i] >= vocab->n_specials || (flags & EMEND_ENCODE_SPECIAL)) {
            memcpy(bytes + n_bytes, token.ptr, token.len);
            n_bytes += token.len;
        }
    }
    status = put_text(chars, (EmendStr){bytes, n_bytes}, text, err);
    chars->host->free(chars->host, bytes);
    return status;
}

static const EmendTokenizer tokenizer_table = {
    .struct_size = sizeof(EmendTokenizer),
    .load = load,
    .save = save,
    .vocab_size = vocab_size,
    .encode = encode,
    .decode = decode,
};

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    const EmendHost *host = emend_plugin_host(plugin);
    EmendStatus status = EMEND_OK;
    Chars *chars = NULL;
    (void)name; // the package has one component

    Config *config = emend_config_unpack(host, &emend__tokenizers__chars__config__descriptor, bytes,
                                         &status, err);
    if (status == EMEND_OK) {
        chars = emend_alloc(host, sizeof *chars, &status, err);
    }
    if (status == EMEND_OK) {
        *chars = (Chars){.host = host, .is_default = bytes.len == 0};
        VocabSpec spec = {
            .is_bytes = config->mode == EMEND__TOKENIZERS__CHARS__CONFIG__MODE__BYTES,
            .alphabet = config->alphabet,
            .pieces = config->piece,
            .n_pieces = config->n_piece,
            .extra_specials = config->extra_special,
            .n_extra_specials = config->n_extra_special,
        };
        status = vocab_init(host, &spec, &chars->vocab, err);
    }
    if (status == EMEND_OK) {
        *instance = chars;
        *table = &tokenizer_table;
    } else {
        host->free(host, chars);
    }
    emend_config_free(host, config);
    return status;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    Chars *chars = instance;
    if (chars) {
        vocab_finish(&chars->vocab);
        emend_plugin_host(plugin)->free(emend_plugin_host(plugin), chars);
    }
}

static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("emend.tokenizers.chars", "0.1.0", EMEND_KIND_TOKENIZER, factory);

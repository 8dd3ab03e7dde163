/* SPDX-License-Identifier: Apache-2.0 */
#include "vocab.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TOKENS = 65536, MAX_TOKEN_BYTES = 256, N_BYTES = 256 };

static const char *const fixed_specials[] = {"<|begin|>", "<|end|>", "<|user|>", "<|assistant|>"};
enum { N_FIXED_SPECIALS = sizeof fixed_specials / sizeof fixed_specials[0] };

static const char default_alphabet[] =
    "\n !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

size_t utf8_length(EmendStr text) {
    const unsigned char *s = (const unsigned char *)text.ptr;
    if (text.len == 0 || (s[0] >= 0x80 && s[0] < 0xC2) || s[0] > 0xF4) {
        return 0;
    }
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    if (n > text.len) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0u) != 0x80u) {
            return 0;
        }
    }
    // Overlong forms, surrogates and what is above U+10FFFF show in the second byte.
    bool is_wrong = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
                    (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F);
    return is_wrong ? 0 : n;
}

static bool is_same(EmendStr a, EmendStr b) {
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static bool starts_with(EmendStr text, EmendStr prefix) {
    return prefix.len <= text.len && memcmp(text.ptr, prefix.ptr, prefix.len) == 0;
}

static bool is_utf8(EmendStr text) {
    while (text.len > 0) {
        size_t n = utf8_length(text);
        if (n == 0) {
            return false;
        }
        text.ptr += n;
        text.len -= n;
    }
    return true;
}

static EmendStatus check_words(const char *field, char *const *words, size_t n_words,
                               EmendError *err) {
    for (size_t i = 0; i < n_words; i++) {
        EmendStr word = emend_str(words[i]);
        if (word.len == 0 || word.len > MAX_TOKEN_BYTES) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "%s[%zu]: has %llu bytes; it must have 1 to %d", field, i,
                              (unsigned long long)word.len, MAX_TOKEN_BYTES);
        }
        if (!is_utf8(word)) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT, "%s[%zu]: is not UTF-8; it must be",
                              field, i);
        }
    }
    return EMEND_OK;
}

static EmendStatus check_alphabet(EmendStr alphabet, size_t *n_chars, EmendError *err) {
    *n_chars = 0;
    if (alphabet.len == 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "alphabet: is empty; write its characters, or leave the field out for "
                          "newline and printable ASCII");
    }
    for (uint64_t at = 0; at < alphabet.len; (*n_chars)++) {
        EmendStr rest = {alphabet.ptr + at, alphabet.len - at};
        size_t n = utf8_length(rest);
        if (n == 0) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "alphabet: byte %llu does not begin a UTF-8 character; it must",
                              (unsigned long long)at);
        }
        at += n;
    }
    return EMEND_OK;
}

static EmendStatus check_spec(const VocabSpec *spec, EmendStr alphabet, size_t *n_units,
                              EmendError *err) {
    EmendStatus status = check_words("piece", spec->pieces, spec->n_pieces, err);
    if (status == EMEND_OK) {
        status = check_words("extra_special", spec->extra_specials, spec->n_extra_specials, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    *n_units = N_BYTES;
    if (spec->is_bytes && spec->alphabet) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "alphabet: is set with mode BYTES, which has all bytes; leave it out");
    }
    if (!spec->is_bytes) {
        status = check_alphabet(alphabet, n_units, err);
    }
    if (status == EMEND_OK &&
        (*n_units > MAX_TOKENS || spec->n_pieces > MAX_TOKENS ||
         spec->n_extra_specials > MAX_TOKENS ||
         N_FIXED_SPECIALS + *n_units + spec->n_pieces + spec->n_extra_specials > MAX_TOKENS)) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "alphabet: with the pieces and special tokens there are more than %d "
                            "tokens; there must be fewer",
                            MAX_TOKENS);
    }
    return status;
}

static uint64_t words_bytes(char *const *words, size_t n_words) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n_words; i++) {
        sum += strlen(words[i]);
    }
    return sum;
}

static char *add_token(Vocab *vocab, char *at, EmendStr text) {
    memcpy(at, text.ptr, text.len);
    vocab->tokens[vocab->n_tokens++] = (EmendStr){at, text.len};
    return at + text.len;
}

static void add_tokens(Vocab *vocab, const VocabSpec *spec, EmendStr alphabet) {
    char *at = vocab->bytes;
    for (size_t i = 0; i < N_FIXED_SPECIALS; i++) {
        at = add_token(vocab, at, emend_str(fixed_specials[i]));
    }
    for (size_t i = 0; i < spec->n_extra_specials; i++) {
        at = add_token(vocab, at, emend_str(spec->extra_specials[i]));
    }
    vocab->n_specials = vocab->n_tokens;
    for (size_t i = 0; i < spec->n_pieces; i++) {
        at = add_token(vocab, at, emend_str(spec->pieces[i]));
    }
    vocab->n_pieces = vocab->n_tokens - vocab->n_specials;
    for (int byte = 0; spec->is_bytes && byte < N_BYTES; byte++) {
        char c = (char)byte;
        at = add_token(vocab, at, (EmendStr){&c, 1});
    }
    while (alphabet.len > 0) {
        size_t n = utf8_length(alphabet);
        at = add_token(vocab, at, (EmendStr){alphabet.ptr, n});
        alphabet.ptr += n;
        alphabet.len -= n;
    }
}

static int compare_tokens(const void *left, const void *right, void *context) {
    const Vocab *vocab = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    EmendStr ta = vocab->tokens[a], tb = vocab->tokens[b];
    if (ta.ptr[0] != tb.ptr[0]) {
        return (unsigned char)ta.ptr[0] < (unsigned char)tb.ptr[0] ? -1 : 1;
    }
    if (ta.len != tb.len) {
        return ta.len > tb.len ? -1 : 1;
    }
    int by_bytes = memcmp(ta.ptr, tb.ptr, ta.len);
    return by_bytes != 0 ? by_bytes : (a > b) - (a < b);
}

// Orders the tokens first..last-1 by first byte, the longest first, equal ones side by side.
static void order_tokens(Vocab *vocab, uint32_t first, uint32_t last, uint32_t *starts) {
    for (uint32_t id = first; id < last; id++) {
        vocab->order[id] = id;
    }
    qsort_r(vocab->order + first, last - first, sizeof *vocab->order, compare_tokens, vocab);
    uint32_t at = first;
    for (int byte = 0; byte <= N_BYTES; byte++) {
        while (at < last && (unsigned char)vocab->tokens[vocab->order[at]].ptr[0] < byte) {
            at++;
        }
        starts[byte] = at;
    }
}

static const char *field_of(const Vocab *vocab, uint32_t id) {
    if (id < vocab->n_specials) {
        return "extra_special";
    }
    return id < vocab->n_specials + vocab->n_pieces ? "piece" : "alphabet";
}

static EmendStatus check_pair(const Vocab *vocab, uint32_t a, uint32_t b, EmendError *err) {
    EmendStr text = vocab->tokens[b];
    if (!is_same(vocab->tokens[a], text)) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_INVALID_ARGUMENT,
                      "%s: '%.*s' is there twice, as tokens %u and %u; write it once",
                      field_of(vocab, b), (int)text.len, text.ptr, a, b);
}

static EmendStatus check_distinct(const Vocab *vocab, EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (uint32_t i = 1; i < vocab->n_tokens && status == EMEND_OK; i++) {
        status = check_pair(vocab, vocab->order[i - 1], vocab->order[i], err);
    }
    for (uint32_t id = 0; id < vocab->n_specials && status == EMEND_OK; id++) {
        int byte = (unsigned char)vocab->tokens[id].ptr[0];
        for (uint32_t i = vocab->ordinary[byte];
             i < vocab->ordinary[byte + 1] && status == EMEND_OK; i++) {
            status = check_pair(vocab, id, vocab->order[i], err);
        }
    }
    return status;
}

EmendStatus vocab_init(const EmendHost *host, const VocabSpec *spec, Vocab *out, EmendError *err) {
    Vocab vocab = {.host = host, .is_bytes = spec->is_bytes};
    *out = (Vocab){0};
    EmendStr alphabet = {"", 0};
    if (!spec->is_bytes) {
        alphabet = emend_str(spec->alphabet ? spec->alphabet : default_alphabet);
    }

    size_t n_units = 0;
    EmendStatus status = check_spec(spec, alphabet, &n_units, err);
    if (status != EMEND_OK) {
        return status;
    }
    uint64_t capacity = N_FIXED_SPECIALS + spec->n_extra_specials + spec->n_pieces + n_units;
    uint64_t n_bytes = words_bytes((char *const *)fixed_specials, N_FIXED_SPECIALS) +
                       words_bytes(spec->extra_specials, spec->n_extra_specials) +
                       words_bytes(spec->pieces, spec->n_pieces) +
                       (spec->is_bytes ? N_BYTES : alphabet.len);
    vocab.tokens = host->alloc(host, capacity * sizeof *vocab.tokens, 0);
    vocab.order = host->alloc(host, capacity * sizeof *vocab.order, 0);
    vocab.bytes = host->alloc(host, n_bytes, 0);
    if (!vocab.tokens || !vocab.order || !vocab.bytes) {
        status =
            emend_fail(err, EMEND_EXHAUSTED, "chars: no memory for a vocabulary of %llu tokens",
                       (unsigned long long)capacity);
        goto out;
    }
    add_tokens(&vocab, spec, alphabet);
    order_tokens(&vocab, 0, vocab.n_specials, vocab.special);
    order_tokens(&vocab, vocab.n_specials, vocab.n_tokens, vocab.ordinary);
    status = check_distinct(&vocab, err);
    if (status != EMEND_OK) {
        goto out;
    }
    *out = vocab;
    vocab = (Vocab){0}; // given away
out:
    vocab_finish(&vocab);
    return status;
}

void vocab_finish(Vocab *vocab) {
    if (vocab->host) {
        vocab->host->free(vocab->host, vocab->tokens);
        vocab->host->free(vocab->host, vocab->order);
        vocab->host->free(vocab->host, vocab->bytes);
    }
    *vocab = (Vocab){0};
}

static int32_t match_in(const Vocab *vocab, const uint32_t *starts, EmendStr text) {
    int byte = (unsigned char)text.ptr[0];
    for (uint32_t i = starts[byte]; i < starts[byte + 1]; i++) {
        if (starts_with(text, vocab->tokens[vocab->order[i]])) {
            return (int32_t)vocab->order[i];
        }
    }
    return -1;
}

int32_t vocab_match(const Vocab *vocab, EmendStr text, bool with_specials) {
    int32_t id = -1;
    if (text.len > 0 && with_specials) {
        id = match_in(vocab, vocab->special, text);
    }
    return text.len > 0 && id < 0 ? match_in(vocab, vocab->ordinary, text) : id;
}

EmendStatus vocab_check_equal(const Vocab *configured, const Vocab *saved, const char *place,
                              EmendError *err) {
    static const char remedy[] = "use the config the policy was trained with, or an empty one";
    if (configured->is_bytes != saved->is_bytes) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: mode is %s, but the recipe's is %s; %s",
                          place, saved->is_bytes ? "BYTES" : "CHARS",
                          configured->is_bytes ? "BYTES" : "CHARS", remedy);
    }
    uint32_t n = configured->n_tokens < saved->n_tokens ? configured->n_tokens : saved->n_tokens;
    for (uint32_t id = 0; id < n; id++) {
        EmendStr ours = configured->tokens[id], theirs = saved->tokens[id];
        if (!is_same(ours, theirs) || strcmp(field_of(configured, id), field_of(saved, id)) != 0) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "%s: token %u is '%.*s' of %s, but the recipe's is '%.*s' of %s; %s",
                              place, id, (int)theirs.len, theirs.ptr, field_of(saved, id),
                              (int)ours.len, ours.ptr, field_of(configured, id), remedy);
        }
    }
    if (configured->n_tokens != saved->n_tokens) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: has %u tokens, but the recipe's config has %u; %s", place,
                          saved->n_tokens, configured->n_tokens, remedy);
    }
    return EMEND_OK;
}

/* Tokenizer "@NAME@": a token for each printable character of ASCII and for the newline, behind the
 * special tokens. It needs no files, so `load` and `save` are left out of its table. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include "emend/tokenizer.h"

typedef @C_TYPE@__Config Config;

enum { N_FIXED_SPECIALS = 4, N_CHARACTERS = 96 };

typedef struct Ascii {
    const EmendHost *host;
    Config *config;
    uint32_t n_specials; /* ids below are special tokens, those from it on characters */
} Ascii;

static EmendStr special_text(const Ascii *ascii, uint32_t id) {
    static const char *const fixed[N_FIXED_SPECIALS] = {"<|begin|>", "<|end|>", "<|user|>",
                                                        "<|assistant|>"};
    return emend_str(id < N_FIXED_SPECIALS ? fixed[id]
                                           : ascii->config->extra_special[id - N_FIXED_SPECIALS]);
}

/* The longest special token that the text begins with, or -1. */
static int32_t match_special(const Ascii *ascii, EmendStr text) {
    int32_t found = -1;
    uint64_t found_len = 0;
    for (uint32_t id = 0; id < ascii->n_specials; id++) {
        EmendStr special = special_text(ascii, id);
        if (special.len > found_len && special.len <= text.len &&
            memcmp(special.ptr, text.ptr, special.len) == 0) {
            found = (int32_t)id;
            found_len = special.len;
        }
    }
    return found;
}

/* ' ' to '~' are 0 to 94, the newline is 95, and what has no token is -1. */
static int32_t character_index(char c) {
    if (c == '\n') {
        return N_CHARACTERS - 1;
    }
    return c >= ' ' && c <= '~' ? c - ' ' : -1;
}

static char character_at(uint32_t index) {
    return index == N_CHARACTERS - 1 ? '\n' : (char)(' ' + index);
}

static uint32_t vocab_size(void *self) {
    const Ascii *ascii = self;
    return ascii->n_specials + N_CHARACTERS;
}

static EmendStatus encode(void *self, EmendStr text, uint32_t flags, int32_t *ids,
                          uint64_t capacity, uint64_t *n, EmendError *err) {
    const Ascii *ascii = self;
    *n = 0;
    for (uint64_t at = 0; at < text.len; (*n)++) {
        EmendStr rest = {text.ptr + at, text.len - at};
        int32_t id = flags & EMEND_ENCODE_SPECIAL ? match_special(ascii, rest) : -1;
        if (id >= 0) {
            at += special_text(ascii, (uint32_t)id).len;
        } else {
            int32_t index = character_index(rest.ptr[0]);
            if (index < 0) {
                return emend_fail(
                    err, EMEND_INVALID_ARGUMENT,
                    "byte %llu: 0x%02X has no token; the text must be printable ASCII",
                    (unsigned long long)at, (unsigned char)rest.ptr[0]);
            }
            id = (int32_t)ascii->n_specials + index;
            at++;
        }
        if (*n < capacity) {
            ids[*n] = id; // beyond the capacity tokens are counted alone
        }
    }
    return EMEND_OK;
}

/* The text of one id; `character` is room for one that is not special. */
static EmendStr token_text(const Ascii *ascii, uint32_t id, uint32_t flags, char *character) {
    if (id < ascii->n_specials) {
        return flags & EMEND_ENCODE_SPECIAL ? special_text(ascii, id) : emend_str("");
    }
    *character = character_at(id - ascii->n_specials);
    return (EmendStr){character, 1};
}

static EmendStatus decode(void *self, const int32_t *ids, uint64_t n, uint32_t flags,
                          const EmendSink *text, EmendError *err) {
    const Ascii *ascii = self;
    EmendStatus status = EMEND_OK;
    uint64_t len = 0;
    char character = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (ids[i] < 0 || (uint32_t)ids[i] >= vocab_size(self)) {
            return emend_fail(err, EMEND_OUT_OF_RANGE,
                              "position %llu: the id is %d; it must be 0 to %u",
                              (unsigned long long)i, ids[i], vocab_size(self) - 1);
        }
        len += token_text(ascii, (uint32_t)ids[i], flags, &character).len;
    }
    char *whole = emend_alloc(ascii->host, len + 1, &status, err);
    if (status != EMEND_OK) {
        return status;
    }
    uint64_t at = 0;
    for (uint64_t i = 0; i < n; i++) {
        EmendStr token = token_text(ascii, (uint32_t)ids[i], flags, &character);
        memcpy(whole + at, token.ptr, token.len);
        at += token.len;
    }
    status = emend_put(text, 0, (EmendStr){whole, len});
    ascii->host->free(ascii->host, whole);
    return status;
}

/* The host has checked names and types of the fields; what they may be is the plugin's to say. */
static EmendStatus config_check(const Config *config, EmendError *err) {
    for (size_t i = 0; i < config->n_extra_special; i++) {
        if (config->extra_special[i][0] == '\0') {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "extra_special[%zu]: it is empty; it must have a text, such as "
                              "\"<|think|>\"",
                              i);
        }
    }
    return EMEND_OK;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    const EmendHost *host = emend_plugin_host(plugin);
    Ascii *ascii = instance;
    emend_config_free(host, ascii->config);
    host->free(host, ascii);
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const EmendTokenizer tokenizer = {.struct_size = sizeof tokenizer,
                                             .vocab_size = vocab_size,
                                             .encode = encode,
                                             .decode = decode};
    const EmendHost *host = emend_plugin_host(plugin);
    EmendStatus status = EMEND_OK;
    (void)name; // the plugin has one component

    Ascii *ascii = emend_alloc(host, sizeof *ascii, &status, err);
    if (status != EMEND_OK) {
        return status;
    }
    ascii->host = host;
    ascii->config =
        emend_config_unpack(host, &@C_NAME@__config__descriptor, bytes, &status, err);
    if (status == EMEND_OK) {
        status = config_check(ascii->config, err);
    }
    if (status != EMEND_OK) {
        destroy(plugin, ascii);
        return status;
    }
    ascii->n_specials = N_FIXED_SPECIALS + (uint32_t)ascii->config->n_extra_special;
    *instance = ascii;
    *table = &tokenizer;
    return EMEND_OK;
}

/* PARALLEL: an instance is only read, so any number of threads may use it. */
static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("@ID@", "0.1.0", EMEND_KIND_TOKENIZER, factory);

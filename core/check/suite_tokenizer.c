/* SPDX-License-Identifier: Apache-2.0 */
/* What a tokenizer promises. */
#include "check/guard.h"
#include "check/instance.h"
#include "check/kit_folder.h"
#include "check/puts.h"
#include "check/random.h"
#include "check/suites.h"
#include "emend/tokenizer.h"
#include "manifest/utf8.h"
#include <stdlib.h>
#include <string.h>

/* Of a component that does not give each text back as it was, one that normalises say. */
#define LOSSY "lossy"

enum { LONG_TEXT = 1 << 20, N_RANDOM = 64, SPECIALS_MAX = 4096 };

/* Ids in memory that ends where they end. */
typedef struct Ids {
    int32_t *at;
    uint64_t n;
} Ids;

/* ---- making and calling ---------------------------------------------------------------------- */

static const EmendTokenizer *tokenizer_of(const Instance *tokenizer) {
    return tokenizer->table;
}

/* Loads the folder that the golden example names, if any. */
static bool load_example(Instance *tokenizer) {
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

static EmendStatus try_encode(Instance *tokenizer, EmendStr text, uint32_t flags, Ids *ids,
                              uint64_t capacity) {
    const EmendStr input = {guard_input(tokenizer->kit, "text", text.ptr, text.len), text.len};
    ids->at = guard_take(tokenizer->kit, "ids", capacity * sizeof *ids->at);
    ids->n = 0;
    kit_enter(tokenizer->kit, "encode");
    return tokenizer_of(tokenizer)->encode(tokenizer->self, input, flags, ids->at, capacity,
                                           &ids->n, instance_err(tokenizer));
}

/* Whether the vocabulary can express the text; its ids. A refusal in words is no failure. */
static bool encode(Instance *tokenizer, EmendStr text, uint32_t flags, Ids *ids) {
    uint64_t capacity = text.len + 1;
    EmendStatus status = try_encode(tokenizer, text, flags, ids, capacity);
    if (status == EMEND_OK && ids->n > capacity) {
        capacity = ids->n; // more ids than bytes: once more
        status = try_encode(tokenizer, text, flags, ids, capacity);
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

static EmendStatus try_decode(Instance *tokenizer, const int32_t *ids, uint64_t n, uint32_t flags,
                              Puts *out) {
    const EmendSink sink = puts_sink(tokenizer->kit, out);
    kit_enter(tokenizer->kit, "decode");
    return tokenizer_of(tokenizer)->decode(tokenizer->self,
                                           guard_input(tokenizer->kit, "ids", ids, n * sizeof *ids),
                                           n, flags, &sink, instance_err(tokenizer));
}

/* The text of ids, all that was put under field 0 together; malloc'd. NULL: the kit was told. */
static char *decode(Instance *tokenizer, const int32_t *ids, uint64_t n, uint32_t flags,
                    uint64_t *len) {
    Puts puts;
    char *text = NULL;
    *len = 0;
    if (instance_ok(tokenizer, "decode", try_decode(tokenizer, ids, n, flags, &puts))) {
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

/* As instance_each, with the files of the example loaded. */
static void (*loaded_test)(Instance *tokenizer);

static void load_and_test(Instance *tokenizer) {
    if (load_example(tokenizer)) {
        loaded_test(tokenizer);
    }
}

static void each_loaded(Kit *kit, void (*test)(Instance *tokenizer)) {
    loaded_test = test;
    instance_each(kit, load_and_test);
}

/* ---- texts ----------------------------------------------------------------------------------- */

typedef struct Text {
    const char *name, *bytes;
    uint64_t len;
} Text;

#define TEXT(NAME, BYTES)                                                                          \
    { (NAME), (BYTES), sizeof(BYTES) - 1 }

static const Text texts[] = {
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

static const Text broken_texts[] = {
    TEXT("a byte of 0xFF", "a\xFFz"),    TEXT("half a character", "a\xE6\xBC"),
    TEXT("a lone continuation", "\x80"), TEXT("an overlong slash", "\xC0\xAF"),
    TEXT("a surrogate", "\xED\xA0\x80"), TEXT("a code point past the last", "\xF4\x90\x80\x80"),
};

#define N_OF(table) (sizeof(table) / sizeof *(table))

static void check_round_trip(Instance *tokenizer, EmendStr text, const char *name) {
    Ids ids;
    uint64_t len = 0;
    if (!encode(tokenizer, text, 0, &ids)) {
        return;
    }
    char *back = decode(tokenizer, ids.at, ids.n, 0, &len);
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
    for (size_t i = 0; i < N_OF(texts) && !kit_is_over(tokenizer->kit); i++) {
        check_round_trip(tokenizer, (EmendStr){texts[i].bytes, texts[i].len}, texts[i].name);
    }
}

static void test_round_trip(Kit *kit) {
    if (instance_declares(kit, LOSSY)) {
        kit_skip(kit, "its manifest declares the capability \"" LOSSY "\"");
        return;
    }
    each_loaded(kit, round_trips);
}

static void long_text(Instance *tokenizer) {
    static const char *const pieces[] = {"The answer is 7. ", "ab", "a", "1"};
    Ids ids;
    char *text = malloc(LONG_TEXT);
    for (size_t i = 0; text && i < N_OF(pieces) && !kit_is_over(tokenizer->kit); i++) {
        size_t n = strlen(pieces[i]);
        for (size_t k = 0; k < LONG_TEXT; k++) {
            text[k] = pieces[i][k % n];
        }
        if (encode(tokenizer, (EmendStr){pieces[i], n}, 0, &ids)) {
            check_round_trip(tokenizer, (EmendStr){text, LONG_TEXT}, "a text of a mebibyte");
        }
    }
    free(text);
}

static void test_long_text(Kit *kit) {
    if (instance_declares(kit, LOSSY)) {
        kit_skip(kit, "its manifest declares the capability \"" LOSSY "\"");
        return;
    }
    each_loaded(kit, long_text);
}

/* Text that is no UTF-8 is refused, or its ids decode to something that is. */
static void broken(Instance *tokenizer) {
    for (size_t i = 0; i < N_OF(broken_texts) && !kit_is_over(tokenizer->kit); i++) {
        Ids ids;
        uint64_t len = 0;
        if (encode(tokenizer, (EmendStr){broken_texts[i].bytes, broken_texts[i].len}, 0, &ids)) {
            char *back = decode(tokenizer, ids.at, ids.n, 0, &len);
            if (back && utf8_valid_len(back, len) != len) {
                kit_fail(tokenizer->kit, "put U+FFFD where bytes do not make a character",
                         "%s is encoded and decoded to text that is not UTF-8; text must be",
                         broken_texts[i].name);
            }
            free(back);
        }
    }
}

static void test_broken_text(Kit *kit) {
    each_loaded(kit, broken);
}

/* ---- ids ------------------------------------------------------------------------------------- */

static void ids_in_vocabulary(Instance *tokenizer) {
    uint32_t vocab = tokenizer_of(tokenizer)->vocab_size(tokenizer->self);
    if (vocab == 0 || vocab > INT32_MAX) {
        kit_fail(tokenizer->kit, "return the number of ids", "vocab_size is %u; it must be 1 to %d",
                 vocab, INT32_MAX);
    }
    for (size_t i = 0; i < N_OF(texts) && !kit_is_over(tokenizer->kit); i++) {
        Ids ids;
        bool is_encoded = encode(tokenizer, (EmendStr){texts[i].bytes, texts[i].len}, 0, &ids);
        for (uint64_t k = 0; is_encoded && k < ids.n && !kit_is_over(tokenizer->kit); k++) {
            if (ids.at[k] < 0 || (uint32_t)ids.at[k] >= vocab) {
                kit_fail(tokenizer->kit, "count every id in vocab_size, special ones too",
                         "id %llu of %s is %d; vocab_size is %u, and every id is below it",
                         (unsigned long long)k, texts[i].name, ids.at[k], vocab);
            }
        }
    }
}

static void test_ids(Kit *kit) {
    each_loaded(kit, ids_in_vocabulary);
}

static void check_capacity(Instance *tokenizer, EmendStr text, const Ids *whole,
                           uint64_t capacity) {
    Ids some;
    EmendStatus status = try_encode(tokenizer, text, 0, &some, capacity);
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
    for (size_t i = 0; i < N_OF(texts) && !kit_is_over(tokenizer->kit); i++) {
        EmendStr text = {texts[i].bytes, texts[i].len};
        Ids whole;
        uint64_t n = 0;
        if (!encode(tokenizer, text, 0, &whole)) {
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

static void test_short_buffers(Kit *kit) {
    each_loaded(kit, short_buffers);
}

static void out_of_range(Instance *tokenizer) {
    uint32_t vocab = tokenizer_of(tokenizer)->vocab_size(tokenizer->self);
    const int32_t bad[] = {-1, (int32_t)vocab, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < N_OF(bad) && !kit_is_over(tokenizer->kit); i++) {
        const int32_t ids[] = {0, bad[i]};
        Puts puts;
        EmendStatus status = try_decode(tokenizer, ids, 2, EMEND_ENCODE_SPECIAL, &puts);
        if (subject_refused(tokenizer->subject, "decode of an id outside the vocabulary", status) &&
            status != EMEND_OUT_OF_RANGE) {
            kit_fail(tokenizer->kit, "return EMEND_OUT_OF_RANGE",
                     "decode of id %d is %s; outside the vocabulary it must be OUT_OF_RANGE",
                     bad[i], emend_status_name(status));
        }
        puts_finish(&puts);
    }
}

static void test_out_of_range(Kit *kit) {
    each_loaded(kit, out_of_range);
}

/* Any ids decode, to UTF-8: a policy samples what it likes. */
static void random_ids(Instance *tokenizer) {
    uint64_t random = kit_seed(tokenizer->kit);
    uint32_t vocab = tokenizer_of(tokenizer)->vocab_size(tokenizer->self);
    for (int i = 0; i < N_RANDOM && !kit_is_over(tokenizer->kit); i++) {
        int32_t ids[N_RANDOM];
        uint64_t len = 0;
        for (int k = 0; k < i; k++) {
            ids[k] = (int32_t)check_below(&random, vocab);
        }
        char *text =
            decode(tokenizer, ids, (uint64_t)i, i % 2 == 0 ? 0 : EMEND_ENCODE_SPECIAL, &len);
        if (text && utf8_valid_len(text, len) != len) {
            kit_fail(tokenizer->kit, "put U+FFFD where the ids' bytes do not make a character",
                     "%d ids drawn at random decode to text that is not UTF-8; text must be", i);
        }
        free(text);
    }
}

static void test_random_ids(Kit *kit) {
    each_loaded(kit, random_ids);
}

/* ---- special tokens ---------------------------------------------------------------------------
 */

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
    char *text = decode(tokenizer, &id, 1, EMEND_ENCODE_SPECIAL, &len);
    EmendStr str = {text, len};
    if (text && encode(tokenizer, str, EMEND_ENCODE_SPECIAL, &ids) &&
        (ids.n != 1 || ids.at[0] != id)) {
        kit_fail(tokenizer->kit, "recognise the text of special tokens with EMEND_ENCODE_SPECIAL",
                 "special token %d is written \"%s\", and that is encoded as %llu ids, the first "
                 "%d; with EMEND_ENCODE_SPECIAL it must be the token",
                 id, text, (unsigned long long)ids.n, ids.n > 0 ? ids.at[0] : -1);
    }
    if (text && !kit_is_over(tokenizer->kit) && encode(tokenizer, str, 0, &ids)) {
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

static void test_specials(Kit *kit) {
    each_loaded(kit, specials);
}

/* ---- state ------------------------------------------------------------------------------------
 */

/* Whether two tokenizers agree on every text. */
static void compare(Instance *a, Instance *b, const char *remedy, const char *how) {
    uint32_t sizes[] = {tokenizer_of(a)->vocab_size(a->self), tokenizer_of(b)->vocab_size(b->self)};
    if (sizes[0] != sizes[1]) {
        kit_fail(a->kit, remedy, "vocab_size is %u, and %u %s; it must be the same", sizes[0],
                 sizes[1], how);
    }
    for (size_t i = 0; i < N_OF(texts) && !kit_is_over(a->kit); i++) {
        EmendStr text = {texts[i].bytes, texts[i].len};
        Ids first, second;
        bool is_encoded[] = {encode(a, text, 0, &first), encode(b, text, 0, &second)};
        if (is_encoded[0] != is_encoded[1] ||
            (is_encoded[0] && (first.n != second.n ||
                               memcmp(first.at, second.at, first.n * sizeof *first.at) != 0))) {
            kit_fail(a->kit, remedy, "%s has other ids %s; they must be the same", texts[i].name,
                     how);
        }
    }
}

static void deterministic(Instance *tokenizer) {
    Instance twin;
    compare(tokenizer, tokenizer, "keep nothing from one text to the next", "the second time");
    if (!kit_is_over(tokenizer->kit) && instance_twin(tokenizer, &twin)) {
        if (load_example(&twin)) {
            compare(tokenizer, &twin, "keep all state in the instance", "in another instance");
        }
        instance_drop(&twin);
    }
}

static void test_deterministic(Kit *kit) {
    each_loaded(kit, deterministic);
}

static bool save(Instance *tokenizer, KitFolder *folder) {
    kit_enter(tokenizer->kit, "save");
    return kit_folder_init(tokenizer->kit, folder) &&
           instance_ok(tokenizer, "save",
                       tokenizer_of(tokenizer)->save(tokenizer->self, emend_str(folder->dir),
                                                     instance_err(tokenizer)));
}

static void save_and_load(Instance *tokenizer) {
    const EmendTokenizer *table = tokenizer_of(tokenizer);
    Instance twin;
    KitFolder folder;
    if (!table->save || !table->load) {
        kit_skip(tokenizer->kit, "it has no %s", table->save ? "load" : "save");
    } else if (save(tokenizer, &folder) && instance_twin(tokenizer, &twin)) {
        kit_enter(tokenizer->kit, "load of what save wrote");
        if (instance_ok(&twin, "load of what save wrote",
                        table->load(twin.self, emend_str(folder.dir), instance_err(&twin)))) {
            compare(tokenizer, &twin, "write in `save` all that `load` needs",
                    "after a save and a load");
        }
        instance_drop(&twin);
    }
}

static void test_save(Kit *kit) {
    each_loaded(kit, save_and_load);
}

/* Folders that cannot be read or written fail in words. */
static void bad_folders(Instance *tokenizer) {
    const EmendTokenizer *table = tokenizer_of(tokenizer);
    Kit *kit = tokenizer->kit;
    KitFolder none;
    if (!kit_folder_init(kit, &none)) {
        return;
    }
    strcat(none.dir, "-not-there");
    if (table->load) {
        kit_enter(kit, "load of a folder that is not there");
        subject_refused(tokenizer->subject, "load of a folder that is not there",
                        table->load(tokenizer->self, emend_str(none.dir), instance_err(tokenizer)));
    }
    if (table->save && !kit_is_over(kit)) {
        kit_enter(kit, "save into a folder that is not there");
        subject_refused(tokenizer->subject, "save into a folder that is not there",
                        table->save(tokenizer->self, emend_str(none.dir), instance_err(tokenizer)));
    }
    if (!table->load && !table->save) {
        kit_skip(kit, "it has no files");
    }
}

static void test_bad_folders(Kit *kit) {
    instance_each(kit, bad_folders);
}

static const KitTest tests[] = {
    {"tokenizer.round_trip", "text that is encoded decodes to the same bytes", KIT_BEHAVIOUR, 0,
     test_round_trip},
    {"tokenizer.long_text", "a mebibyte of text is encoded and decoded", KIT_BEHAVIOUR, 60,
     test_long_text},
    {"tokenizer.broken_text", "bytes that are not UTF-8 are refused, or come out as UTF-8",
     KIT_BEHAVIOUR, 0, test_broken_text},
    {"tokenizer.ids", "every id is below vocab_size", KIT_BEHAVIOUR, 0, test_ids},
    {"tokenizer.short_buffers", "a short buffer gets what fits, and n the whole count",
     KIT_BEHAVIOUR, 0, test_short_buffers},
    {"tokenizer.out_of_range", "an id outside the vocabulary is OUT_OF_RANGE", KIT_BEHAVIOUR, 0,
     test_out_of_range},
    {"tokenizer.random_ids", "whatever a policy samples decodes to UTF-8", KIT_BEHAVIOUR, 0,
     test_random_ids},
    {"tokenizer.specials", "special tokens come of text with EMEND_ENCODE_SPECIAL alone",
     KIT_BEHAVIOUR, 60, test_specials},
    {"tokenizer.bad_folders", "folders that are not there are failures in words", KIT_BEHAVIOUR, 0,
     test_bad_folders},
    {"tokenizer.deterministic", "the same text has the same ids, in any instance", KIT_STATE, 0,
     test_deterministic},
    {"tokenizer.save", "what is saved and loaded encodes alike", KIT_STATE, 0, test_save},
};

const KitSuite suite_tokenizer = {EMEND_KIND_TOKENIZER, tests, N_OF(tests)};

/* SPDX-License-Identifier: Apache-2.0 */
#include "chars/config.pb-c.h"
#include "emend/tokenizer.h"
#include "subject.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef Emend__Tokenizers__Chars__Config Config;
#define CONFIG_INIT EMEND__TOKENIZERS__CHARS__CONFIG__INIT

enum { FIRST_CHARACTER = 4 }; // after the four fixed special tokens

static Subject subject;
static char folder[64];

static void set_up(void) {
    strcpy(folder, "/tmp/test_chars_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    subject_open(&subject, "emend.tokenizers.chars", "chars", EMEND_KIND_TOKENIZER);
}

static void tear_down(void) {
    subject_close(&subject);
    char path[128];
    snprintf(path, sizeof path, "%s/chars.json", folder);
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "nothing but chars.json is left in the folder");
}

static EmendStatus create(const Config *config) {
    uint8_t bytes[4096];
    size_t n_bytes = emend__tokenizers__chars__config__get_packed_size(config);
    ck_assert_uint_le(n_bytes, sizeof bytes);
    emend__tokenizers__chars__config__pack(config, bytes);
    return subject_create(&subject, bytes, n_bytes);
}

static void create_ok(const Config *config) {
    EmendStatus status = create(config);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
}

static const EmendTokenizer *tokenizer(void) {
    return subject.table;
}

static void assert_message(const char *part) {
    ck_assert_msg(strstr(subject.message, part) != NULL, "'%s' says '%s'", subject.message, part);
    ck_assert_msg(strchr(subject.message, '\n') == NULL, "a message is one line");
}

static EmendStatus encode(EmendStr text, uint32_t flags, int32_t *ids, uint64_t capacity,
                          uint64_t *n) {
    return tokenizer()->encode(subject.self, text, flags, ids, capacity, n, &subject.err);
}

static uint64_t encode_ok(EmendStr text, uint32_t flags, int32_t *ids, uint64_t capacity) {
    uint64_t n = 0;
    EmendStatus status = encode(text, flags, ids, capacity, &n);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    return n;
}

static void assert_decodes(const int32_t *ids, uint64_t n, uint32_t flags, EmendStr expected) {
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    EmendStatus status = tokenizer()->decode(subject.self, ids, n, flags, &sink, &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
    ck_assert_int_eq(puts.n, 1);
    ck_assert_uint_eq(puts.items[0].len, expected.len);
    ck_assert_mem_eq(puts.items[0].text, expected.ptr, expected.len);
    puts_clear(&puts);
}

START_TEST(default_alphabet_is_newline_and_printable_ascii) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    ck_assert_uint_eq(tokenizer()->vocab_size(subject.self), 4 + 96);
    int32_t ids[3];
    ck_assert_uint_eq(encode_ok(emend_str("\n ~"), 0, ids, 3), 3);
    ck_assert_int_eq(ids[0], 4);
    ck_assert_int_eq(ids[1], 5);
    ck_assert_int_eq(ids[2], 99);
}
END_TEST

START_TEST(text_comes_back_through_its_ids) {
    Config config = CONFIG_INIT;
    config.alphabet = "0123456789 aé€😀\\boxed{}";
    char *pieces[] = {"\\boxed{"};
    config.piece = pieces;
    config.n_piece = 1;
    create_ok(&config);
    EmendStr text = emend_str("12 é€😀a \\boxed{28}");
    int32_t ids[64];
    uint64_t n = encode_ok(text, 0, ids, 64);
    ck_assert_uint_eq(n, 3 + 3 + 2 + 1 + 3);
    assert_decodes(ids, n, 0, text);
}
END_TEST

START_TEST(the_longest_piece_wins) {
    Config config = CONFIG_INIT;
    config.alphabet = "ab";
    char *pieces[] = {"ab", "aba", "abb"};
    config.piece = pieces;
    config.n_piece = 3;
    create_ok(&config);
    int32_t ids[8];
    ck_assert_uint_eq(encode_ok(emend_str("abbabaabab"), 0, ids, 8), 4);
    const int32_t expected[] = {6, 5, 5, 8};
    ck_assert_mem_eq(ids, expected, sizeof expected);
}
END_TEST

START_TEST(special_ids_come_from_templates_alone) {
    Config config = CONFIG_INIT;
    char *extra[] = {"<|tool|>"};
    config.extra_special = extra;
    config.n_extra_special = 1;
    create_ok(&config);
    EmendStr text = emend_str("<|begin|>1<|end|><|user|><|assistant|><|tool|>");
    int32_t ids[64];
    ck_assert_uint_eq(encode_ok(text, EMEND_ENCODE_SPECIAL, ids, 64), 6);
    const int32_t expected[] = {0, 23, 1, 2, 3, 4};
    ck_assert_mem_eq(ids, expected, sizeof expected);
    assert_decodes(ids, 6, 0, emend_str("1"));
    assert_decodes(ids, 6, EMEND_ENCODE_SPECIAL, text);

    ck_assert_uint_eq(encode_ok(text, 0, ids, 64), text.len);
    for (uint64_t i = 0; i < text.len; i++) {
        ck_assert_msg(ids[i] > 4, "ordinary text never yields a special id");
    }
}
END_TEST

START_TEST(length_is_told_beyond_the_capacity) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    int32_t ids[2] = {-7, -7};
    ck_assert_uint_eq(encode_ok(emend_str("hello"), 0, NULL, 0), 5);
    ck_assert_uint_eq(encode_ok(emend_str("hello"), 0, ids, 1), 5);
    ck_assert_int_eq(ids[1], -7);
    ck_assert_uint_eq(encode_ok((EmendStr){NULL, 0}, 0, NULL, 0), 0);
    assert_decodes(NULL, 0, 0, emend_str(""));
}
END_TEST

START_TEST(every_byte_sequence_has_ids_in_bytes_mode) {
    Config config = CONFIG_INIT;
    config.has_mode = 1;
    config.mode = EMEND__TOKENIZERS__CHARS__CONFIG__MODE__BYTES;
    create_ok(&config);
    ck_assert_uint_eq(tokenizer()->vocab_size(subject.self), 4 + 256);
    int32_t ids[8];
    EmendStr text = {"\0\xFFx\xC3\xA9", 5};
    ck_assert_uint_eq(encode_ok(text, 0, ids, 8), 5);
    ck_assert_int_eq(ids[0], FIRST_CHARACTER);
    ck_assert_int_eq(ids[1], FIRST_CHARACTER + 0xFF);
    // Text is UTF-8: what a policy samples beside it is shown as U+FFFD.
    assert_decodes(ids, 5, 0, (EmendStr){"\0\xEF\xBF\xBDx\xC3\xA9", 7});
}
END_TEST

static const struct {
    const char *text;
    size_t len;
    const char *message;
} foreign[] = {
    {"12\xC3\xA9", 4, "byte 2: the character '\xC3\xA9' (U+00E9) is not in the alphabet"},
    {"\t", 1, "byte 0: the character U+0009"},
    {"ab\0", 3, "byte 2: the character U+0000"},
    {"a\xF0\x9F\x98\x80", 5, "byte 1: the character '\xF0\x9F\x98\x80' (U+1F600)"},
    {"abc\xFF", 4, "byte 3: 0xFF does not begin a UTF-8 character"},
    {"\xC0\xAF", 2, "byte 0: 0xC0 does not begin a UTF-8 character"},
    {"\xED\xA0\x80", 3, "byte 0: 0xED does not begin"},
    {"a\xE2\x82", 3, "byte 1: 0xE2 does not begin"},
};

START_TEST(character_outside_the_alphabet_is_named_with_its_place) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    uint64_t n = 0;
    EmendStr text = {foreign[_i].text, foreign[_i].len};
    ck_assert_int_eq(encode(text, 0, NULL, 0, &n), EMEND_INVALID_ARGUMENT);
    assert_message(foreign[_i].message);
}
END_TEST

START_TEST(id_outside_the_vocabulary_is_refused) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    const int32_t bad[][2] = {{5, 100}, {5, -1}, {5, INT32_MAX}, {5, INT32_MIN}};
    for (int i = 0; i < 4; i++) {
        Puts puts = {0};
        EmendSink sink = puts_sink(&puts);
        ck_assert_int_eq(tokenizer()->decode(subject.self, bad[i], 2, 0, &sink, &subject.err),
                         EMEND_OUT_OF_RANGE);
        assert_message("position 1: the id is ");
        assert_message("it must be 0 to 99");
        ck_assert_int_eq(puts.n, 0);
    }
}
END_TEST

static const struct {
    const char *alphabet;
    char *piece, *special;
    bool is_bytes;
    const char *message;
} refused[] = {
    {"", NULL, NULL, false, "alphabet: is empty"},
    {"abca", NULL, NULL, false, "alphabet: 'a' is there twice, as tokens 4 and 7"},
    {"ab\xFF", NULL, NULL, false, "alphabet: byte 2 does not begin a UTF-8 character"},
    {"ab", NULL, NULL, true, "alphabet: is set with mode BYTES"},
    {"ab", "b", NULL, false, "alphabet: 'b' is there twice"},
    {"ab", "", NULL, false, "piece[0]: has 0 bytes"},
    {"ab", "\xC3", NULL, false, "piece[0]: is not UTF-8"},
    {"ab", "<|end|>", NULL, false, "piece: '<|end|>' is there twice"},
    {"ab", NULL, "<|end|>", false, "extra_special: '<|end|>' is there twice"},
    {"ab", NULL, "", false, "extra_special[0]: has 0 bytes"},
    {NULL, "x", NULL, true, "alphabet: 'x' is there twice"},
};

START_TEST(config_that_cannot_be_right_is_refused_with_its_field) {
    Config config = CONFIG_INIT;
    char alphabet[16], *piece = refused[_i].piece, *special = refused[_i].special;
    if (refused[_i].alphabet) {
        strcpy(alphabet, refused[_i].alphabet);
        config.alphabet = alphabet;
    }
    config.piece = &piece;
    config.n_piece = piece != NULL;
    config.extra_special = &special;
    config.n_extra_special = special != NULL;
    config.has_mode = refused[_i].is_bytes;
    config.mode = refused[_i].is_bytes ? EMEND__TOKENIZERS__CHARS__CONFIG__MODE__BYTES
                                       : EMEND__TOKENIZERS__CHARS__CONFIG__MODE__CHARS;
    ck_assert_int_eq(create(&config), EMEND_INVALID_ARGUMENT);
    assert_message(refused[_i].message);
}
END_TEST

START_TEST(bytes_that_are_no_config_are_refused) {
    ck_assert_int_eq(subject_create(&subject, "\xFF\xFF\xFF", 3), EMEND_INVALID_ARGUMENT);
    assert_message("are no emend.tokenizers.chars.Config");
}
END_TEST

static void save_ok(void) {
    EmendStatus status = tokenizer()->save(subject.self, emend_str(folder), &subject.err);
    ck_assert_msg(status == EMEND_OK, "%s", subject.message);
}

static EmendStatus load(void) {
    return tokenizer()->load(subject.self, emend_str(folder), &subject.err);
}

static Config small_config(void) {
    static char *pieces[] = {"\\boxed{"}, *extra[] = {"<|tool|>"};
    Config config = CONFIG_INIT;
    config.alphabet = "0123456789+=}é\n\"\\";
    config.piece = pieces;
    config.n_piece = 1;
    config.extra_special = extra;
    config.n_extra_special = 1;
    return config;
}

START_TEST(empty_config_takes_over_the_saved_vocabulary) {
    Config config = small_config(), empty = CONFIG_INIT;
    create_ok(&config);
    EmendStr text = emend_str("\\boxed{1+2}=3é\n\"\\");
    int32_t before[32], after[32];
    uint64_t n = encode_ok(text, 0, before, 32);
    save_ok();
    create_ok(&empty);
    ck_assert_msg(load() == EMEND_OK, "%s", subject.message);
    ck_assert_uint_eq(tokenizer()->vocab_size(subject.self), 5 + 1 + 17);
    ck_assert_uint_eq(encode_ok(text, 0, after, 32), n);
    ck_assert_mem_eq(before, after, n * sizeof *before);
}
END_TEST

START_TEST(saved_vocabulary_agrees_with_the_config_it_was_made_from) {
    Config config = small_config();
    create_ok(&config);
    save_ok();
    save_ok(); // over the file that is there
    ck_assert_msg(load() == EMEND_OK, "%s", subject.message);
    config = (Config)CONFIG_INIT;
    config.has_mode = 1;
    config.mode = EMEND__TOKENIZERS__CHARS__CONFIG__MODE__BYTES;
    create_ok(&config);
    save_ok();
    ck_assert_msg(load() == EMEND_OK, "%s", subject.message);
}
END_TEST

START_TEST(saved_vocabulary_of_another_config_is_refused) {
    Config config = small_config();
    create_ok(&config);
    save_ok();

    config.alphabet = "1023456789+=}é\n\"\\";
    create_ok(&config);
    ck_assert_int_eq(load(), EMEND_INVALID_ARGUMENT);
    assert_message("chars.json: token 6 is '0' of alphabet, but the recipe's is '1' of alphabet");
    config.alphabet = "0123456789+=}é\n\"";
    create_ok(&config);
    ck_assert_int_eq(load(), EMEND_INVALID_ARGUMENT);
    assert_message("chars.json: has 23 tokens, but the recipe's config has 22");
    config = (Config)CONFIG_INIT;
    config.has_mode = 1;
    config.mode = EMEND__TOKENIZERS__CHARS__CONFIG__MODE__BYTES;
    create_ok(&config);
    ck_assert_int_eq(load(), EMEND_INVALID_ARGUMENT);
    assert_message("chars.json: mode is CHARS, but the recipe's is BYTES");
}
END_TEST

static const struct {
    const char *file;
    EmendStatus status;
    const char *message;
} broken[] = {
    {NULL, EMEND_NOT_FOUND, "chars.json: No such file"},
    {"{\"format\":", EMEND_DATA_LOSS, "chars.json:1:"},
    {"[]", EMEND_DATA_LOSS, "format is ''"},
    {"{\"format\":\"other/1\"}", EMEND_DATA_LOSS,
     "format is 'other/1'; it must be 'emend.chars/1'"},
    {"{\"format\":\"emend.chars/1\",\"mode\":\"WORDS\"}", EMEND_DATA_LOSS, "mode is 'WORDS'"},
    {"{\"format\":\"emend.chars/1\",\"mode\":\"CHARS\"}", EMEND_DATA_LOSS, "alphabet is missing"},
    {"{\"format\":\"emend.chars/1\",\"mode\":\"BYTES\",\"piece\":3}", EMEND_DATA_LOSS,
     "piece is missing or not an array"},
    {"{\"format\":\"emend.chars/1\",\"mode\":\"BYTES\",\"piece\":[\"ab\",3]}", EMEND_DATA_LOSS,
     "piece[1] is not a string"},
    {"{\"format\":\"emend.chars/1\",\"mode\":\"CHARS\",\"alphabet\":\"aa\",\"piece\":[],"
     "\"extra_special\":[]}",
     EMEND_INVALID_ARGUMENT, "chars.json: alphabet: 'a' is there twice"},
};

START_TEST(broken_file_is_refused_with_its_path) {
    if (broken[_i].file) {
        char path[128];
        snprintf(path, sizeof path, "%s/chars.json", folder);
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        fputs(broken[_i].file, file);
        fclose(file);
    }
    Config config = CONFIG_INIT;
    create_ok(&config);
    ck_assert_int_eq(load(), broken[_i].status);
    assert_message(broken[_i].message);
    assert_message(folder);
    ck_assert_uint_eq(tokenizer()->vocab_size(subject.self), 100);
}
END_TEST

START_TEST(folder_that_is_not_there_cannot_be_saved_to) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    EmendStr nowhere = emend_str("/tmp/test_chars_nowhere/at/all");
    ck_assert_int_eq(tokenizer()->save(subject.self, nowhere, &subject.err), EMEND_DENIED);
    assert_message("/tmp/test_chars_nowhere/at/all/chars.json: cannot be written");
}
END_TEST

START_TEST(each_failed_allocation_is_told_and_leaks_nothing) {
    Config config = small_config();
    int64_t n_failures = 0;
    for (; n_failures < 50; n_failures++) {
        subject.host.n_left = n_failures;
        EmendStatus status = create(&config);
        if (status == EMEND_OK) {
            break;
        }
        ck_assert_int_eq(status, EMEND_EXHAUSTED);
        assert_message("no memory");
    }
    ck_assert_int_ge(n_failures, 4);
    subject.host.n_left = 0;
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    int32_t id = 7;
    ck_assert_int_eq(tokenizer()->decode(subject.self, &id, 1, 0, &sink, &subject.err),
                     EMEND_EXHAUSTED);
    subject.host.n_left = -1;
}
END_TEST

static Suite *chars_suite(void) {
    TCase *tcase = tcase_create("chars");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, default_alphabet_is_newline_and_printable_ascii);
    tcase_add_test(tcase, text_comes_back_through_its_ids);
    tcase_add_test(tcase, the_longest_piece_wins);
    tcase_add_test(tcase, special_ids_come_from_templates_alone);
    tcase_add_test(tcase, length_is_told_beyond_the_capacity);
    tcase_add_test(tcase, every_byte_sequence_has_ids_in_bytes_mode);
    tcase_add_loop_test(tcase, character_outside_the_alphabet_is_named_with_its_place, 0,
                        sizeof foreign / sizeof foreign[0]);
    tcase_add_test(tcase, id_outside_the_vocabulary_is_refused);
    tcase_add_loop_test(tcase, config_that_cannot_be_right_is_refused_with_its_field, 0,
                        sizeof refused / sizeof refused[0]);
    tcase_add_test(tcase, bytes_that_are_no_config_are_refused);
    tcase_add_test(tcase, empty_config_takes_over_the_saved_vocabulary);
    tcase_add_test(tcase, saved_vocabulary_agrees_with_the_config_it_was_made_from);
    tcase_add_test(tcase, saved_vocabulary_of_another_config_is_refused);
    tcase_add_loop_test(tcase, broken_file_is_refused_with_its_path, 0,
                        sizeof broken / sizeof broken[0]);
    tcase_add_test(tcase, folder_that_is_not_there_cannot_be_saved_to);
    tcase_add_test(tcase, each_failed_allocation_is_told_and_leaks_nothing);
    Suite *suite = suite_create("chars");
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(chars_suite());
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}

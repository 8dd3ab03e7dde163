/* The tokenizer as a run calls it. */
#include "config.pb-c.h"
#include "emend/testing.h"
#include "emend/tokenizer.h"
#include <check.h>

static EmendTest test;
static const EmendTokenizer *tokenizer;

static void open_default(void) {
    EmendStatus status = emend_test_create(&test, EMEND_KIND_TOKENIZER, "@NAME@", (EmendBytes){0});
    ck_assert_msg(status == EMEND_OK, "%s", test.message);
    tokenizer = test.table;
}

static void close_default(void) {
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
}

START_TEST(every_character_is_itself_again) {
    int32_t ids[128];
    uint64_t n = 0;
    char text[96];
    EmendTestSink sink;
    for (int i = 0; i < 95; i++) {
        text[i] = (char)(' ' + i);
    }
    text[95] = '\n';
    EmendStr all = {text, sizeof text};
    ck_assert_int_eq(tokenizer->encode(test.self, all, 0, ids, 128, &n, &test.err), EMEND_OK);
    ck_assert_uint_eq(n, 96);
    ck_assert_uint_eq(tokenizer->vocab_size(test.self), 100);
    ck_assert_int_eq(tokenizer->decode(test.self, ids, n, 0, emend_test_sink(&sink), &test.err),
                     EMEND_OK);
    ck_assert_mem_eq(sink.text[0], text, sizeof text);
}
END_TEST

START_TEST(special_tokens_are_seen_where_they_are_asked_for) {
    int32_t ids[32];
    uint64_t n = 0;
    EmendTestSink sink;
    EmendStr text = emend_str("<|user|>?<|end|>");
    ck_assert_int_eq(
        tokenizer->encode(test.self, text, EMEND_ENCODE_SPECIAL, ids, 32, &n, &test.err), EMEND_OK);
    ck_assert_uint_eq(n, 3);
    ck_assert_int_eq(ids[0], 2);
    ck_assert_int_eq(tokenizer->decode(test.self, ids, n, EMEND_ENCODE_SPECIAL,
                                       emend_test_sink(&sink), &test.err),
                     EMEND_OK);
    ck_assert_str_eq(sink.text[0], "<|user|>?<|end|>");
    ck_assert_int_eq(tokenizer->decode(test.self, ids, n, 0, emend_test_sink(&sink), &test.err),
                     EMEND_OK);
    ck_assert_str_eq(sink.text[0], "?");
    ck_assert_int_eq(tokenizer->encode(test.self, text, 0, ids, 32, &n, &test.err), EMEND_OK);
    ck_assert_uint_eq(n, text.len);
}
END_TEST

START_TEST(tokens_are_counted_beyond_the_room_there_is) {
    int32_t ids[2] = {-7, -7};
    uint64_t n = 0;
    EmendStr text = emend_str("abc");
    ck_assert_int_eq(tokenizer->encode(test.self, text, 0, ids, 1, &n, &test.err), EMEND_OK);
    ck_assert_uint_eq(n, 3);
    ck_assert_int_eq(ids[1], -7);
}
END_TEST

START_TEST(what_has_no_token_is_refused_by_its_place) {
    int32_t ids[8] = {100};
    uint64_t n = 0;
    EmendTestSink sink;
    ck_assert_int_eq(tokenizer->encode(test.self, emend_str("a\tb"), 0, ids, 8, &n, &test.err),
                     EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(test.message, "byte 1: 0x09 has no token; the text must be printable ASCII");
    ids[0] = 100;
    ck_assert_int_eq(tokenizer->decode(test.self, ids, 1, 0, emend_test_sink(&sink), &test.err),
                     EMEND_OUT_OF_RANGE);
    ck_assert_str_eq(test.message, "position 0: the id is 100; it must be 0 to 99");
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("@NAME@");
    tcase_add_checked_fixture(tcase, open_default, close_default);
    tcase_add_test(tcase, every_character_is_itself_again);
    tcase_add_test(tcase, special_tokens_are_seen_where_they_are_asked_for);
    tcase_add_test(tcase, tokens_are_counted_beyond_the_room_there_is);
    tcase_add_test(tcase, what_has_no_token_is_refused_by_its_place);
    Suite *suite = suite_create("@NAME@");
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

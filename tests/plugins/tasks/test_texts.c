/* SPDX-License-Identifier: Apache-2.0 */
/* What plugins/tasks share of texts: questions, a text that grows, an arena. */
#include "coding_host.h"

#include <check.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static const struct {
    const char *text, *trimmed, *first_line;
} texts[] = {{"", "", NULL},  {" \t\r\n\v\f", "", " \t\r"},
             {"a", "a", "a"}, {" a b\n c \n", "a b\n c", " a b"},
             {"\n", "", ""},  {"\xC2\xA0", "\xC2\xA0", "\xC2\xA0"}};

START_TEST(white_space_is_ascii) {
    EmendStr text = emend_str(texts[_i].text), rest = text, line = {0};
    ck_assert(str_is(str_trim(text), texts[_i].trimmed));
    ck_assert_int_eq(str_is_blank(text), texts[_i].trimmed[0] == '\0');
    ck_assert_int_eq(str_line(&rest, &line), texts[_i].first_line != NULL);
    ck_assert(!texts[_i].first_line || str_is(line, texts[_i].first_line));
}
END_TEST

START_TEST(questions_stay_within_the_text) {
    EmendStr text = str_head(emend_str("abcabc"), 5); // its bytes go on
    ck_assert(str_starts(text, "abca") && !str_starts(text, "abcabc"));
    ck_assert(str_ends(text, "ab") && !str_ends(text, "bc"));
    ck_assert_uint_eq(str_find(text, "ab", 1), 3);
    ck_assert_uint_eq(str_find(text, "bc", 2), text.len);
    ck_assert_uint_eq(str_find(text, "a", 9), text.len);
    ck_assert(str_equal(str_skip(text, 3), emend_str("ab")));
    ck_assert(str_is_word(text, "ABCab") && !str_is_word(text, "abcabc"));
    ck_assert(str_equal((EmendStr){0}, emend_str("")) && str_is_blank((EmendStr){0}));
}
END_TEST

START_TEST(text_grows_and_keeps_what_it_has) {
    Text text = {.host = &coding_host};
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(text_add_c(&text, "ab", NULL), EMEND_OK);
    }
    ck_assert_uint_eq(text.len, 2000);
    ck_assert_int_eq(memcmp(text.bytes + 1998, "ab", 2), 0);
    text_finish(&text);
    ck_assert_int_eq(coding_n_live(), 0);
}
END_TEST

// Whatever lengths came before, and whatever was given back.
START_TEST(rooms_of_an_arena_fit_any_type_and_stay_apart) {
    Arena arena = {&coding_host, NULL};
    unsigned char *rooms[400];
    for (uint64_t i = 0; i < 400; i++) {
        uint64_t n = i % 97 == 0 ? 300000 : i;
        rooms[i] = arena_room(&arena, n);
        ck_assert_ptr_nonnull(rooms[i]);
        ck_assert_uint_eq((uintptr_t)rooms[i] % _Alignof(max_align_t), 0);
        memset(rooms[i], (int)(i % 251), n);
        if (i % 3 == 0) {
            arena_trim(&arena, rooms[i], n / 2);
        }
    }
    for (uint64_t i = 0; i < 400; i++) {
        uint64_t n = (i % 97 == 0 ? 300000 : i) / (i % 3 == 0 ? 2 : 1);
        ck_assert(n == 0 || (rooms[i][0] == i % 251 && rooms[i][n - 1] == i % 251));
    }
    arena_free(&arena);
    ck_assert_int_eq(coding_n_live(), 0);
}
END_TEST

START_TEST(memory_that_is_not_there_is_told) {
    Arena arena = {&coding_host, NULL};
    Text text = {.host = &coding_host};
    EmendStr kept = {0};
    char message[128] = "";
    EmendError err = emend_error_on(message, sizeof message);
    coding_fail_at(1);
    ck_assert_int_eq(arena_keep(&arena, emend_str("abc"), &kept, &err), EMEND_EXHAUSTED);
    ck_assert_str_eq(message, "no memory for a text of 3 bytes");
    coding_fail_at(1);
    ck_assert_int_eq(text_add_c(&text, "abc", &err), EMEND_EXHAUSTED);
    ck_assert_uint_eq(text.len, 0);
    text_finish(&text);
    arena_free(&arena);
    ck_assert_int_eq(coding_n_live(), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("texts");
    TCase *tcase = tcase_create("texts");
    tcase_add_loop_test(tcase, white_space_is_ascii, 0, sizeof texts / sizeof texts[0]);
    tcase_add_test(tcase, questions_stay_within_the_text);
    tcase_add_test(tcase, text_grows_and_keeps_what_it_has);
    tcase_add_test(tcase, rooms_of_an_arena_fit_any_type_and_stay_apart);
    tcase_add_test(tcase, memory_that_is_not_there_is_told);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}

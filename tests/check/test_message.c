/* SPDX-License-Identifier: Apache-2.0 */
#include "check/message.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct Case {
    EmendStatus status, code;
    const char *text; /* of 8 bytes of room; 'X' fills all of it */
    const char *why;  /* NULL: it is good */
} Case;

static const Case cases[] = {
    {EMEND_INVALID_ARGUMENT, EMEND_INVALID_ARGUMENT, "a: b", NULL},
    {EMEND_EXHAUSTED, EMEND_EXHAUSTED, "\xC3\xA9", NULL},
    {EMEND_INTERNAL, EMEND_INTERNAL, "", "it failed with INTERNAL and wrote no message"},
    {EMEND_INTERNAL, EMEND_INTERNAL, "X", "its message fills all 8 bytes; it must end with a NUL"},
    {EMEND_INTERNAL, EMEND_INTERNAL, "ab\xC3", "its message is not UTF-8 at byte 2"},
    {EMEND_INTERNAL, EMEND_INTERNAL, "a\nb", "its message has several lines; it must be one"},
    {EMEND_INTERNAL, EMEND_UNKNOWN, "a", "it returned INTERNAL and wrote the code UNKNOWN"},
    {99, 99, "a", "it returned the status 99; it must be one of EMEND_*"},
    {-1, -1, "a", "it returned the status -1"},
};

START_TEST(a_message_is_good_or_it_is_said_why_not) {
    char buffer[8], why[256] = "";
    EmendError err = emend_error_on(buffer, sizeof buffer);
    if (cases[_i].text[0] == 'X') {
        memset(buffer, 'X', sizeof buffer);
    } else {
        strcpy(buffer, cases[_i].text);
    }
    err.code = cases[_i].code;
    ck_assert_int_eq(message_is_good(cases[_i].status, &err, why, sizeof why), !cases[_i].why);
    ck_assert_msg(strstr(why, cases[_i].why ? cases[_i].why : "") != NULL, "\"%s\"", why);
}
END_TEST

START_TEST(a_quote_is_one_line_of_whole_characters) {
    char buffer[16] = "a\nb\xC3\xA9z", quote[5];
    EmendError err = {sizeof err, EMEND_INTERNAL, 0, sizeof buffer, buffer, NULL};
    message_quote(&err, quote, sizeof quote);
    ck_assert_str_eq(quote, "a b");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("check_message");
    TCase *tcase = tcase_create("message");
    tcase_add_loop_test(tcase, a_message_is_good_or_it_is_said_why_not, 0,
                        sizeof cases / sizeof *cases);
    tcase_add_test(tcase, a_quote_is_one_line_of_whole_characters);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

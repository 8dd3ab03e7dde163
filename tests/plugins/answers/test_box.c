/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text, *answer; // NULL: there is none
} boxes[] = {
    {"so \\boxed{7}", "7"},
    {"\\boxed{ 7 \n}", "7"},
    {"\\fbox{7}", "7"},
    {"\\boxed {7}", "7"},
    {"\\boxed{\\frac{1}{2}}", "\\frac{1}{2}"},
    {"\\boxed{\\frac{\\sqrt{3}}{2}} and so on", "\\frac{\\sqrt{3}}{2}"},
    {"\\boxed{\\{1,2\\}}", "\\{1,2\\}"},
    {"\\boxed{\\left\\{ 1 \\right.}", "\\left\\{ 1 \\right."},
    {"\\boxed{a \\\\ {b}}", "a \\\\ {b}"},
    {"\\boxed{1} or \\boxed{2}", "2"},
    {"\\boxed{1}, \\fbox{2}", "2"},
    {"\\fbox{1}, \\boxed{2} }}", "2"},
    {"\\boxed{a \\boxed{b}}", "b"},
    {"$\\boxed 7$ is it", "7"},
    {"$\\boxed  x+1 $", "x+1"},
    {"\\boxedness \\boxed{3} \\boxedly{4}", "3"},
    {"\\boxed{3}, as \\boxed, it is", "3"},
    {"", NULL},
    {"no answer at all", NULL},
    {"\\boxed", NULL},
    {"\\boxed{3}\\boxed", NULL},
    {"\\boxed{7\\ }", "7\\ "},
    {"\\boxed ", NULL},
    {"\\boxed{", NULL},
    {"\\boxed{}", NULL},
    {"\\boxed{  }", NULL},
    {"\\boxed{7", NULL},
    {"\\boxed{7\\}", NULL},
    {"\\boxed{7\\", NULL},
    {"\\boxed{3} then \\boxed{4", NULL},
    {"\\boxed 7 without a dollar", NULL},
    {"boxed{7}", NULL},
    {"}{\\boxed{{7}", NULL},
};

START_TEST(last_closed_box_is_the_answer) {
    EmendStr answer = {NULL, 0};
    size_t n = strlen(boxes[_i].text);
    char *copy = malloc(n > 0 ? n : 1); // ends where the text does
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, boxes[_i].text, n);
    bool is_there = answer_in_box((EmendStr){copy, n}, &answer);
    ck_assert_msg(is_there == (boxes[_i].answer != NULL), "'%s'", boxes[_i].text);
    if (is_there) {
        ck_assert_msg(answer.len == strlen(boxes[_i].answer) &&
                          memcmp(answer.ptr, boxes[_i].answer, answer.len) == 0,
                      "'%s' has '%.*s'", boxes[_i].text, (int)answer.len, answer.ptr);
    }
    free(copy);
}
END_TEST

START_TEST(zero_bytes_and_broken_utf8_are_bytes_like_others) {
    static const char text[] = "\xFF\0\xC3\\boxed{\0\xE2\x82}\0";
    EmendStr answer = {NULL, 0};
    ck_assert(answer_in_box((EmendStr){text, sizeof text - 1}, &answer));
    ck_assert_uint_eq(answer.len, 3);
    ck_assert_mem_eq(answer.ptr, "\0\xE2\x82", 3);
    ck_assert(!answer_in_box((EmendStr){NULL, 0}, &answer));
}
END_TEST

START_TEST(huge_text_is_read_in_linear_time) {
    enum { N_BYTES = 1 << 24 };
    char *text = malloc(N_BYTES);
    ck_assert_ptr_nonnull(text);
    EmendStr answer = {NULL, 0};
    for (size_t i = 0; i < N_BYTES; i++) {
        text[i] = "\\boxed{"[i % 7];
    }
    ck_assert(!answer_in_box((EmendStr){text, N_BYTES}, &answer));
    memset(text + N_BYTES / 2, '}', N_BYTES / 2);
    ck_assert(!answer_in_box((EmendStr){text, N_BYTES / 2 - 1}, &answer));
    memset(text, '\\', N_BYTES);
    ck_assert(!answer_in_box((EmendStr){text, N_BYTES}, &answer));
    free(text);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("box");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, last_closed_box_is_the_answer, 0, sizeof boxes / sizeof boxes[0]);
    tcase_add_test(tcase, zero_bytes_and_broken_utf8_are_bytes_like_others);
    tcase_add_test(tcase, huge_text_is_read_in_linear_time);
    Suite *suite = suite_create("box");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "graded.h"
#include "progress/config.pb-c.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef Emend__Rewards__Progress__Config Config;
#define CONFIG_INIT EMEND__REWARDS__PROGRESS__CONFIG__INIT

static Subject subject;

static void set_up(void) {
    subject_open(&subject, "emend.rewards.progress", "progress", EMEND_KIND_REWARD);
}

static void tear_down(void) {
    subject_close(&subject);
}

static EmendStatus create(double alpha) {
    Config config = CONFIG_INIT;
    uint8_t bytes[64];
    config.has_alpha = 1;
    config.alpha = alpha;
    size_t n_bytes = emend__rewards__progress__config__pack(&config, bytes);
    return subject_create(&subject, bytes, n_bytes);
}

// Section 1.3 of the paper's facts: what turn 2 is worth in all, with alpha = 10.
static const struct {
    double first, second, total;
} truth[] = {{0, 0, 0}, {0, 1, 11}, {1, 0, -10}, {1, 1, 1}};

START_TEST(with_correctness_turn_2_is_worth_the_paper_s_shaped_reward) {
    Subject correctness;
    Graded graded;
    subject_open(&correctness, "emend.rewards.correctness", "correctness", EMEND_KIND_REWARD);
    ck_assert_int_eq(subject_create(&correctness, NULL, 0), EMEND_OK);
    ck_assert_int_eq(subject_create(&subject, NULL, 0), EMEND_OK);
    graded_init(&graded, 2, (const double[]){truth[_i].first, truth[_i].second});
    graded_score(&graded, &correctness);
    double first = graded.scores[0].value;
    double second = graded.scores[1].value;
    graded_score(&graded, &subject);
    ck_assert_msg(graded.scores[0].state == EMEND_SCORE_NONE, "the first turn gets no bonus");
    ck_assert_uint_eq(graded.scores[1].state, EMEND_SCORE_VALUE);
    ck_assert_double_eq(first, truth[_i].first);
    ck_assert_double_eq(second + graded.scores[1].value, truth[_i].total);
    subject_close(&correctness);
}
END_TEST

START_TEST(each_turn_is_measured_against_the_one_before) {
    Graded graded;
    graded_init(&graded, 3, (const double[]){0.5, 0.25, 1});
    ck_assert_int_eq(create(4), EMEND_OK);
    graded_score(&graded, &subject);
    ck_assert_double_eq(graded.scores[1].value, -1);
    ck_assert_double_eq(graded.scores[2].value, 3);
}
END_TEST

START_TEST(alpha_0_gives_a_value_of_0) {
    Graded graded;
    graded_init(&graded, 2, (const double[]){1, 0});
    ck_assert_int_eq(create(0), EMEND_OK);
    graded_score(&graded, &subject);
    ck_assert_uint_eq(graded.scores[1].state, EMEND_SCORE_VALUE);
    ck_assert_double_eq(graded.scores[1].value, 0);
}
END_TEST

enum { V = EMEND_SCORE_VALUE, A = EMEND_SCORE_ABSTAIN, E = EMEND_SCORE_ERROR };

static const struct {
    uint32_t first, second, expected;
    const char *reason;
} passing[] = {{A, V, A, "first"},  {V, A, A, "second"}, {E, V, E, "first"}, {V, E, E, "second"},
               {A, A, A, "second"}, {A, E, E, "second"}, {E, A, E, "first"}, {E, E, E, "second"}};

START_TEST(a_grade_without_a_value_is_passed_on_and_errors_come_first) {
    Graded graded;
    graded_init(&graded, 2, (const double[]){1, 1});
    if (passing[_i].first != V) {
        graded_set(&graded, 0, passing[_i].first, "first");
    }
    if (passing[_i].second != V) {
        graded_set(&graded, 1, passing[_i].second, "second");
    }
    ck_assert_int_eq(create(10), EMEND_OK);
    graded_score(&graded, &subject);
    ck_assert_uint_eq(graded.scores[0].state, EMEND_SCORE_NONE);
    ck_assert_uint_eq(graded.scores[1].state, passing[_i].expected);
    ck_assert_str_eq(graded.scores[1].reason, passing[_i].reason);
    ck_assert_double_eq(graded.scores[1].value, 0);
}
END_TEST

START_TEST(a_missing_grade_of_the_turn_before_is_an_error_and_not_a_zero) {
    Graded graded;
    graded_init(&graded, 2, (const double[]){0, 1});
    graded.attempts[0].attempt.grade = NULL;
    ck_assert_int_eq(create(10), EMEND_OK);
    graded_score(&graded, &subject);
    ck_assert_uint_eq(graded.scores[1].state, EMEND_SCORE_ERROR);
    ck_assert_str_eq(graded.scores[1].reason, "the task gave no grade");
}
END_TEST

START_TEST(one_turn_is_no_progress_and_no_harm) {
    Graded graded;
    graded_init(&graded, 1, (const double[]){1});
    ck_assert_int_eq(create(10), EMEND_OK);
    graded_score(&graded, &subject);
    ck_assert_uint_eq(graded.scores[0].state, EMEND_SCORE_NONE);
}
END_TEST

START_TEST(alpha_that_cannot_be_right_is_refused_with_its_field) {
    ck_assert_int_eq(create(-1), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(subject.message, "alpha: it is -1; it must be finite and 0 or more");
    ck_assert_int_eq(create(INFINITY), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(subject.message, "alpha: it is inf; it must be finite and 0 or more");
    ck_assert_int_eq(create((double)NAN), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strncmp(subject.message, "alpha: ", 7) == 0, "%s", subject.message);
    ck_assert_int_eq(subject_create(&subject, "\xff", 1), EMEND_INVALID_ARGUMENT);
}
END_TEST

START_TEST(memory_that_runs_out_is_a_status) {
    subject.host.n_left = 0;
    ck_assert_int_eq(create(10), EMEND_EXHAUSTED);
    ck_assert_str_eq(subject.message, "config: no memory for its 9 bytes");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("progress");
    TCase *tcase = tcase_create("progress");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, with_correctness_turn_2_is_worth_the_paper_s_shaped_reward, 0, 4);
    tcase_add_test(tcase, each_turn_is_measured_against_the_one_before);
    tcase_add_test(tcase, alpha_0_gives_a_value_of_0);
    tcase_add_loop_test(tcase, a_grade_without_a_value_is_passed_on_and_errors_come_first, 0, 8);
    tcase_add_test(tcase, a_missing_grade_of_the_turn_before_is_an_error_and_not_a_zero);
    tcase_add_test(tcase, one_turn_is_no_progress_and_no_harm);
    tcase_add_test(tcase, alpha_that_cannot_be_right_is_refused_with_its_field);
    tcase_add_test(tcase, memory_that_runs_out_is_a_status);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

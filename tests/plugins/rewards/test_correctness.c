/* SPDX-License-Identifier: Apache-2.0 */
#include "correctness/config.pb-c.h"
#include "graded.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef Emend__Rewards__Correctness__Config Config;
#define CONFIG_INIT EMEND__REWARDS__CORRECTNESS__CONFIG__INIT
#define ABSTAIN EMEND__REWARDS__CORRECTNESS__CONFIG__TRUNCATED__ABSTAIN

static Subject subject;
static const double grades[] = {1, 0, 0.25};

static void set_up(void) {
    subject_open(&subject, "emend.rewards.correctness", "correctness", EMEND_KIND_REWARD);
}

static void tear_down(void) {
    subject_close(&subject);
}

static EmendStatus create(const Config *config) {
    uint8_t bytes[256];
    size_t n_bytes = emend__rewards__correctness__config__get_packed_size(config);
    ck_assert_uint_le(n_bytes, sizeof bytes);
    emend__rewards__correctness__config__pack(config, bytes);
    return subject_create(&subject, bytes, n_bytes);
}

static void assert_refused(const Config *config, const char *message) {
    ck_assert_int_eq(create(config), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(subject.message, message);
}

START_TEST(without_a_config_every_turn_is_worth_its_grade) {
    Graded graded;
    graded_init(&graded, 3, grades);
    ck_assert_int_eq(subject_create(&subject, NULL, 0), EMEND_OK);
    graded_score(&graded, &subject);
    for (int t = 0; t < 3; t++) {
        ck_assert_uint_eq(graded.scores[t].state, EMEND_SCORE_VALUE);
        ck_assert_double_eq(graded.scores[t].value, grades[t]);
    }
}
END_TEST

START_TEST(turns_that_are_not_listed_get_nothing) {
    Graded graded;
    Config config = CONFIG_INIT;
    uint32_t turns[] = {2};
    config.turn = turns;
    config.n_turn = 1;
    graded_init(&graded, 3, grades);
    graded_set(&graded, 0, EMEND_SCORE_ERROR, "of no interest");
    ck_assert_int_eq(create(&config), EMEND_OK);
    graded_score(&graded, &subject);
    ck_assert_uint_eq(graded.scores[0].state, EMEND_SCORE_NONE);
    ck_assert_uint_eq(graded.scores[1].state, EMEND_SCORE_VALUE);
    ck_assert_uint_eq(graded.scores[2].state, EMEND_SCORE_NONE);
}
END_TEST

START_TEST(the_weight_multiplies_the_grade) {
    Graded graded;
    Config config = CONFIG_INIT;
    config.has_weight = 1;
    config.weight = 3;
    graded_init(&graded, 3, grades);
    ck_assert_int_eq(create(&config), EMEND_OK);
    graded_score(&graded, &subject);
    ck_assert_double_eq(graded.scores[0].value, 3);
    ck_assert_double_eq(graded.scores[2].value, 0.75);
}
END_TEST

START_TEST(grades_without_a_value_are_passed_on_with_their_reason) {
    Graded graded;
    graded_init(&graded, 2, grades);
    graded_set(&graded, 0, EMEND_SCORE_ABSTAIN, "two readings");
    graded_set(&graded, 1, EMEND_SCORE_ERROR, "sandbox is gone");
    ck_assert_int_eq(subject_create(&subject, NULL, 0), EMEND_OK);
    graded_score(&graded, &subject);
    ck_assert_uint_eq(graded.scores[0].state, EMEND_SCORE_ABSTAIN);
    ck_assert_str_eq(graded.scores[0].reason, "two readings");
    ck_assert_uint_eq(graded.scores[1].state, EMEND_SCORE_ERROR);
    ck_assert_str_eq(graded.scores[1].reason, "sandbox is gone");
}
END_TEST

START_TEST(a_missing_or_infinite_grade_is_an_error_and_not_a_zero) {
    Graded graded;
    graded_init(&graded, 3, grades);
    graded_set(&graded, 0, EMEND_SCORE_NONE, "");
    graded.attempts[1].attempt.grade = NULL;
    graded.grades[2].value = INFINITY;
    ck_assert_int_eq(subject_create(&subject, NULL, 0), EMEND_OK);
    graded_score(&graded, &subject);
    for (int t = 0; t < 3; t++) {
        ck_assert_uint_eq(graded.scores[t].state, EMEND_SCORE_ERROR);
        ck_assert_str_ne(graded.scores[t].reason, "");
    }
}
END_TEST

START_TEST(truncated_attempts_count_unless_told_to_abstain) {
    Graded graded;
    Config config = CONFIG_INIT;
    graded_init(&graded, 2, grades);
    graded.attempts[0].attempt.is_truncated = 1;
    ck_assert_int_eq(create(&config), EMEND_OK);
    graded_score(&graded, &subject);
    ck_assert_uint_eq(graded.scores[0].state, EMEND_SCORE_VALUE);

    config.has_truncated = 1;
    config.truncated = ABSTAIN;
    ck_assert_int_eq(create(&config), EMEND_OK);
    graded_score(&graded, &subject);
    ck_assert_uint_eq(graded.scores[0].state, EMEND_SCORE_ABSTAIN);
    ck_assert_str_eq(graded.scores[0].reason, "the attempt was cut at the token limit");
    ck_assert_uint_eq(graded.scores[1].state, EMEND_SCORE_VALUE);
}
END_TEST

START_TEST(configs_that_cannot_be_right_are_refused_with_their_field) {
    Config config = CONFIG_INIT;
    uint32_t turns[] = {2, 0};
    config.turn = turns;
    config.n_turn = 2;
    assert_refused(&config, "turn[1]: it is 0; turns count from 1; leave the list empty to reward "
                            "every turn");
    config = (Config)CONFIG_INIT;
    config.has_weight = 1;
    config.weight = -0.5;
    assert_refused(&config, "weight: it is -0.5; it must be finite and 0 or more");
    config.weight = (double)NAN;
    ck_assert_int_eq(create(&config), EMEND_INVALID_ARGUMENT);
    config = (Config)CONFIG_INIT;
    config.has_truncated = 1;
    memset(&config.truncated, 7, 1);
    assert_refused(&config, "truncated: it is 7; it must be COUNT or ABSTAIN");
    ck_assert_int_eq(subject_create(&subject, "\xff", 1), EMEND_INVALID_ARGUMENT);
}
END_TEST

START_TEST(memory_that_runs_out_is_a_status_and_leaves_nothing) {
    Config config = CONFIG_INIT;
    uint32_t turns[] = {1, 2};
    config.turn = turns;
    config.n_turn = 2;
    int n = 0;
    do {
        subject.host.n_left = n++;
    } while (create(&config) != EMEND_OK);
    ck_assert_msg(n >= 3, "instance, config and list are each made to fail");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("correctness");
    TCase *tcase = tcase_create("correctness");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, without_a_config_every_turn_is_worth_its_grade);
    tcase_add_test(tcase, turns_that_are_not_listed_get_nothing);
    tcase_add_test(tcase, the_weight_multiplies_the_grade);
    tcase_add_test(tcase, grades_without_a_value_are_passed_on_with_their_reason);
    tcase_add_test(tcase, a_missing_or_infinite_grade_is_an_error_and_not_a_zero);
    tcase_add_test(tcase, truncated_attempts_count_unless_told_to_abstain);
    tcase_add_test(tcase, configs_that_cannot_be_right_are_refused_with_their_field);
    tcase_add_test(tcase, memory_that_runs_out_is_a_status_and_leaves_nothing);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes.h"
#include "train/score.h"
#include "train/tally.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Fake fake;
static Problem problem;
static Trajectory trajectory;
static ScoreCounts counts;
static char message[512];
static EmendError err;

static void setup(void) {
    fake_init(&fake);
    err = emend_error_on(message, sizeof message);
    problem = fake_problem("b");
    counts = (ScoreCounts){0};
    trajectory = (Trajectory){.problem = &problem};
    for (int t = 0; t < 2; t++) {
        trajectory_append_turn(&trajectory, (int32_t[]){5, FAKE_STOP}, NULL, 2, false, 1);
        trajectory.turns[t].response = strdup("a");
        trajectory.turns[t].response_len = 1;
    }
}

static void teardown(void) {
    trajectory_finish(&trajectory);
    problem_finish(&problem);
}

static void score_all(void) {
    Component rewards[] = {fake_reward(&fake)};
    ck_assert_int_eq(score_grade(&fake.engine, &trajectory, 1, &counts, &err), EMEND_OK);
    ck_assert_int_eq(score_reward(rewards, 1, 0, &trajectory, 1, &counts, &err), EMEND_OK);
}

START_TEST(a_reward_is_the_sum_over_the_plugins) {
    fake.reward[0] = (EmendScore){.state = EMEND_SCORE_VALUE, .value = 1.5};
    Component rewards[] = {fake_reward(&fake), fake_reward(&fake)};
    ck_assert_int_eq(score_grade(&fake.engine, &trajectory, 1, &counts, &err), EMEND_OK);
    ck_assert_int_eq(score_reward(rewards, 2, 0, &trajectory, 1, &counts, &err), EMEND_OK);
    ck_assert(trajectory.turns[0].reward == 3.0);
    ck_assert_uint_eq(trajectory.turns[0].state, EMEND_TURN_REWARDED);
    ck_assert_uint_eq(trajectory.turns[1].state, EMEND_TURN_UNREWARDED);
}
END_TEST

START_TEST(an_error_leaves_the_turn_out_and_never_counts_as_nought) {
    fake.reward[0] = (EmendScore){.state = EMEND_SCORE_VALUE, .value = 1};
    fake.reward[1] = (EmendScore){.state = EMEND_SCORE_ERROR, .reason = "the sandbox is gone"};
    score_all();
    ck_assert_uint_eq(trajectory.turns[0].state, EMEND_TURN_REWARDED);
    ck_assert_uint_eq(trajectory.turns[1].state, EMEND_TURN_LEFT_OUT);
    ck_assert_uint_eq(counts.n_errors, 1);
    ck_assert_str_eq(counts.first_error, "fake: problem id turn 2: the sandbox is gone");
}
END_TEST

START_TEST(a_turn_left_out_stays_out_whatever_later_plugins_say) {
    Fake second;
    fake_init(&second);
    fake.reward[0] = (EmendScore){.state = EMEND_SCORE_ABSTAIN, .reason = "unsure"};
    second.reward[0] = (EmendScore){.state = EMEND_SCORE_VALUE, .value = 5};
    Component rewards[] = {fake_reward(&fake), fake_reward(&second)};
    ck_assert_int_eq(score_grade(&fake.engine, &trajectory, 1, &counts, &err), EMEND_OK);
    ck_assert_int_eq(score_reward(rewards, 2, 0, &trajectory, 1, &counts, &err), EMEND_OK);
    ck_assert_uint_eq(trajectory.turns[0].state, EMEND_TURN_LEFT_OUT);
    ck_assert(trajectory.turns[0].reward == 0);
    ck_assert_uint_eq(counts.n_errors, 0);
    ck_assert_uint_eq(counts.n_abstained, 1);
}
END_TEST

START_TEST(a_score_that_is_no_number_is_an_error) {
    fake.reward[0] = (EmendScore){.state = EMEND_SCORE_VALUE, .value = NAN};
    score_all();
    ck_assert_uint_eq(trajectory.turns[0].state, EMEND_TURN_LEFT_OUT);
    ck_assert_uint_eq(counts.n_errors, 1);
}
END_TEST

START_TEST(a_score_of_no_known_state_is_an_error) {
    fake.reward[0] = (EmendScore){.state = 77, .value = 1};
    score_all();
    ck_assert_uint_eq(trajectory.turns[0].state, EMEND_TURN_LEFT_OUT);
    ck_assert_uint_eq(counts.n_errors, 1);
    ck_assert_ptr_nonnull(strstr(counts.first_error, "state is 77"));
}
END_TEST

START_TEST(a_task_without_a_verdict_is_an_error) {
    fake.grade = (EmendScore){.state = EMEND_SCORE_NONE};
    score_all();
    ck_assert_uint_eq(trajectory.turns[0].grade.state, EMEND_SCORE_ERROR);
    ck_assert_uint_eq(counts.n_errors, 2);
}
END_TEST

static void set_grades(bool first, bool second) {
    trajectory.turns[0].grade = (EmendScore){.state = EMEND_SCORE_VALUE, .value = first};
    trajectory.turns[1].grade = (EmendScore){.state = EMEND_SCORE_VALUE, .value = second};
}

START_TEST(deltas_are_shares_of_all_problems) {
    static const bool outcomes[][2] = {{0, 1}, {0, 0}, {1, 1}, {1, 0}, {0, 1}};
    Tally tally = {0};
    for (size_t i = 0; i < 5; i++) {
        set_grades(outcomes[i][0], outcomes[i][1]);
        ck_assert_int_eq(tally_add(&tally, &trajectory, 1, &err), EMEND_OK);
    }
    Emend__EvaluationResult *result = tally_result(&tally, "x", 7);
    ck_assert(result->accuracy[0] == 2.0 / 5 && result->accuracy[1] == 3.0 / 5);
    ck_assert(result->delta_i_to_c == 2.0 / 5 && result->delta_c_to_i == 1.0 / 5);
    // The identity that every row of the paper's tables obeys.
    double delta = result->accuracy[1] - result->accuracy[0];
    ck_assert(fabs(delta - (result->delta_i_to_c - result->delta_c_to_i)) < 1e-12);
    ck_assert_uint_eq(result->n_kind, 1);
    emend__evaluation_result__free_unpacked(result, NULL);
    tally_finish(&tally);
}
END_TEST

START_TEST(a_problem_that_cannot_be_graded_is_in_no_denominator) {
    Tally tally = {0};
    set_grades(1, 1);
    ck_assert_int_eq(tally_add(&tally, &trajectory, 1, &err), EMEND_OK);
    trajectory.turns[1].grade.state = EMEND_SCORE_ABSTAIN;
    ck_assert_int_eq(tally_add(&tally, &trajectory, 1, &err), EMEND_OK);
    Emend__EvaluationResult *result = tally_result(&tally, "x", 7);
    ck_assert_uint_eq(result->n_problems, 1);
    ck_assert_uint_eq(result->n_left_out, 1);
    ck_assert(result->accuracy[0] == 1);
    emend__evaluation_result__free_unpacked(result, NULL);
    tally_finish(&tally);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("score");
    TCase *cases = tcase_create("score");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_reward_is_the_sum_over_the_plugins);
    tcase_add_test(cases, an_error_leaves_the_turn_out_and_never_counts_as_nought);
    tcase_add_test(cases, a_turn_left_out_stays_out_whatever_later_plugins_say);
    tcase_add_test(cases, a_score_that_is_no_number_is_an_error);
    tcase_add_test(cases, a_score_of_no_known_state_is_an_error);
    tcase_add_test(cases, a_task_without_a_verdict_is_an_error);
    tcase_add_test(cases, deltas_are_shares_of_all_problems);
    tcase_add_test(cases, a_problem_that_cannot_be_graded_is_in_no_denominator);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

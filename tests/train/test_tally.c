/* SPDX-License-Identifier: Apache-2.0 */
#include "train/result.h"
#include "train/tally.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Tally tally;

static void teardown(void) {
    tally_finish(&tally);
}

static void add(const char *kind, const char *level, const char *first, const char *second,
                bool is_right) {
    Problem problem = {0};
    problem.fields[EMEND_PROBLEM_KIND] = (char *)(uintptr_t)kind;
    problem.lens[EMEND_PROBLEM_KIND] = strlen(kind);
    problem.fields[EMEND_PROBLEM_LEVEL] = (char *)(uintptr_t)level;
    problem.lens[EMEND_PROBLEM_LEVEL] = strlen(level);
    Trajectory trajectory = {.problem = &problem, .n_turns = 2};
    const char *responses[] = {first, second};
    for (uint32_t t = 0; t < 2; t++) {
        trajectory.turns[t].response = (char *)(uintptr_t)responses[t];
        trajectory.turns[t].response_len = strlen(responses[t]);
        trajectory.turns[t].grade =
            (EmendScore){.state = EMEND_SCORE_VALUE, .value = is_right && t == 1 ? 1 : 0};
    }
    ck_assert_int_eq(tally_add(&tally, &trajectory, 1, NULL), EMEND_OK);
}

static void add_some(void) {
    add("algebra", "10", "abcd", "abcd", false);
    add("geometry", "2", "abcd", "abxx", true);
    add("algebra", "2", "", "abcd", false);
    add("algebra", "", "ab", "abcd", true);
}

START_TEST(levels_are_told_in_their_order) {
    add_some();
    Emend__EvaluationResult *result = tally_result(&tally, "x", 1);
    ck_assert_uint_eq(result->n_kind, 2);
    ck_assert_str_eq(result->kind[0]->kind, "algebra");
    ck_assert_uint_eq(result->kind[0]->n_problems, 3);
    ck_assert_uint_eq(result->n_level, 2);
    ck_assert_str_eq(result->level[0]->kind, "2");
    ck_assert_uint_eq(result->level[0]->n_problems, 2);
    ck_assert(result->level[0]->accuracy[1] == 0.5);
    ck_assert(result->level[0]->delta_i_to_c == 0.5);
    ck_assert_str_eq(result->level[1]->kind, "10");
    emend__evaluation_result__free_unpacked(result, NULL);
}
END_TEST

START_TEST(how_much_a_correction_changes_is_a_mean_of_ratios) {
    add_some();
    Emend__EvaluationResult *result = tally_result(&tally, "x", 1);
    MetricSet metrics = {0};
    tally_metrics(&tally, &metrics);
    double expected = (0 + 2.0 / 8 + 1 + 2.0 / 6) / 4;
    ck_assert(fabs(result->edit_distance_ratio - expected) < 1e-12);
    ck_assert(fabs(metrics_get(&metrics, "edit_distance_ratio") - expected) < 1e-12);
    metrics_finish(&metrics);
    emend__evaluation_result__free_unpacked(result, NULL);
}
END_TEST

START_TEST(a_result_is_the_same_in_json) {
    add_some();
    Emend__EvaluationResult *result = tally_result(&tally, "x", 7);
    json_t *object = result_json(result);
    ck_assert_str_eq(json_string_value(json_object_get(object, "policy")), "x");
    ck_assert_int_eq(json_integer_value(json_object_get(object, "step")), 7);
    ck_assert(json_real_value(json_object_get(object, "delta(i->c)")) == 0.5);
    json_t *level = json_object_get(json_object_get(object, "levels"), "2");
    ck_assert_int_eq(json_integer_value(json_object_get(level, "n_problems")), 2);
    ck_assert(json_real_value(json_object_get(level, "accuracy@t2")) == 0.5);
    json_decref(object);
    emend__evaluation_result__free_unpacked(result, NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("tally");
    TCase *cases = tcase_create("tally");
    tcase_add_checked_fixture(cases, NULL, teardown);
    tcase_add_test(cases, levels_are_told_in_their_order);
    tcase_add_test(cases, how_much_a_correction_changes_is_a_mean_of_ratios);
    tcase_add_test(cases, a_result_is_the_same_in_json);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

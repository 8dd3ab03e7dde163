/* SPDX-License-Identifier: Apache-2.0 */
/* `emend eval` with several samples a problem, for people and for machines. */
#include "child.h"
#include <check.h>
#include <stdlib.h>
#include <string.h>

static Child evaluate(const char *json) {
    const char *words[] = {
        "eval",  fixture("tiny.textproto"), "--set", "evaluation.samples_per_problem=4",
        "--set", "evaluation.n_problems=6", json,    NULL};
    Child child = child_run(&(ChildArgs){.words = words});
    child_expect(&child, 0);
    return child;
}

START_TEST(several_samples_are_voted_on_and_a_budget_is_compared) {
    Child child = evaluate(NULL);
    child_says(child.out, "of several samples           k=       1       2       4\n");
    child_says(child.out, "\neval                maj@k    t2  ");
    child_says(child.out, "\nInference compute: with a budget of 2K samples");
    char *budgets = strstr(child.out, "policy               budget   parallel  sequential");
    ck_assert_ptr_nonnull(budgets);
    child_says(budgets, "\neval                      2  ");
    child_says(budgets, "\neval                      4  ");
    ck_assert_ptr_null(strstr(budgets, "\neval                      8"));
    child_finish(&child);
}
END_TEST

START_TEST(one_sample_has_no_such_table) {
    Child child = emend("eval", fixture("tiny.textproto"), "--set", "evaluation.n_problems=6");
    child_expect(&child, 0);
    ck_assert_ptr_null(strstr(child.out, "maj@k"));
    ck_assert_ptr_null(strstr(child.out, "budget"));
    child_finish(&child);
}
END_TEST

START_TEST(machines_get_every_number) {
    static const char *const names[] = {
        "accuracy@t2", "edit_distance_ratio", "pass@4@t1", "maj@1@t1", "maj@2@t2", "maj@4@t1"};
    Child child = evaluate("--json");
    json_t *events = child_json(&child);
    json_t *last = json_array_get(events, json_array_size(events) - 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        double value = json_real_value(json_object_get(last, names[i]));
        ck_assert_msg(json_is_real(json_object_get(last, names[i])) && value >= 0 && value <= 1,
                      "%s is missing", names[i]);
    }
    ck_assert(json_is_object(json_object_get(last, "levels")));
    json_decref(events);
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("eval");
    TCase *cases = tcase_create("eval");
    tcase_set_timeout(cases, 100);
    tcase_add_checked_fixture(cases, scratch_begin, scratch_end);
    tcase_add_test(cases, several_samples_are_voted_on_and_a_budget_is_compared);
    tcase_add_test(cases, one_sample_has_no_such_table);
    tcase_add_test(cases, machines_get_every_number);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

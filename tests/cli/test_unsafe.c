/* SPDX-License-Identifier: Apache-2.0 */
/* --unsafe-no-sandbox: what the field unsafe_no_sandbox does, as a flag of three commands. */
#include "child.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBLEMS EMEND_SOURCE_DIR "/tests/fixtures/programs/mbpp.jsonl"
#define DATA "task.config.data=" PROBLEMS
#define FLAG "--unsafe-no-sandbox"
#define WARNING "warning: emend.tasks.mbpp: unsafe_no_sandbox: model-written programs run WITHOUT"

static char *recipe_of(const char *run_dir) {
    size_t len = 0;
    return file_get(scratch("%s/recipe.textproto", run_dir), &len);
}

START_TEST(a_run_with_the_flag_is_the_run_with_the_field) {
    static const char *const field = "--set=task.config.unsafe_no_sandbox=true";
    Child flag =
        emend("run", fixture("programs.textproto"), "--set", DATA, FLAG, "--out", scratch("flag"));
    Child set = emend("run", fixture("programs.textproto"), "--set", DATA, field, "--out",
                      scratch("field"));
    child_expect(&flag, 0);
    child_expect(&set, 0);
    char *with_flag = recipe_of("flag"), *with_field = recipe_of("field");
    child_says(with_flag, "      unsafe_no_sandbox: true\n");
    ck_assert_str_eq(with_flag, with_field);
    ck_assert_str_eq(flag.err, set.err);
    free(with_flag);
    free(with_field);
    child_finish(&flag);
    child_finish(&set);
}
END_TEST

START_TEST(the_flag_wins_over_what_the_recipe_says) {
    Child child = emend("run", fixture("programs.textproto"), FLAG, "--set", DATA, "--set",
                        "task.config.unsafe_no_sandbox=false", "--out", scratch("run"));
    child_expect(&child, 0);
    char *recipe = recipe_of("run");
    child_says(recipe, "      unsafe_no_sandbox: true\n");
    free(recipe);
    child_finish(&child);
}
END_TEST

START_TEST(a_run_that_goes_on_needs_the_flag_again) {
    const char *run_dir = scratch("run");
    Child child =
        emend("run", fixture("programs.textproto"), "--set", DATA, FLAG, "--out", run_dir);
    child_expect(&child, 0);
    child_finish(&child);
    child =
        emend("run", fixture("programs.textproto"), "--set", DATA, "--out", run_dir, "--resume");
    child_expect(&child, 2);
    child_says(child.err, "it was written by another recipe than ");
    child_finish(&child);
}
END_TEST

START_TEST(an_evaluation_takes_the_flag) {
    Child child = emend("eval", fixture("programs.textproto"), "--set", DATA, FLAG);
    child_expect(&child, 0);
    child_says(child.out, "accuracy@t2");
    child_finish(&child);
}
END_TEST

START_TEST(grading_with_the_flag_is_warned_of) {
    static const char line[] =
        "{\"task_id\":11,\"completion\":\"def double(x):\\n  return x+x\"}\n";
    const char *path = scratch("samples.jsonl");
    file_put(path, line, strlen(line));
    Child child =
        emend("grade", "mbpp", path, "--set", "data=" PROBLEMS, "--set", "n_shots=0", FLAG);
    child_expect(&child, 0);
    ck_assert_str_eq(child.out, "{\"task_id\":11,\"verdict\":\"passed\"}\n");
    child_says(child.err, WARNING);
    child_says(child.err, "info: emend.tasks.mbpp: NOT isolated");
    child_finish(&child);
}
END_TEST

static const struct {
    const char *words[4], *task;
} refused[] = {
    {{"run", "tiny.textproto"}, "arithmetic"},
    {{"eval", "tiny.textproto"}, "arithmetic"},
    {{"grade", "math"}, "math"},
    {{"grade", "arithmetic"}, "arithmetic"},
};

START_TEST(a_task_without_a_sandbox_refuses_the_flag) {
    const char *const *words = refused[_i].words;
    char expected[256];
    Child child = emend(words[0], strstr(words[1], ".text") ? fixture(words[1]) : words[1], FLAG);
    child_expect(&child, 2);
    child_has_one_error(&child);
    snprintf(expected, sizeof expected,
             "emend: " FLAG ": task \"%s\" runs no programs (its config has no field "
             "unsafe_no_sandbox), so there is no sandbox to do without; leave the flag out\n",
             refused[_i].task);
    ck_assert_str_eq(child.err, expected);
    ck_assert_str_eq(child.out, "");
    child_finish(&child);
}
END_TEST

START_TEST(a_task_without_a_config_refuses_the_flag) {
    Child child = emend("grade", "older", "--plugin-path", EMEND_ROGUE_DIR "/older", FLAG);
    child_expect(&child, 2);
    child_says(child.err, FLAG ": task \"older\" runs no programs ");
    child_finish(&child);
    child = emend("grade", "nobody", FLAG);
    child_expect(&child, 2);
    child_says(child.err, "task \"nobody\": no plugin has it; ");
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("unsafe");
    TCase *tcase = tcase_create("unsafe");
    tcase_set_timeout(tcase, 0);
    tcase_add_checked_fixture(tcase, scratch_begin, scratch_end);
    tcase_add_test(tcase, a_run_with_the_flag_is_the_run_with_the_field);
    tcase_add_test(tcase, the_flag_wins_over_what_the_recipe_says);
    tcase_add_test(tcase, a_run_that_goes_on_needs_the_flag_again);
    tcase_add_test(tcase, an_evaluation_takes_the_flag);
    tcase_add_test(tcase, grading_with_the_flag_is_warned_of);
    tcase_add_loop_test(tcase, a_task_without_a_sandbox_refuses_the_flag, 0,
                        sizeof refused / sizeof *refused);
    tcase_add_test(tcase, a_task_without_a_config_refuses_the_flag);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

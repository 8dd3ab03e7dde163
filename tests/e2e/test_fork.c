/* SPDX-License-Identifier: Apache-2.0 */
/* Runs that end early, and runs that go on from another's checkpoint. */
#include "runs.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char unbroken[4096], base[4096];

static Child run_words(const char *dir, const char *const *words) {
    return run_recipe(fixture("tiny.textproto"), dir, NULL, words);
}

static void run_well(const char *dir, const char *const *words) {
    Child child = run_words(dir, words);
    child_expect(&child, 0);
    child_finish(&child);
}

static void setup_all(void) {
    scratch_begin();
    snprintf(unbroken, sizeof unbroken, "%s", scratch("unbroken"));
    snprintf(base, sizeof base, "%s", scratch("base"));
    run_well(unbroken, NULL);
    run_well(base, (const char *[]){"--until", "base", NULL});
}

START_TEST(a_run_that_ends_early_goes_on_to_the_same_bits) {
    const char *dir = scratch("early");
    folder_copy(base, dir);
    run_well(dir, (const char *[]){"--resume", NULL});
    runs_are_equal(unbroken, dir, "--until base, then --resume");
}
END_TEST

START_TEST(a_fork_under_the_same_recipe_is_the_same_run) {
    const char *dir = scratch("fork"), *late = scratch("late");
    char from[8192];
    run_well(dir, (const char *[]){"--from", base, NULL});
    runs_are_equal(unbroken, dir, "--from base");
    snprintf(from, sizeof from, "%s@30", unbroken);
    run_well(late, (const char *[]){"--from", from, NULL});
    runs_are_equal(unbroken, late, "--from within a stage");
}
END_TEST

START_TEST(a_fork_may_have_another_algorithm_within_a_stage) {
    char from[8192], path[8192];
    const char *dir = scratch("other");
    size_t len = 0;
    snprintf(from, sizeof from, "%s@30", unbroken);
    run_well(dir, (const char *[]){"--from", from, "--set",
                                   "stage[2].algorithm={use: \"reinforce\"}", NULL});
    ck_assert_str_eq(newest_checkpoint(dir), "step-00000031");
    snprintf(path, sizeof path, "%s/recipe.textproto", dir);
    char *recipe = file_get(path, &len);
    ck_assert_ptr_null(strstr(recipe, "weight: 0.1"));
    free(recipe);
    ck_assert(!policies_are_equal(unbroken, dir));
}
END_TEST

typedef struct Refusal {
    const char *from, *setting, *text;
    int code;
} Refusal;

static const Refusal refusals[] = {
    {"base", "seed=8", "its recipe has another seed", 2},
    {"base", "stage[0].steps=19", "its recipe has another stage 1 (base)", 2},
    {"base", "policy.fresh.hidden_size=32", "its recipe has another policy", 2},
    {"base@7", "seed=7", "step-00000007", 2},
    {"nowhere", "seed=7", "no checkpoint", 2},
};

START_TEST(a_run_that_came_another_way_is_no_start) {
    const Refusal *refusal = &refusals[_i];
    const char *from = scratch("%s", refusal->from), *dir = scratch("refused-%d", _i);
    Child child = run_words(dir, (const char *[]){"--from", from, "--set", refusal->setting, NULL});
    child_expect(&child, refusal->code);
    child_has_one_error(&child);
    child_says(child.err, refusal->text);
    child_finish(&child);
    ck_assert(!file_is(dir));
}
END_TEST

START_TEST(a_folder_that_is_there_is_not_forked_into) {
    Child child = run_words(unbroken, (const char *[]){"--from", base, NULL});
    child_expect(&child, 2);
    child_says(child.err, "it is there already");
    child_finish(&child);
    child = run_words(scratch("none"), (const char *[]){"--from", base, "--resume", NULL});
    child_expect(&child, 2);
    child_says(child.err, "give one of them");
    child_finish(&child);
    child = run_words(scratch("none"), (const char *[]){"--until", "bass", NULL});
    child_expect(&child, 2);
    child_says(child.err, "it has no stage \"bass\" to end with");
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fork");
    TCase *tcase = tcase_create("fork");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, setup_all, scratch_end);
    tcase_add_test(tcase, a_run_that_ends_early_goes_on_to_the_same_bits);
    tcase_add_test(tcase, a_fork_under_the_same_recipe_is_the_same_run);
    tcase_add_test(tcase, a_fork_may_have_another_algorithm_within_a_stage);
    tcase_add_loop_test(tcase, a_run_that_came_another_way_is_no_start, 0,
                        sizeof refusals / sizeof *refusals);
    tcase_add_test(tcase, a_folder_that_is_there_is_not_forked_into);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

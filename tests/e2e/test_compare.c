/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes by seeds, side by side. */
#include "runs.h"
#include <check.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char out[4096], plain[4096], grpo[4096], broken[4096];

static void put_variant(char path[4096], const char *name, const char *lines) {
    char text[8192];
    snprintf(path, 4096, "%s", scratch("%s.textproto", name));
    int n = snprintf(text, sizeof text, "include: \"%s\"\nname: \"%s\"\n%s\n",
                     fixture("tiny.textproto"), name, lines);
    file_put(path, text, (size_t)n);
}

static Child compare(const char *const *words) {
    const char *all[24] = {"compare", plain, grpo, "--seeds", "2,5", "--out", out};
    size_t n = 7;
    for (size_t i = 0; words && words[i]; i++) {
        all[n++] = words[i];
    }
    return child_run(&(ChildArgs){.words = all});
}

static void setup_all(void) {
    scratch_begin();
    snprintf(out, sizeof out, "%s", scratch("matrix"));
    put_variant(plain, "plain", "");
    put_variant(grpo, "with-grpo", "set: \"stage[2].algorithm={ use: 'grpo' }\"");
    put_variant(broken, "broken", "set: \"stage[2].algorithm.config.momentum=3\"");
    Child child = compare((const char *[]){"--jobs", "2", NULL});
    child_expect(&child, 0);
    child_says(child.out, "2 variants, 2 seeds; trained once for all, up to stage \"stage1\"");
    child_says(child.out, "with-grpo, seed 5: done");
    child_finish(&child);
}

static const char *in_out(const char *name) {
    static char path[8192];
    snprintf(path, sizeof path, "%s/%s", out, name);
    return path;
}

START_TEST(a_variant_that_shares_its_start_is_the_run_it_would_be_alone) {
    const char *dir = scratch("alone");
    Child child = run_recipe(plain, dir, NULL, (const char *[]){"--set", "seed=5", NULL});
    child_expect(&child, 0);
    child_finish(&child);
    ck_assert(policies_are_equal(dir, in_out("plain-seed5")));
    metrics_are_equal(dir, in_out("plain-seed5"), "shared start");
}
END_TEST

START_TEST(the_same_command_finds_everything_done) {
    Child child = compare((const char *[]){"--json", NULL});
    child_expect(&child, 0);
    json_t *all = json_loads(child.out, 0, NULL);
    const json_t *variants = json_object_get(all, "variants");
    static const char *const names[] = {"shared", "plain", "with-grpo"};
    ck_assert_uint_eq(json_array_size(variants), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *variant = json_array_get(variants, i);
        const json_t *seeds = json_object_get(variant, "seeds");
        double sum = 0;
        ck_assert_str_eq(json_string_value(json_object_get(variant, "variant")), names[i]);
        ck_assert_uint_eq(json_array_size(seeds), 2);
        for (size_t s = 0; s < 2; s++) {
            const json_t *seed = json_array_get(seeds, s);
            ck_assert_int_eq(json_integer_value(json_object_get(seed, "seed")), s == 0 ? 2 : 5);
            sum += json_real_value(json_object_get(seed, "accuracy@t2"));
        }
        double mean =
            json_real_value(json_object_get(json_object_get(variant, "mean"), "accuracy@t2"));
        ck_assert_double_eq_tol(mean, sum / 2, 1e-12);
    }
    json_decref(all);
    child_finish(&child);
}
END_TEST

START_TEST(a_run_that_fails_is_named_and_the_others_are_done) {
    const char *dir = scratch("failing");
    const char *words[] = {"compare", plain, broken, "--seeds", "1", "--out", dir, NULL};
    Child child = child_run(&(ChildArgs){.words = words});
    child_expect(&child, 1);
    child_says(child.err, "broken, seed 1: it failed with code 2");
    child_says(child.err, "broken-seed1.log says why");
    child_says(child.err, "1 of 3 runs failed");
    child_says(child.out, "plain, seed 1: done");
    child_finish(&child);
}
END_TEST

// The paper's rows, as small as they go: a stage of one step each.
START_TEST(every_ablation_runs) {
    glob_t found = {0};
    const char *words[64] = {"compare"};
    size_t n = 1;
    ck_assert_int_eq(glob(EMEND_SOURCE_DIR "/manifests/ablations/*.textproto", 0, NULL, &found), 0);
    ck_assert_uint_gt(found.gl_pathc, 10);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        words[n++] = found.gl_pathv[i];
    }
    const char *const rest[] = {"--seeds",  "1",
                                "--budget", "768",
                                "--out",    scratch("ablations"),
                                "--set",    "stage[0].steps=2",
                                "--set",    "evaluation.n_problems=20"};
    memcpy(words + n, rest, sizeof rest);
    Child child = child_run(&(ChildArgs){.words = words});
    child_expect(&child, 0);
    ck_assert_str_eq(child.err, "");
    child_says(child.out, "trained once for all, up to stage \"base\"");
    child_says(child.out, "star-stage2, seed 1: done");
    child_finish(&child);
    globfree(&found);
}
END_TEST

START_TEST(a_budget_gives_every_variant_its_steps) {
    const char *dir = scratch("budget");
    const char *words[] = {"compare", plain, grpo,       "--seeds", "1",
                           "--out",   dir,   "--budget", "48",      NULL};
    Child child = child_run(&(ChildArgs){.words = words});
    child_expect(&child, 0);
    child_says(child.out, "48 episodes in 3 steps behind that");
    child_finish(&child);
}
END_TEST

typedef struct Refusal {
    const char *words[4], *text;
} Refusal;

static const Refusal refusals[] = {
    {{"--seeds", "0"}, "--seeds is \"0\"; it must be how many"},
    {{"--seeds", "1,1"}, "each once"},
    {{"--seeds", "1,"}, "--seeds is \"1,\""},
    {{"--jobs", "none"}, "--jobs is \"none\"; it must be a number"},
    {{"--budget", "1"}, "it must leave it with one at least"},
    {{"--set", "name=same"}, "its name is \"same\", and so is that of"},
};

START_TEST(what_cannot_be_compared_is_refused) {
    Child child = compare(refusals[_i].words);
    child_expect(&child, 2);
    child_has_one_error(&child);
    child_says(child.err, refusals[_i].text);
    child_finish(&child);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("compare");
    TCase *tcase = tcase_create("compare");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, setup_all, scratch_end);
    tcase_add_test(tcase, a_variant_that_shares_its_start_is_the_run_it_would_be_alone);
    tcase_add_test(tcase, the_same_command_finds_everything_done);
    tcase_add_test(tcase, a_run_that_fails_is_named_and_the_others_are_done);
    tcase_add_test(tcase, every_ablation_runs);
    tcase_add_test(tcase, a_budget_gives_every_variant_its_steps);
    tcase_add_loop_test(tcase, what_cannot_be_compared_is_refused, 0,
                        sizeof refusals / sizeof *refusals);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The same recipe and seed give the same bits, however the work is done; and `emend eval` sees in a
 * saved policy what the run saw in it. */
#include "runs.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char usual[4096];

static void setup_all(void) {
    scratch_begin();
    snprintf(usual, sizeof usual, "%s", scratch("usual"));
    Child child = run_tiny(usual, NULL, false);
    child_expect(&child, 0);
    child_finish(&child);
}

static void run_with(const char *dir, const char *const *words) {
    Child child = run_recipe(fixture("tiny.textproto"), dir, NULL, words);
    child_expect(&child, 0);
    child_finish(&child);
}

START_TEST(any_number_of_threads_gives_the_same_bits) {
    char threads[64];
    const char *dir = scratch("threads-%d", _i);
    snprintf(threads, sizeof threads, "backend.config.threads=%d", _i);
    const char *const words[] = {"--set", threads, NULL};
    run_with(dir, words);
    ck_assert_msg(policies_are_equal(usual, dir), "%s gives other policies", threads);
    metrics_are_equal(usual, dir, threads);
}
END_TEST

START_TEST(any_size_of_micro_batches_gives_the_same_policies) {
    static const char *const sizes[] = {"1", "64", "100000"};
    const char *dir = scratch("micro-%d", _i);
    char settings[3][64];
    const char *words[7] = {0};
    for (int s = 0; s < 3; s++) {
        snprintf(settings[s], sizeof settings[s], "stage[%d].microbatch_tokens=%s", s, sizes[_i]);
        words[2 * s] = "--set";
        words[2 * s + 1] = settings[s];
    }
    run_with(dir, words);
    ck_assert_msg(policies_are_equal(usual, dir), "%s tokens in a micro-batch: other policies",
                  sizes[_i]);
}
END_TEST

START_TEST(any_size_of_evaluation_batches_gives_the_same_results) {
    const char *dir = scratch("batch-%d", _i);
    const char *const words[] = {"--set", _i ? "evaluation.batch=5" : "evaluation.batch=1000",
                                 NULL};
    run_with(dir, words);
    ck_assert(policies_are_equal(usual, dir));
    metrics_are_equal(usual, dir, words[1]);
}
END_TEST

START_TEST(another_seed_gives_other_bits) {
    const char *dir = scratch("seed");
    const char *const words[] = {"--set", "seed=8", NULL};
    run_with(dir, words);
    ck_assert_msg(!policies_are_equal(usual, dir), "seed 7 and seed 8 give the same policies");
}
END_TEST

static bool has_isa(const char *isa) {
#if defined(__x86_64__)
    return strcmp(isa, "avx2") == 0
               ? __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
               : __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
#else
    return isa == NULL;
#endif
}

START_TEST(any_instruction_set_gives_the_same_bits) {
    static const char *const sets[] = {"scalar", "avx2", "avx512"};
    const char *isa = sets[_i], *dir = scratch("%s", isa);
    if (_i > 0 && !has_isa(isa)) {
        return;
    }
    setenv("EMEND_CPU_ISA", isa, 1);
    run_with(dir, NULL);
    unsetenv("EMEND_CPU_ISA");
    ck_assert_msg(policies_are_equal(usual, dir), "%s gives other policies", isa);
    metrics_are_equal(usual, dir, isa);
}
END_TEST

/* ---- eval ----------------------------------------------------------------------------------- */

// The run's own evaluation of a stage's policy, the last of that label.
static json_t *evaluation_in_run(const char *label) {
    const char *const words[] = {
        "run", fixture("tiny.textproto"), "--out", scratch("for-%s", label), "--json", NULL};
    Child child = child_run(&(ChildArgs){.words = words});
    child_expect(&child, 0);
    json_t *all = child_json(&child), *event = NULL, *found = NULL;
    size_t i = 0;
    json_array_foreach(all, i, event) {
        const char *name = json_string_value(json_object_get(event, "event"));
        const char *policy = json_string_value(json_object_get(event, "policy"));
        if (strcmp(name, "evaluation") == 0 && strcmp(policy, label) == 0) {
            found = event;
        }
    }
    ck_assert_ptr_nonnull(found);
    json_incref(found);
    json_decref(all);
    child_finish(&child);
    return found;
}

START_TEST(eval_of_a_saved_policy_equals_the_runs_own) {
    static const char *const labels[] = {"base", "stage1", "stage2"};
    char model[4200];
    snprintf(model, sizeof model, "%s/stages/%s", usual, labels[_i]);
    json_t *of_run = evaluation_in_run(labels[_i]);
    Child child = emend("eval", fixture("tiny.textproto"), "--model", model, "--json");
    child_expect(&child, 0);
    json_t *events = child_json(&child);
    json_t *of_eval = json_array_get(events, json_array_size(events) - 1);
    ck_assert_str_eq(json_string_value(json_object_get(of_eval, "event")), "evaluation");
    // Only who asked and when may differ.
    json_object_del(of_eval, "policy");
    json_object_del(of_eval, "step");
    json_object_del(of_run, "policy");
    json_object_del(of_run, "step");
    ck_assert_msg(json_equal(of_run, of_eval), "%s: the run saw\n%s\nand eval sees\n%s", labels[_i],
                  json_dumps(of_run, 0), json_dumps(of_eval, 0));
    json_decref(events);
    json_decref(of_run);
    child_finish(&child);
}
END_TEST

// What eval prints of the base policy, several samples a problem, with a batch.
static Child eval_samples(const char *batch) {
    char model[4200];
    snprintf(model, sizeof model, "%s/stages/base", usual);
    Child child = emend("eval", fixture("tiny.textproto"), "--model", model, "--json", "--set",
                        "evaluation.samples_per_problem=3", "--set", batch);
    child_expect(&child, 0);
    child_says(child.out, "\"pass@3@t2\":");
    return child;
}

START_TEST(any_size_of_batches_gives_the_same_pass_at_k) {
    static const char *const batches[] = {"evaluation.batch=1", "evaluation.batch=2",
                                          "evaluation.batch=7"};
    Child all = eval_samples("evaluation.batch=1000"), parts = eval_samples(batches[_i]);
    ck_assert_str_eq(all.out, parts.out);
    child_finish(&all);
    child_finish(&parts);
}
END_TEST

START_TEST(eval_writes_nothing) {
    char model[4200];
    snprintf(model, sizeof model, "%s/stages/base", usual);
    const char *copy = scratch("before");
    folder_copy(usual, copy);
    Child child = emend("eval", fixture("tiny.textproto"), "--model", model);
    child_expect(&child, 0);
    child_says(child.out, "accuracy@t1  accuracy@t2  delta(t1,t2)  delta(i->c)  delta(c->i)");
    ck_assert_str_eq(child.err, "");
    child_finish(&child);
    runs_are_equal(copy, usual, "the run's folder before and after eval");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("same_bits");
    TCase *tcase = tcase_create("same_bits");
    tcase_set_timeout(tcase, 0);
    tcase_add_unchecked_fixture(tcase, setup_all, scratch_end);
    tcase_add_loop_test(tcase, any_number_of_threads_gives_the_same_bits, 2, 4);
    tcase_add_loop_test(tcase, any_size_of_micro_batches_gives_the_same_policies, 0, 3);
    tcase_add_loop_test(tcase, any_size_of_evaluation_batches_gives_the_same_results, 0, 2);
    tcase_add_test(tcase, another_seed_gives_other_bits);
    tcase_add_loop_test(tcase, any_instruction_set_gives_the_same_bits, 0, 3);
    tcase_add_loop_test(tcase, eval_of_a_saved_policy_equals_the_runs_own, 0, 3);
    tcase_add_loop_test(tcase, any_size_of_batches_gives_the_same_pass_at_k, 0, 3);
    tcase_add_test(tcase, eval_writes_nothing);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

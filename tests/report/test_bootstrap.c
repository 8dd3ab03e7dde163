/* SPDX-License-Identifier: Apache-2.0 */
#include "report/bootstrap.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static VerdictTable table(const char *first, const char *second, unsigned n_samples,
                          const char *problems) {
    VerdictTable out = {0};
    json_t *evaluation = json_pack("{s:i, s:s, s:{s:s, s:s}}", "samples_per_problem", n_samples,
                                   "problems", problems, "verdicts", "t1", first, "t2", second);
    ck_assert(verdict_table_read(evaluation, &out));
    out.problems = "borrowed from what is gone";
    json_decref(evaluation);
    return out;
}

// 400 letters, of which so many are 1, in runs of the period.
static const char *letters(int n_ones) {
    static char all[4][401];
    static int next;
    char *text = all[next++ % 4];
    for (int i = 0; i < 400; i++) {
        text[i] = i * 7 % 400 < n_ones ? '1' : '0';
    }
    text[400] = '\0';
    return text;
}

START_TEST(an_interval_is_that_of_the_binomial) {
    VerdictTable all = table(letters(200), letters(240), 1, "x");
    Intervals out;
    ck_assert_int_eq(bootstrap(&all, NULL, &out, NULL), EMEND_OK);
    // 1.96 standard deviations of a mean of 400 draws.
    double reach = 1.96 * sqrt(0.25 / 400);
    ck_assert_msg(fabs(out.accuracy[0].low - (0.5 - reach)) < 0.01, "%g", out.accuracy[0].low);
    ck_assert_msg(fabs(out.accuracy[0].high - (0.5 + reach)) < 0.01, "%g", out.accuracy[0].high);
    ck_assert(out.delta.low > 0 && out.delta.low < 0.1 && out.delta.high > 0.1);
    verdict_table_finish(&all);
}
END_TEST

START_TEST(pairs_that_agree_leave_nothing_to_chance) {
    VerdictTable a = table(letters(100), letters(200), 1, "x");
    VerdictTable b = table(letters(100), letters(200), 1, "x");
    Intervals out;
    ck_assert(verdict_table_is_paired(&a, &b));
    ck_assert_int_eq(bootstrap(&a, &b, &out, NULL), EMEND_OK);
    ck_assert(out.accuracy[0].low == 0 && out.accuracy[0].high == 0);
    ck_assert(out.delta.low == 0 && out.delta.high == 0);
    verdict_table_finish(&a);
    verdict_table_finish(&b);
}
END_TEST

START_TEST(the_same_tables_give_the_same_intervals) {
    VerdictTable a = table(letters(90), letters(200), 2, "x");
    VerdictTable b = table(letters(120), letters(150), 2, "x");
    Intervals first, again;
    ck_assert_int_eq(bootstrap(&a, &b, &first, NULL), EMEND_OK);
    ck_assert_int_eq(bootstrap(&a, &b, &again, NULL), EMEND_OK);
    ck_assert_mem_eq(&first, &again, sizeof first);
    ck_assert(first.accuracy[0].low < 30.0 / 400 && first.accuracy[0].high > 30.0 / 400);
    verdict_table_finish(&a);
    verdict_table_finish(&b);
}
END_TEST

// What differs between seeds widens the interval: here nothing differs within one.
START_TEST(seeds_are_resampled_too) {
    VerdictTable a[3], b[3];
    Intervals out;
    for (int s = 0; s < 3; s++) {
        a[s] = table(letters(0), letters(0), 1, "x");
        b[s] = table(letters(s == 2 ? 400 : 0), letters(400), 1, "x");
    }
    ck_assert_int_eq(bootstrap_seeds(a, b, 3, &out, NULL), EMEND_OK);
    ck_assert(out.accuracy[0].low == 0);                     // 8 draws of 27 have no seed 2
    ck_assert_double_eq_tol(out.accuracy[0].high, 1, 1e-12); // and 1 of 27 no other
    ck_assert_double_eq_tol(out.accuracy[1].low, 1, 1e-12);
    for (int s = 0; s < 3; s++) {
        verdict_table_finish(&a[s]);
        verdict_table_finish(&b[s]);
    }
}
END_TEST

START_TEST(samples_of_a_problem_stay_together_and_ungraded_ones_go) {
    VerdictTable all = table("110-00", "1011-1", 3, "x");
    ck_assert_uint_eq(all.n, 2);
    ck_assert_uint_eq(all.rows[0].n, 3);
    ck_assert_uint_eq(all.rows[0].n_right[0], 2);
    ck_assert_uint_eq(all.rows[0].n_right[1], 2);
    ck_assert_uint_eq(all.rows[1].n, 1);
    ck_assert_uint_eq(all.rows[1].n_right[0], 0);
    ck_assert_uint_eq(all.rows[1].n_right[1], 1);
    verdict_table_finish(&all);
}
END_TEST

static const char *const refused[] = {
    "{}",
    "{\"verdicts\":{\"t1\":\"1\"},\"samples_per_problem\":1}",
    "{\"verdicts\":{\"t1\":\"1\"},\"problems\":\"x\"}",
    "{\"verdicts\":{\"t1\":\"10\",\"t2\":\"1\"},\"problems\":\"x\",\"samples_per_problem\":1}",
    "{\"verdicts\":{\"t1\":\"101\"},\"problems\":\"x\",\"samples_per_problem\":2}",
    "{\"verdicts\":{\"t1\":\"101\"},\"problems\":\"x\",\"samples_per_problem\":0}",
    "{\"verdicts\":{\"t1\":\"101\"},\"problems\":\"x\",\"samples_per_problem\":1e99}",
    "{\"verdicts\":{\"t1\":\"\"},\"problems\":\"x\",\"samples_per_problem\":1}",
    "{\"verdicts\":{\"t1\":7},\"problems\":\"x\",\"samples_per_problem\":1}",
    "{\"verdicts\":[],\"problems\":\"x\",\"samples_per_problem\":1}",
};

START_TEST(verdicts_that_cannot_be_are_none) {
    VerdictTable out = {0};
    json_t *evaluation = json_loads(refused[_i], 0, NULL);
    ck_assert_ptr_nonnull(evaluation);
    ck_assert(!verdict_table_read(evaluation, &out));
    json_decref(evaluation);
}
END_TEST

START_TEST(other_problems_are_no_pairs) {
    VerdictRow rows[3] = {{0}};
    VerdictTable a = {.rows = rows, .n = 3, .problems = "x", .n_turns = 2}, b = a;
    ck_assert(verdict_table_is_paired(&a, &b));
    b.problems = "y";
    ck_assert(!verdict_table_is_paired(&a, &b));
    b = a;
    b.n = 2;
    ck_assert(!verdict_table_is_paired(&a, &b));
    b = a;
    b.n_turns = 1;
    ck_assert(!verdict_table_is_paired(&a, &b));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("bootstrap");
    TCase *all = tcase_create("bootstrap");
    tcase_add_test(all, an_interval_is_that_of_the_binomial);
    tcase_add_test(all, pairs_that_agree_leave_nothing_to_chance);
    tcase_add_test(all, the_same_tables_give_the_same_intervals);
    tcase_add_test(all, seeds_are_resampled_too);
    tcase_add_test(all, samples_of_a_problem_stay_together_and_ungraded_ones_go);
    tcase_add_loop_test(all, verdicts_that_cannot_be_are_none, 0,
                        (int)(sizeof refused / sizeof *refused));
    tcase_add_test(all, other_problems_are_no_pairs);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

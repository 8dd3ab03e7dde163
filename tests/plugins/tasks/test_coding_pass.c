/* SPDX-License-Identifier: Apache-2.0 */
/* pass@k: the estimator on small cases, counted out, and the totals of records. */
#include "coding_host.h"
#include "pass.h"

#include <check.h>
#include <math.h>
#include <string.h>

static double choose(uint64_t n, uint64_t k) {
    double ways = 1;
    for (uint64_t i = 1; i <= k; i++) {
        ways = ways * (double)(n - k + i) / (double)i;
    }
    return n < k ? 0 : ways;
}

// Of all ways to draw k of n samples of which the first c are right, the part with one that is.
static double counted_out(uint32_t n, uint32_t c, uint32_t k) {
    uint32_t n_ways = 0, n_right = 0;
    for (uint32_t drawn = 0; drawn < 1u << n; drawn++) {
        if (__builtin_popcount(drawn) == (int)k) {
            n_ways++;
            n_right += (drawn & ((1u << c) - 1)) != 0;
        }
    }
    return (double)n_right / n_ways;
}

START_TEST(estimator_counts_the_ways_to_draw) {
    for (uint32_t n = 1; n <= 10; n++) {
        for (uint32_t c = 0; c <= n; c++) {
            for (uint32_t k = 1; k <= n; k++) {
                ck_assert_double_eq_tol(pass_at_k(n, c, k), counted_out(n, c, k), 1e-12);
            }
        }
    }
}
END_TEST

START_TEST(estimator_agrees_with_its_formula) {
    const uint64_t cases[][3] = {{200, 1, 100}, {200, 37, 10}, {200, 0, 100}, {100, 100, 1}};
    for (size_t i = 0; i < 4; i++) {
        uint64_t n = cases[i][0], c = cases[i][1], k = cases[i][2];
        ck_assert_double_eq_tol(pass_at_k(n, c, k), 1 - choose(n - c, k) / choose(n, k), 1e-12);
    }
    ck_assert_double_eq(pass_at_k(2, 1, 2), 1);
    ck_assert_double_eq_tol(pass_at_k(5, 2, 2), 0.7, 1e-15);
}
END_TEST

static const char *totals(PassTally *tally) {
    Text text = {.host = &coding_host};
    ck_assert_int_eq(pass_tally_write(tally, &text, NULL), EMEND_OK);
    return coding_take(&text);
}

START_TEST(totals_are_means_over_the_problems_tried) {
    PassTally tally;
    ck_assert_int_eq(pass_tally_init(&coding_host, 3, &tally, NULL), EMEND_OK);
    ck_assert_str_eq(totals(&tally), "{\"problems\":0,\"samples\":0}");
    pass_tally_add(&tally, 0, true);
    ck_assert_str_eq(totals(&tally), "{\"problems\":1,\"samples\":1,\"pass@1\":1.0}");
    pass_tally_add(&tally, 2, false);
    pass_tally_add(&tally, 2, true);
    ck_assert_str_eq(totals(&tally), "{\"problems\":2,\"samples\":3,\"pass@1\":0.75}");
    pass_tally_finish(&tally);
    ck_assert_int_eq(coding_n_live(), 0);
}
END_TEST

START_TEST(totals_have_the_k_that_each_problem_has_samples_for) {
    PassTally tally;
    ck_assert_int_eq(pass_tally_init(&coding_host, 2, &tally, NULL), EMEND_OK);
    for (int i = 0; i < 10; i++) {
        pass_tally_add(&tally, 0, i == 9);
        pass_tally_add(&tally, 1, false);
    }
    ck_assert_str_eq(totals(&tally),
                     "{\"problems\":2,\"samples\":20,\"pass@1\":0.05,\"pass@10\":0.5}");
    for (int i = 10; i < 100; i++) {
        pass_tally_add(&tally, 0, false);
    }
    ck_assert_ptr_null(strstr(totals(&tally), "pass@100"));
    for (int i = 10; i < 100; i++) {
        pass_tally_add(&tally, 1, false);
    }
    ck_assert_str_eq(totals(&tally), "{\"problems\":2,\"samples\":200,\"pass@1\":0.005,"
                                     "\"pass@10\":0.05,\"pass@100\":0.5}");
    pass_tally_finish(&tally);
}
END_TEST

START_TEST(totals_do_not_depend_on_the_order) {
    char first[256];
    PassTally tallies[2];
    for (int t = 0; t < 2; t++) {
        ck_assert_int_eq(pass_tally_init(&coding_host, 7, &tallies[t], NULL), EMEND_OK);
        for (uint64_t i = 0; i < 70; i++) {
            uint64_t at = t == 0 ? i : 69 - i;
            pass_tally_add(&tallies[t], at % 7, at % 3 == 0);
        }
    }
    snprintf(first, sizeof first, "%s", totals(&tallies[0]));
    ck_assert_str_eq(totals(&tallies[1]), first);
    pass_tally_finish(&tallies[0]);
    pass_tally_finish(&tallies[1]);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("coding pass@k");
    TCase *tcase = tcase_create("pass");
    tcase_add_test(tcase, estimator_counts_the_ways_to_draw);
    tcase_add_test(tcase, estimator_agrees_with_its_formula);
    tcase_add_test(tcase, totals_are_means_over_the_problems_tried);
    tcase_add_test(tcase, totals_have_the_k_that_each_problem_has_samples_for);
    tcase_add_test(tcase, totals_do_not_depend_on_the_order);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "train/passes.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>

static int n_bits(uint32_t set) {
    int n = 0;
    for (; set; set &= set - 1) {
        n++;
    }
    return n;
}

// The share of all k samples of n that hold one of the first c, which are the right ones.
static double counted(uint32_t n, uint32_t c, uint32_t k) {
    uint64_t n_sets = 0, n_passed = 0;
    for (uint32_t set = 0; set < 1u << n; set++) {
        if (n_bits(set) == (int)k) {
            n_sets++;
            n_passed += (set & ((1u << c) - 1)) != 0;
        }
    }
    return (double)n_passed / (double)n_sets;
}

START_TEST(the_estimate_is_the_share_of_subsets_that_pass) {
    uint32_t n = (uint32_t)_i;
    for (uint32_t c = 0; c <= n; c++) {
        for (uint32_t k = 1; k <= n; k++) {
            double estimate = passes_estimate(n, c, k);
            ck_assert_msg(fabs(estimate - counted(n, c, k)) < 1e-12, "n %u c %u k %u: %.17g", n, c,
                          k, estimate);
        }
    }
}
END_TEST

START_TEST(many_samples_do_not_overflow) {
    ck_assert(fabs(passes_estimate(100000, 1, 50000) - 0.5) < 1e-9);
    ck_assert(fabs(passes_estimate(100000, 25000, 1) - 0.25) < 1e-9);
    ck_assert(passes_estimate(100000, 0, 100000) == 0);
    ck_assert(passes_estimate(100000, 1, 100000) == 1);
}
END_TEST

static const struct {
    uint32_t n, ks[8];
} ladders[] = {{1, {1}},          {2, {1, 2}},       {3, {1, 2, 3}},      {4, {1, 2, 4}},
               {5, {1, 2, 4, 5}}, {8, {1, 2, 4, 8}}, {9, {1, 2, 4, 8, 9}}};

START_TEST(k_goes_by_powers_of_two_up_to_all_samples) {
    uint32_t k = 0;
    for (const uint32_t *expected = ladders[_i].ks; *expected; expected++) {
        k = passes_next_k(k, ladders[_i].n);
        ck_assert_uint_eq(k, *expected);
    }
    ck_assert_uint_eq(passes_next_k(k, ladders[_i].n), 0);
}
END_TEST

// Adds a problem with n samples, the first c of them right, the others nearly.
static void add_problem(Passes *passes, uint32_t n, uint32_t c) {
    ck_assert_int_eq(passes_begin(passes, NULL), EMEND_OK);
    for (uint32_t i = 0; i < n; i++) {
        Trajectory trajectory = {.n_turns = 1};
        trajectory.turns[0].grade =
            (EmendScore){.state = EMEND_SCORE_VALUE, .value = i < c ? 1 : 0.99};
        ck_assert(passes_add(passes, &trajectory) == (i == 0));
    }
}

START_TEST(problems_with_fewer_than_k_samples_are_left_out) {
    Passes passes = {0};
    uint64_t n_problems = 0;
    add_problem(&passes, 4, 1);
    add_problem(&passes, 1, 1);
    add_problem(&passes, 0, 0);
    add_problem(&passes, 2, 0);
    ck_assert(fabs(passes_sum(&passes, 0, 1, &n_problems) - 1.25) < 1e-12);
    ck_assert_uint_eq(n_problems, 3);
    ck_assert(fabs(passes_sum(&passes, 0, 2, &n_problems) - 0.5) < 1e-12);
    ck_assert_uint_eq(n_problems, 2);
    ck_assert(fabs(passes_sum(&passes, 0, 4, &n_problems) - 1) < 1e-12);
    ck_assert_uint_eq(n_problems, 1);
    ck_assert(passes_sum(&passes, 0, 5, &n_problems) == 0);
    ck_assert_uint_eq(n_problems, 0);
    passes_finish(&passes);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("passes");
    TCase *cases = tcase_create("passes");
    tcase_add_loop_test(cases, the_estimate_is_the_share_of_subsets_that_pass, 1, 11);
    tcase_add_test(cases, many_samples_do_not_overflow);
    tcase_add_loop_test(cases, k_goes_by_powers_of_two_up_to_all_samples, 0,
                        (int)(sizeof ladders / sizeof ladders[0]));
    tcase_add_test(cases, problems_with_fewer_than_k_samples_are_left_out);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_GROUPS 3
#define N_SAMPLES 2

static Fake fake;
static Problem problem;
static Trajectory trajectories[N_GROUPS * N_SAMPLES];
static EpisodeBatch batch;
static MetricSet metrics;
static char message[1024];
static EmendError err;

static void setup(void) {
    fake_init(&fake);
    err = emend_error_on(message, sizeof message);
    problem = fake_problem("b");
    float log_probs[] = {-0.5f, -0.5f, -0.5f};
    for (size_t i = 0; i < N_GROUPS * N_SAMPLES; i++) {
        Trajectory *t = &trajectories[i];
        *t = (Trajectory){.problem = &problem, .group = i / N_SAMPLES};
        trajectory_append(t, (int32_t[]){0, 2, 6, 1, 3}, 5);
        trajectory_append_turn(t, (int32_t[]){5, 6, FAKE_STOP}, log_probs, 3, false, 0.7f);
        trajectory_append(t, (int32_t[]){2, 30, 1, 3}, 4);
        trajectory_append_turn(t, (int32_t[]){5, FAKE_STOP}, log_probs, 2, false, 0.7f);
    }
    ck_assert_int_eq(
        episode_batch_init(&batch, trajectories, N_GROUPS * N_SAMPLES, true, 8, 0, &err), EMEND_OK);
}

static void teardown(void) {
    episode_batch_finish(&batch);
    for (size_t i = 0; i < N_GROUPS * N_SAMPLES; i++) {
        trajectory_finish(&trajectories[i]);
    }
    problem_finish(&problem);
    metrics_finish(&metrics);
}

static UpdateArgs arguments(uint32_t microbatch_tokens) {
    return (UpdateArgs){.engine = &fake.engine,
                        .algorithm = &fake_algorithm,
                        .algorithm_self = &fake,
                        .algorithm_name = "fake",
                        .microbatch_tokens = microbatch_tokens,
                        .must_agree_with_sampler = true,
                        .must_equal_reference = true,
                        .optimizer = {.struct_size = sizeof(EmendOptimizerStep), .step = 1}};
}

START_TEST(ranges_are_the_sampled_tokens_at_the_temperature_they_were_sampled_at) {
    UpdateArgs args = arguments(1000);
    ck_assert_msg(update_run(&args, &batch, &metrics, &err) == EMEND_OK, "%s", message);
    ck_assert_uint_eq(fake.n_ranges, 2 * N_GROUPS * N_SAMPLES);
    ck_assert_uint_eq(fake.ranges[0].begin, 5);
    ck_assert_uint_eq(fake.ranges[0].end, 8);
    ck_assert_uint_eq(fake.ranges[1].begin, 12);
    ck_assert_uint_eq(fake.ranges[1].end, 14);
    ck_assert(fake.ranges[0].temperature == 0.7f);
}
END_TEST

START_TEST(later_updates_know_the_log_probs_of_the_first) {
    UpdateArgs args = arguments(1);
    args.is_first_of_step = true;
    args.needs = EMEND_NEED_REFERENCE;
    args.reference = FAKE_REFERENCE;
    fake.old_log_prob = fake.log_prob;
    ck_assert_msg(update_run(&args, &batch, &metrics, &err) == EMEND_OK, "%s", message);
    ck_assert_uint_eq(fake.n_forward, 2 * N_GROUPS);
    ck_assert_uint_eq(fake.n_with_reference, 5 * N_GROUPS * N_SAMPLES);
    args.is_first_of_step = args.must_agree_with_sampler = false;
    fake.log_prob = -3;
    ck_assert_msg(update_run(&args, &batch, &metrics, &err) == EMEND_OK, "%s", message);
    ck_assert_uint_eq(fake.n_forward, 3 * N_GROUPS);
    ck_assert_uint_eq(fake.n_with_reference, 10 * N_GROUPS * N_SAMPLES);
}
END_TEST

START_TEST(a_given_turn_has_no_range) {
    episode_batch_finish(&batch);
    trajectories[0].turns[0].n_tokens = 0;
    trajectories[0].turns[0].is_given = true;
    ck_assert_int_eq(
        episode_batch_init(&batch, trajectories, N_GROUPS * N_SAMPLES, true, 8, 0, &err), EMEND_OK);
    UpdateArgs args = arguments(1000);
    ck_assert_msg(update_run(&args, &batch, &metrics, &err) == EMEND_OK, "%s", message);
    ck_assert_uint_eq(fake.n_ranges, 2 * N_GROUPS * N_SAMPLES - 1);
    ck_assert_uint_eq(fake.ranges[0].begin, 12);
    ck_assert_uint_eq(batch.totals.n_tokens, 5 * N_GROUPS * N_SAMPLES - 3);
}
END_TEST

START_TEST(the_cut_into_micro_batches_changes_no_coefficient) {
    UpdateArgs args = arguments(100000);
    ck_assert_int_eq(update_run(&args, &batch, NULL, &err), EMEND_OK);
    ck_assert_uint_eq(fake.n_backward, 1);
    size_t n = fake.n_coefficients;
    float whole[256];
    memcpy(whole, fake.coefficients, n * sizeof(float));

    fake_init(&fake);
    args = arguments(1);
    ck_assert_int_eq(update_run(&args, &batch, NULL, &err), EMEND_OK);
    ck_assert_uint_eq(fake.n_backward, N_GROUPS); // a group is never split
    ck_assert_uint_eq(fake.n_optimizer, 1);
    ck_assert_uint_eq(fake.n_coefficients, n);
    ck_assert_mem_eq(fake.coefficients, whole, n * sizeof(float));
}
END_TEST

START_TEST(a_first_update_off_the_samplers_log_probs_stops_the_run) {
    fake.forward_error = 1e-6f;
    UpdateArgs args = arguments(1000);
    ck_assert_int_eq(update_run(&args, &batch, &metrics, &err), EMEND_ABORTED);
    ck_assert_ptr_nonnull(strstr(message, "generate and forward differ by"));
    ck_assert_uint_eq(fake.n_optimizer, 0);
    ck_assert_uint_eq(fake.n_tapes, 0);
}
END_TEST

START_TEST(a_later_update_may_be_off_them_and_says_by_how_much) {
    fake.forward_error = 0.25f;
    UpdateArgs args = arguments(1000);
    args.must_agree_with_sampler = false;
    ck_assert_int_eq(update_run(&args, &batch, &metrics, &err), EMEND_OK);
    ck_assert(metrics_get(&metrics, "rollout_corr/max_abs_diff") == 0.25);
}
END_TEST

START_TEST(a_first_update_with_kl_to_itself_stops_the_run) {
    fake.forward_kl = 1e-5f;
    UpdateArgs args = arguments(1000);
    args.needs = EMEND_NEED_KL;
    ck_assert_int_eq(update_run(&args, &batch, &metrics, &err), EMEND_ABORTED);
    ck_assert_ptr_nonnull(strstr(message, "the policy is its own reference"));
    ck_assert_uint_eq(fake.n_optimizer, 0);
}
END_TEST

START_TEST(a_nan_log_prob_is_disagreement) {
    fake.forward_nan = 1;
    UpdateArgs args = arguments(1000);
    ck_assert_int_eq(update_run(&args, &batch, &metrics, &err), EMEND_ABORTED);
}
END_TEST

START_TEST(a_coefficient_that_is_no_number_stops_before_the_weights_move) {
    fake.coefficient = NAN;
    UpdateArgs args = arguments(1000);
    ck_assert_int_eq(update_run(&args, &batch, &metrics, &err), EMEND_ABORTED);
    ck_assert_ptr_nonnull(strstr(message, "a coefficient is not finite"));
    ck_assert_uint_eq(fake.n_backward, 0);
    ck_assert_uint_eq(fake.n_optimizer, 0);
}
END_TEST

START_TEST(kl_and_entropy_are_asked_for_only_where_planned) {
    UpdateArgs args = arguments(1000);
    ck_assert_int_eq(update_run(&args, &batch, NULL, &err), EMEND_OK);
    ck_assert_uint_eq(fake.ranges[0].want, 0);
    args.needs = EMEND_NEED_KL | EMEND_NEED_ENTROPY;
    ck_assert_int_eq(update_run(&args, &batch, NULL, &err), EMEND_OK);
    ck_assert_uint_eq(fake.ranges[fake.n_ranges - 1].want, EMEND_WANT_ENTROPY | EMEND_WANT_KL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("update");
    TCase *cases = tcase_create("update");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, ranges_are_the_sampled_tokens_at_the_temperature_they_were_sampled_at);
    tcase_add_test(cases, later_updates_know_the_log_probs_of_the_first);
    tcase_add_test(cases, a_given_turn_has_no_range);
    tcase_add_test(cases, the_cut_into_micro_batches_changes_no_coefficient);
    tcase_add_test(cases, a_first_update_off_the_samplers_log_probs_stops_the_run);
    tcase_add_test(cases, a_later_update_may_be_off_them_and_says_by_how_much);
    tcase_add_test(cases, a_first_update_with_kl_to_itself_stops_the_run);
    tcase_add_test(cases, a_nan_log_prob_is_disagreement);
    tcase_add_test(cases, a_coefficient_that_is_no_number_stops_before_the_weights_move);
    tcase_add_test(cases, kl_and_entropy_are_asked_for_only_where_planned);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

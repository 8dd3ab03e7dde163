/* SPDX-License-Identifier: Apache-2.0 */
#include "sft/config.pb-c.h"
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef Emend__Algorithms__Sft__Config Config;
#define CONFIG_INIT EMEND__ALGORITHMS__SFT__CONFIG__INIT

static Subject subject;
static Toy toy;

static void set_up(void) {
    subject_open(&subject, "emend.algorithms.sft", "sft", EMEND_KIND_ALGORITHM);
    toy_init(&toy);
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int t = 0; t < TOY_TURNS; t++) {
            toy_turn(&toy, i, t)->state = EMEND_TURN_UNREWARDED;
            toy_turn(&toy, i, t)->reward = 0;
            toy_turn(&toy, i, t)->sampler_log_probs = NULL;
        }
    }
}

static void tear_down(void) {
    subject_close(&subject);
}

/* An instance that trains one turn, or all where turn is UINT32_MAX. */
static EmendStatus create(uint32_t turn) {
    Config config = CONFIG_INIT;
    uint8_t bytes[64];
    config.turn = &turn;
    config.n_turn = turn == UINT32_MAX ? 0 : 1;
    size_t n_bytes = emend__algorithms__sft__config__pack(&config, bytes);
    return subject_create(&subject, bytes, n_bytes);
}

// The definition: minus the mean log-prob of the trained tokens.
static double cross_entropy(bool trains_first) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int t = trains_first ? 0 : 1; t < TOY_TURNS; t++) {
            for (uint64_t k = 0; k < toy_turn(&toy, i, t)->n_tokens; k++, n++) {
                const ToyToken *token = &toy.tokens[i][t][k];
                sum -= toy_measure(token).log_probs[token->action];
            }
        }
    }
    return sum / n;
}

static double difference_quotient(bool trains_first, double *logit) {
    const double step = 1e-5;
    double kept = *logit;
    *logit = kept + step;
    double above = cross_entropy(trains_first);
    *logit = kept - step;
    double below = cross_entropy(trains_first);
    *logit = kept;
    return (above - below) / (2 * step);
}

static void assert_gradient(bool trains_first, int i, int t, int k) {
    for (int v = 0; v < TOY_VOCAB; v++) {
        double expected = difference_quotient(trains_first, &toy.tokens[i][t][k].logits[v]);
        ck_assert_double_eq_tol(toy_logit_gradient(&toy, i, t, k, v), expected, 1e-7);
    }
}

START_TEST(coefficients_are_the_gradient_of_the_mean_cross_entropy) {
    bool trains_first = _i == 0;
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    ck_assert_int_eq(create(trains_first ? UINT32_MAX : 2), EMEND_OK);
    toy_run(&toy, &subject, &metrics);
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int t = 0; t < TOY_TURNS; t++) {
            for (int k = 0; k < (int)toy_turn(&toy, i, t)->n_tokens; k++) {
                assert_gradient(trains_first, i, t, k);
            }
        }
    }
    ck_assert_double_eq_tol(recorder_get(&recorder, "sft/nll"), cross_entropy(trains_first), 1e-6);
    ck_assert_double_eq_tol(recorder_get(&recorder, EMEND_METRIC_LOSS), cross_entropy(trains_first),
                            1e-6);
}
END_TEST

START_TEST(turns_that_are_not_listed_have_no_gradient) {
    ck_assert_int_eq(create(2), EMEND_OK);
    toy_run(&toy, &subject, NULL);
    for (int i = 0; i < TOY_EPISODES; i++) {
        ck_assert_double_eq(toy_turn(&toy, i, 0)->advantage, 0);
        ck_assert_double_eq(toy_turn(&toy, i, 1)->advantage, 1);
        for (uint64_t k = 0; k < toy_turn(&toy, i, 0)->n_tokens; k++) {
            ck_assert_float_eq(toy.d_log_probs[i].of[k], 0);
        }
    }
}
END_TEST

START_TEST(micro_batch_cuts_change_no_bit) {
    Recorder whole = {0}, cut = {0};
    EmendMetrics metrics = recorder_metrics(&whole);
    ck_assert_int_eq(create(UINT32_MAX), EMEND_OK);
    toy_run(&toy, &subject, &metrics);
    Toy expected = toy;
    metrics = recorder_metrics(&cut);
    toy_fill(&toy);
    ck_assert_int_eq(toy_advantages(&toy, &subject, &metrics), EMEND_OK);
    for (int i = 0; i < TOY_EPISODES; i++) {
        ck_assert_int_eq(toy_coefficients(&toy, i, i + 1, &subject, &metrics), EMEND_OK);
    }
    ck_assert_mem_eq(toy.d_log_probs, expected.d_log_probs, sizeof toy.d_log_probs);
    ck_assert_msg(memcmp(&cut, &whole, sizeof cut) == 0, "metrics are the same bits");
}
END_TEST

START_TEST(the_plan_asks_for_demonstrations_and_nothing_more) {
    EmendPlan plan = {.struct_size = sizeof plan, .n_updates = 1, .needs = UINT32_MAX};
    ck_assert_int_eq(create(UINT32_MAX), EMEND_OK);
    const EmendAlgorithm *table = subject.table;
    ck_assert_int_eq(table->plan(subject.self, 0, &plan, &subject.err), EMEND_OK);
    ck_assert_uint_eq(plan.episodes, EMEND_EPISODES_DEMONSTRATION);
    ck_assert_uint_eq(plan.needs, 0);
    ck_assert_uint_eq(plan.n_updates, 1);
}
END_TEST

START_TEST(a_step_without_a_token_to_train_is_refused_with_its_field) {
    ck_assert_int_eq(create(3), EMEND_OK);
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(subject.message, "turn: no demonstration of this step has a token on a turn "
                                      "listed; list turns that the task demonstrates");
    ck_assert_int_eq(toy_coefficients(&toy, 0, 1, &subject, NULL), EMEND_PRECONDITION);
}
END_TEST

START_TEST(totals_over_other_episodes_are_refused) {
    ck_assert_int_eq(create(UINT32_MAX), EMEND_OK);
    toy.totals.n_tokens++;
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_INVALID_ARGUMENT);
    ck_assert_msg(strncmp(subject.message, "totals: ", 8) == 0, "%s", subject.message);
}
END_TEST

START_TEST(a_log_prob_that_is_not_finite_stops_the_run) {
    ck_assert_int_eq(create(UINT32_MAX), EMEND_OK);
    toy_fill(&toy);
    ck_assert_int_eq(toy_advantages(&toy, &subject, NULL), EMEND_OK);
    toy.log_probs[2].of[0] = NAN;
    ck_assert_int_eq(toy_coefficients(&toy, 0, 6, &subject, NULL), EMEND_ABORTED);
    ck_assert_msg(strstr(subject.message, "turn 1, token 0: its log-prob is nan") != NULL, "%s",
                  subject.message);
}
END_TEST

START_TEST(turn_0_is_refused_with_its_field) {
    ck_assert_int_eq(create(0), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(subject.message, "turn[0]: it is 0; turns count from 1; leave the list empty "
                                      "to train on every turn");
    ck_assert_int_eq(subject_create(&subject, "\xff", 1), EMEND_INVALID_ARGUMENT);
}
END_TEST

START_TEST(memory_that_runs_out_is_a_status_and_leaves_nothing) {
    int n = 0;
    do {
        subject.host.n_left = n++;
    } while (create(2) != EMEND_OK);
    ck_assert_msg(n >= 3, "instance, config and list are each made to fail");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("sft");
    TCase *tcase = tcase_create("sft");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, coefficients_are_the_gradient_of_the_mean_cross_entropy, 0, 2);
    tcase_add_test(tcase, turns_that_are_not_listed_have_no_gradient);
    tcase_add_test(tcase, micro_batch_cuts_change_no_bit);
    tcase_add_test(tcase, the_plan_asks_for_demonstrations_and_nothing_more);
    tcase_add_test(tcase, a_step_without_a_token_to_train_is_refused_with_its_field);
    tcase_add_test(tcase, totals_over_other_episodes_are_refused);
    tcase_add_test(tcase, a_log_prob_that_is_not_finite_stops_the_run);
    tcase_add_test(tcase, turn_0_is_refused_with_its_field);
    tcase_add_test(tcase, memory_that_runs_out_is_a_status_and_leaves_nothing);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

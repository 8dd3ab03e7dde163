/* SPDX-License-Identifier: Apache-2.0 */
/* Adaptive KL weights of "reinforce". */
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Subject subject;
static Toy toy;

static void create(const char *config) {
    ck_assert_msg(toy_create(&subject, "reinforce", config) == EMEND_OK, "%s", subject.message);
}

static void set_up(void) {
    subject_open(&subject, "emend.algorithms.reinforce", "reinforce", EMEND_KIND_ALGORITHM);
    toy_init(&toy);
}

static void tear_down(void) {
    subject_close(&subject);
}

/* Runs a step and returns the weight that turn's tokens had. */
static double run(int turn) {
    toy_run(&toy, &subject, NULL);
    uint64_t at = turn == 2 ? toy_turn(&toy, 0, 0)->n_tokens : 0;
    return (double)toy.d_kls[0].of[at] * TOY_EPISODES;
}

static double mean_kl(int turn) {
    double sum = 0, n = 0;
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (uint64_t k = 0; k < toy_turn(&toy, i, turn)->n_tokens; k++, n++) {
            sum += toy_measure(&toy.tokens[i][turn][k]).kl;
        }
    }
    return sum / n;
}

START_TEST(a_kl_above_its_target_raises_the_weight_of_its_turn_alone) {
    create("kl { turn: 1 weight: 0.5 target: 0.001 } kl { weight: 0.1 }");
    ck_assert_double_eq_tol(run(1), 0.5, 1e-6);
    ck_assert_double_eq_tol(run(1), 0.5 * 1.02, 1e-6);
    ck_assert_double_eq_tol(run(1), 0.5 * 1.02 * 1.02, 1e-6);
    ck_assert_double_eq_tol(run(2), 0.1, 1e-6);
}
END_TEST

START_TEST(a_kl_below_its_target_lowers_the_weight) {
    create("kl_adaptation: 2 kl { weight: 0.5 target: 1000 }");
    run(1);
    ck_assert_double_eq_tol(run(1), 0.5 * 0.6, 1e-6);
    ck_assert_double_eq_tol(run(2), 0.5 * 0.6 * 0.6, 1e-6);
}
END_TEST

START_TEST(near_its_target_the_weight_moves_in_proportion) {
    char config[128];
    double target = mean_kl(0) / 1.1;
    snprintf(config, sizeof config, "kl_adaptation: 1 kl { turn: 1 weight: 0.5 target: %.17g }",
             target);
    create(config);
    run(1);
    ck_assert_double_eq_tol(run(1), 0.5 * 1.1, 1e-5);
}
END_TEST

START_TEST(within_a_step_the_weight_stays_and_is_reported) {
    Recorder recorder = {0};
    EmendMetrics metrics = recorder_metrics(&recorder);
    create("updates_per_rollout: 2 kl { weight: 0.5 target: 0.001 }");
    toy_run(&toy, &subject, NULL);
    toy_fill(&toy);
    ck_assert_int_eq(toy_advantages(&toy, &subject, &metrics), EMEND_OK);
    ck_assert_double_eq_tol(recorder_get(&recorder, "kl/weight/t1"), 0.51, 1e-12);
    ck_assert_double_eq_tol(recorder_get(&recorder, "kl/weight/t2"), 0.51, 1e-12);
    ck_assert_int_eq(toy_coefficients(&toy, 0, 6, &subject, NULL), EMEND_OK);
    Toy once = toy;
    toy_fill(&toy);
    ck_assert_int_eq(toy_coefficients(&toy, 0, 6, &subject, NULL), EMEND_OK);
    ck_assert_mem_eq(toy.d_kls, once.d_kls, sizeof toy.d_kls);
}
END_TEST

static Puts save(void) {
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    const EmendAlgorithm *table = subject.table;
    ck_assert_int_eq(table->save(subject.self, &sink, &subject.err), EMEND_OK);
    return puts;
}

static EmendStatus restore(const void *bytes, size_t len) {
    const EmendAlgorithm *table = subject.table;
    return table->restore(subject.self, (EmendBytes){bytes, len}, &subject.err);
}

static const char adaptive[] = "baseline: MOVING_AVERAGE kl { weight: 0.5 target: 0.3 }";

START_TEST(a_restored_run_goes_on_to_the_same_bits) {
    create(adaptive);
    run(1);
    run(1);
    Puts state = save();
    run(1);
    run(1);
    Toy expected = toy;
    create(adaptive);
    ck_assert_int_eq(restore(state.items[0].text, state.items[0].len), EMEND_OK);
    Puts again = save();
    ck_assert_mem_eq(again.items[0].text, state.items[0].text, state.items[0].len);
    run(1);
    run(1);
    ck_assert_mem_eq(toy.d_kls, expected.d_kls, sizeof toy.d_kls);
    ck_assert_mem_eq(toy.d_log_probs, expected.d_log_probs, sizeof toy.d_log_probs);
    puts_clear(&state);
    puts_clear(&again);
}
END_TEST

START_TEST(states_that_are_damaged_or_of_another_config_change_nothing) {
    create(adaptive);
    run(1);
    Puts state = save();
    char *bytes = state.items[0].text;
    size_t len = state.items[0].len;
    ck_assert_uint_eq(len, 8 + TOY_TURNS * 40);
    for (size_t n = 0; n < len; n++) {
        ck_assert_int_eq(restore(bytes, n), EMEND_DATA_LOSS);
    }
    memset(bytes + 8 + 40 + 16, 0xff, 8);
    ck_assert_int_eq(restore(bytes, len), EMEND_DATA_LOSS);
    ck_assert_ptr_nonnull(strstr(subject.message, "the saved KL weight of turn 2 is"));
    Puts after = save();
    ck_assert_mem_eq(after.items[0].text, bytes, 8 + 40 + 16);
    create("baseline: MOVING_AVERAGE kl { weight: 0.5 }");
    ck_assert_int_eq(restore(bytes, len), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(subject.message,
                     "reinforce: its saved state is of version 2; it must be 1; resume with the "
                     "plugin and the config that wrote it");
    puts_clear(&state);
    puts_clear(&after);
}
END_TEST

/* Turns weigh alike by TOKEN_MEAN_OF_TURN: their coefficients are of one mean each. */
START_TEST(a_mean_of_each_turn_is_over_its_own_tokens) {
    create("baseline: NONE aggregation: TOKEN_MEAN_OF_TURN");
    toy_run(&toy, &subject, NULL);
    double n[TOY_TURNS] = {0};
    for (int i = 0; i < TOY_EPISODES; i++) {
        for (int t = 0; t < TOY_TURNS; t++) {
            n[t] += (double)toy_turn(&toy, i, t)->n_tokens;
        }
    }
    for (int i = 0; i < TOY_EPISODES; i++) {
        uint64_t n_first = toy_turn(&toy, i, 0)->n_tokens;
        ck_assert_float_eq(toy.d_log_probs[i].of[0],
                           (float)(-toy_turn(&toy, i, 0)->reward * (1 / n[0])));
        ck_assert_float_eq(toy.d_log_probs[i].of[n_first],
                           (float)(-toy_turn(&toy, i, 1)->reward * (1 / n[1])));
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reinforce, adaptive weights");
    TCase *tcase = tcase_create("adapt");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_kl_above_its_target_raises_the_weight_of_its_turn_alone);
    tcase_add_test(tcase, a_kl_below_its_target_lowers_the_weight);
    tcase_add_test(tcase, near_its_target_the_weight_moves_in_proportion);
    tcase_add_test(tcase, within_a_step_the_weight_stays_and_is_reported);
    tcase_add_test(tcase, a_restored_run_goes_on_to_the_same_bits);
    tcase_add_test(tcase, states_that_are_damaged_or_of_another_config_change_nothing);
    tcase_add_test(tcase, a_mean_of_each_turn_is_over_its_own_tokens);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

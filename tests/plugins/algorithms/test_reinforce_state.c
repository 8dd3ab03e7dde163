/* SPDX-License-Identifier: Apache-2.0 */
#include "reinforce/config.pb-c.h"
#include "toy.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef Emend__Algorithms__Reinforce__Config Config;
#define CONFIG_INIT EMEND__ALGORITHMS__REINFORCE__CONFIG__INIT

static Subject subject;
static Toy toy;

static void create(void) {
    Config config = CONFIG_INIT;
    uint8_t bytes[64];
    config.has_baseline = config.has_momentum = 1;
    config.baseline = EMEND__ALGORITHMS__REINFORCE__CONFIG__BASELINE__MOVING_AVERAGE;
    config.momentum = 0.75;
    size_t n_bytes = emend__algorithms__reinforce__config__pack(&config, bytes);
    ck_assert_int_eq(subject_create(&subject, bytes, n_bytes), EMEND_OK);
}

static void set_up(void) {
    subject_open(&subject, "emend.algorithms.reinforce", "reinforce", EMEND_KIND_ALGORITHM);
    toy_init(&toy);
    create();
}

static void tear_down(void) {
    subject_close(&subject);
}

/* Runs a step in which every turn t of every episode has the reward r[t]. */
static void run_with(double first, double second) {
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy_turn(&toy, i, 0)->reward = first;
        toy_turn(&toy, i, 1)->reward = second;
    }
    toy_run(&toy, &subject, NULL);
}

static Puts save(void) {
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    const EmendAlgorithm *table = subject.table;
    ck_assert_int_eq(table->save(subject.self, &sink, &subject.err), EMEND_OK);
    ck_assert_int_eq(puts.n, 1);
    ck_assert_uint_eq(puts.items[0].field, 0);
    return puts;
}

static EmendStatus restore(const void *bytes, size_t len) {
    const EmendAlgorithm *table = subject.table;
    return table->restore(subject.self, (EmendBytes){bytes, len}, &subject.err);
}

START_TEST(a_moving_baseline_is_the_average_of_the_steps_before) {
    run_with(1, 8);
    ck_assert_double_eq(toy_turn(&toy, 0, 0)->advantage, 1);
    ck_assert_double_eq(toy_turn(&toy, 0, 1)->advantage, 8);
    run_with(3, 8);
    ck_assert_double_eq(toy_turn(&toy, 0, 0)->advantage, 3 - 1);
    ck_assert_double_eq(toy_turn(&toy, 0, 1)->advantage, 0);
    run_with(3, 8);
    ck_assert_double_eq(toy_turn(&toy, 0, 0)->advantage, 3 - (0.75 * 1 + 0.25 * 3));
}
END_TEST

START_TEST(steps_without_a_reward_leave_the_average_alone) {
    run_with(4, 2);
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy_turn(&toy, i, 0)->state = i % 2 ? EMEND_TURN_LEFT_OUT : EMEND_TURN_UNREWARDED;
    }
    run_with(0, 2);
    ck_assert_double_eq(toy_turn(&toy, 0, 0)->advantage, 0);
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy_turn(&toy, i, 0)->state = EMEND_TURN_REWARDED;
    }
    run_with(4, 2);
    ck_assert_double_eq(toy_turn(&toy, 0, 0)->advantage, 0);
}
END_TEST

START_TEST(a_restored_run_goes_on_to_the_same_bits) {
    run_with(0.1, 0.3);
    run_with(0.7, -1.0 / 3);
    Puts state = save();
    run_with(0.2, 0.9);
    Toy expected = toy;

    create();
    ck_assert_int_eq(restore(state.items[0].text, state.items[0].len), EMEND_OK);
    Puts again = save();
    ck_assert_uint_eq(again.items[0].len, state.items[0].len);
    ck_assert_mem_eq(again.items[0].text, state.items[0].text, state.items[0].len);
    run_with(0.2, 0.9);
    ck_assert_mem_eq(toy.d_log_probs, expected.d_log_probs, sizeof toy.d_log_probs);
    ck_assert_mem_eq(toy.turns, expected.turns, sizeof toy.turns);
    puts_clear(&state);
    puts_clear(&again);
}
END_TEST

START_TEST(a_fresh_state_is_saved_and_restored) {
    Puts state = save();
    run_with(5, 5);
    ck_assert_int_eq(restore(state.items[0].text, state.items[0].len), EMEND_OK);
    run_with(5, 5);
    ck_assert_msg(toy_turn(&toy, 0, 0)->advantage == 5, "what was learnt since is forgotten");
    puts_clear(&state);
}
END_TEST

START_TEST(states_that_are_cut_or_damaged_are_refused_and_change_nothing) {
    run_with(2, 2);
    Puts state = save();
    char *bytes = state.items[0].text;
    size_t len = state.items[0].len;
    for (size_t n = 0; n < len; n++) {
        ck_assert_int_eq(restore(bytes, n), EMEND_DATA_LOSS);
    }
    char *more = calloc(1, len + 1);
    memcpy(more, bytes, len);
    ck_assert_int_eq(restore(more, len + 1), EMEND_DATA_LOSS);
    memset(more + 8, 0xff, 8);
    ck_assert_int_eq(restore(more, len), EMEND_DATA_LOSS);
    ck_assert_str_eq(subject.message,
                     "reinforce: the saved average of turn 1 is not finite; it must be");
    more[0] = 2;
    ck_assert_int_eq(restore(more, len), EMEND_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(subject.message, "version 2"));
    memset(more, 0xff, len);
    more[0] = 1;
    memset(more + 1, 0, 3);
    ck_assert_int_eq(restore(more, len), EMEND_DATA_LOSS);
    free(more);
    run_with(2, 2);
    ck_assert_double_eq(toy_turn(&toy, 0, 0)->advantage, 0);
    puts_clear(&state);
}
END_TEST

static int32_t refuse(void *ctx, uint32_t field, const void *data, uint64_t len) {
    (void)ctx;
    (void)field;
    (void)data;
    (void)len;
    return EMEND_EXHAUSTED;
}

START_TEST(a_sink_that_refuses_is_passed_up) {
    EmendSink sink = {.struct_size = sizeof sink, .put = refuse};
    const EmendAlgorithm *table = subject.table;
    ck_assert_int_eq(table->save(subject.self, &sink, &subject.err), EMEND_EXHAUSTED);
    ck_assert_str_eq(subject.message, "reinforce: its state of 8 bytes was not taken");
    subject.host.n_left = 0;
    ck_assert_int_eq(table->save(subject.self, &sink, &subject.err), EMEND_EXHAUSTED);
    ck_assert_str_eq(subject.message, "reinforce: no memory to save its state");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("reinforce, state");
    TCase *tcase = tcase_create("state");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_moving_baseline_is_the_average_of_the_steps_before);
    tcase_add_test(tcase, steps_without_a_reward_leave_the_average_alone);
    tcase_add_test(tcase, a_restored_run_goes_on_to_the_same_bits);
    tcase_add_test(tcase, a_fresh_state_is_saved_and_restored);
    tcase_add_test(tcase, states_that_are_cut_or_damaged_are_refused_and_change_nothing);
    tcase_add_test(tcase, a_sink_that_refuses_is_passed_up);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

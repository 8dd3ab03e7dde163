/* SPDX-License-Identifier: Apache-2.0 */
/* Turn-local credit through the real plugins: grades, correctness and progress, reinforce. */
#include "emend/reward.h"
#include "progress/config.pb-c.h"
#include "toy.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static Subject correctness, progress, reinforce;
static Toy toy;

typedef struct Grades {
    double of[TOY_EPISODES][TOY_TURNS];
} Grades;

static const Grades grades = {{{0, 1}, {1, 1}, {0, 0}, {1, 0}, {0, 0}, {1, 1}}};

static void set_up(void) {
    subject_open(&correctness, "emend.rewards.correctness", "correctness", EMEND_KIND_REWARD);
    subject_open(&progress, "emend.rewards.progress", "progress", EMEND_KIND_REWARD);
    subject_open(&reinforce, "emend.algorithms.reinforce", "reinforce", EMEND_KIND_ALGORITHM);
    ck_assert_int_eq(subject_create(&correctness, NULL, 0), EMEND_OK);
    ck_assert_int_eq(subject_create(&reinforce, NULL, 0), EMEND_OK);
    toy_init(&toy);
}

static void tear_down(void) {
    subject_close(&correctness);
    subject_close(&progress);
    subject_close(&reinforce);
}

static void use_alpha(double alpha) {
    Emend__Rewards__Progress__Config config = EMEND__REWARDS__PROGRESS__CONFIG__INIT;
    uint8_t bytes[64];
    config.has_alpha = 1;
    config.alpha = alpha;
    size_t n_bytes = emend__rewards__progress__config__pack(&config, bytes);
    ck_assert_int_eq(subject_create(&progress, bytes, n_bytes), EMEND_OK);
}

/* Adds what a reward plugin says of one episode to its turns. */
static void add_rewards(Subject *reward, int episode, const double *of_turns) {
    EmendScore given[TOY_TURNS] = {0}, scores[TOY_TURNS] = {0};
    EmendGradedAttempt attempts[TOY_TURNS] = {0};
    for (int t = 0; t < TOY_TURNS; t++) {
        given[t] = (EmendScore){.state = EMEND_SCORE_VALUE, .value = of_turns[t]};
        attempts[t] = (EmendGradedAttempt){.struct_size = sizeof attempts[t], .grade = &given[t]};
    }
    EmendSample sample = {.struct_size = sizeof sample,
                          .n_turns = TOY_TURNS,
                          .attempts = emend_span(attempts, TOY_TURNS, sizeof attempts[0]),
                          .scores = scores};
    const EmendReward *table = reward->table;
    ck_assert_int_eq(
        table->score(reward->self, emend_span(&sample, 1, sizeof sample), 0, &reward->err),
        EMEND_OK);
    for (int t = 0; t < TOY_TURNS; t++) {
        toy_turn(&toy, episode, t)->reward += scores[t].value;
    }
}

static void train_on(const Grades *given) {
    for (int i = 0; i < TOY_EPISODES; i++) {
        toy_turn(&toy, i, 0)->reward = toy_turn(&toy, i, 1)->reward = 0;
        add_rewards(&correctness, i, given->of[i]);
        add_rewards(&progress, i, given->of[i]);
    }
    toy_run(&toy, &reinforce, NULL);
}

static bool is_same_turn(const Toy *a, const Toy *b, int turn) {
    for (int i = 0; i < TOY_EPISODES; i++) {
        uint64_t n_first = a->turns[i][0].turn.n_tokens;
        uint64_t offset = turn == 0 ? 0 : n_first;
        uint64_t n = a->turns[i][turn].turn.n_tokens;
        if (memcmp(a->d_log_probs[i].of + offset, b->d_log_probs[i].of + offset,
                   n * sizeof(float)) != 0) {
            return false;
        }
    }
    return true;
}

START_TEST(alpha_changes_no_bit_of_turn_1) {
    use_alpha(0);
    train_on(&grades);
    Toy without = toy;
    use_alpha(10);
    train_on(&grades);
    ck_assert_msg(is_same_turn(&toy, &without, 0), "turn 1 does not know of alpha");
    ck_assert_msg(!is_same_turn(&toy, &without, 1), "turn 2 does");
    ck_assert_msg(toy_turn(&toy, 1, 0)->advantage > 0, "a right first attempt is not punished");
}
END_TEST

START_TEST(grades_of_turn_2_change_no_bit_of_turn_1) {
    Grades others = grades;
    use_alpha(10);
    train_on(&grades);
    Toy before = toy;
    others.of[0][1] = 0;
    others.of[3][1] = 1;
    train_on(&others);
    ck_assert_msg(is_same_turn(&toy, &before, 0), "turn 1 does not know of turn 2");
    ck_assert_msg(!is_same_turn(&toy, &before, 1), "turn 2 does");
}
END_TEST

START_TEST(grades_of_turn_1_reach_turn_2_by_alpha_alone) {
    Grades others = grades;
    others.of[0][0] = 1;
    others.of[3][0] = 0;
    use_alpha(0);
    train_on(&grades);
    Toy before = toy;
    train_on(&others);
    ck_assert_msg(!is_same_turn(&toy, &before, 0), "turn 1 sees its own grade");
    ck_assert_msg(is_same_turn(&toy, &before, 1), "without alpha turn 2 does not");
    use_alpha(10);
    train_on(&grades);
    before = toy;
    train_on(&others);
    ck_assert_msg(!is_same_turn(&toy, &before, 1), "with alpha turn 2 does");
}
END_TEST

START_TEST(the_bonus_reaches_the_loss_whole) {
    use_alpha(10);
    train_on(&grades);
    // Group 1 has the shaped rewards 11, 1, 0 on turn 2.
    ck_assert_double_eq(toy_turn(&toy, 0, 1)->advantage, 11 - 0.5);
    ck_assert_double_eq(toy_turn(&toy, 1, 1)->advantage, 1 - 5.5);
    ck_assert_double_eq(toy_turn(&toy, 2, 1)->advantage, 0 - 6.0);
    ck_assert_float_eq(toy.d_log_probs[0].of[toy_turn(&toy, 0, 0)->n_tokens],
                       (float)(-10.5 / TOY_EPISODES));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("credit");
    TCase *tcase = tcase_create("credit");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, alpha_changes_no_bit_of_turn_1);
    tcase_add_test(tcase, grades_of_turn_2_change_no_bit_of_turn_1);
    tcase_add_test(tcase, grades_of_turn_1_reach_turn_2_by_alpha_alone);
    tcase_add_test(tcase, the_bonus_reaches_the_loss_whole);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

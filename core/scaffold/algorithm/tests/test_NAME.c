/* The algorithm on a step small enough to work out by hand. */
#include "config.pb-c.h"
#include "emend/algorithm.h"
#include "emend/testing.h"
#include <check.h>

enum { N_EPISODES = 3, N_TURNS = 2, TOKENS_OF_TURN = 2, N_TOKENS = 4 };

static EmendTest test;
static const EmendAlgorithm *algorithm;

/* Three samples of one prompt, two turns each, two tokens a turn. */
static EmendTurn turns[N_EPISODES][N_TURNS];
static EmendEpisode episodes[N_EPISODES];
static const EmendTotals totals = {
    .n_episodes = N_EPISODES, .n_tokens = N_EPISODES * N_TOKENS, .max_turn_tokens = 8};

static void open_default(void) {
    static const double rewards[N_EPISODES][N_TURNS] = {{1, 1}, {0, 1}, {0, 0}};
    EmendStatus status = emend_test_create(&test, EMEND_KIND_ALGORITHM, "@NAME@", (EmendBytes){0});
    ck_assert_msg(status == EMEND_OK, "%s", test.message);
    algorithm = test.table;
    for (int i = 0; i < N_EPISODES; i++) {
        for (int t = 0; t < N_TURNS; t++) {
            turns[i][t] = (EmendTurn){.struct_size = sizeof(EmendTurn),
                                      .state = EMEND_TURN_REWARDED,
                                      .n_tokens = TOKENS_OF_TURN,
                                      .reward = rewards[i][t],
                                      .temperature = 1};
        }
        episodes[i] = (EmendEpisode){.struct_size = sizeof(EmendEpisode),
                                     .n_turns = N_TURNS,
                                     .group = 7,
                                     .turns = emend_span(turns[i], N_TURNS, sizeof(EmendTurn))};
    }
}

static void close_default(void) {
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
}

static void compare(void) {
    EmendStatus status =
        algorithm->advantages(test.self, emend_span(episodes, N_EPISODES, sizeof(EmendEpisode)),
                              &totals, NULL, &test.err);
    ck_assert_msg(status == EMEND_OK, "%s", test.message);
}

START_TEST(the_kl_is_asked_for_where_it_has_a_weight) {
    EmendPlan plan = {.struct_size = sizeof plan, .n_updates = 1};
    ck_assert_int_eq(algorithm->plan(test.self, 0, &plan, &test.err), EMEND_OK);
    ck_assert_uint_eq(plan.needs, EMEND_NEED_KL);
    ck_assert_uint_eq(plan.episodes, EMEND_EPISODES_ROLLOUT);
}
END_TEST

START_TEST(a_turn_is_compared_with_the_same_turn_of_the_others) {
    static const double wanted[N_EPISODES][N_TURNS] = {{1, 0.5}, {-0.5, 0.5}, {-0.5, -1}};
    compare();
    for (int i = 0; i < N_EPISODES; i++) {
        for (int t = 0; t < N_TURNS; t++) {
            ck_assert_double_eq_tol(turns[i][t].advantage, wanted[i][t], 1e-12);
        }
    }
}
END_TEST

START_TEST(a_turn_that_is_left_out_has_no_part) {
    turns[0][0].state = EMEND_TURN_LEFT_OUT;
    turns[1][0].reward = 0.5;
    compare();
    ck_assert_double_eq(turns[0][0].advantage, 0);
    ck_assert_double_eq_tol(turns[1][0].advantage, 0.5, 1e-12);
    ck_assert_double_eq_tol(turns[2][0].advantage, -0.5, 1e-12);
}
END_TEST

START_TEST(tokens_are_pushed_by_their_turns_advantage) {
    static const float log_probs[N_TOKENS] = {-1, -2, -3, -4}, kls[N_TOKENS] = {0};
    float d_log_probs[N_TOKENS] = {0}, d_kls[N_TOKENS] = {0};
    EmendTokenTerms terms = {.struct_size = sizeof terms,
                             .episode = &episodes[2],
                             .n_tokens = N_TOKENS,
                             .log_probs = log_probs,
                             .kls = kls,
                             .d_log_probs = d_log_probs,
                             .d_kls = d_kls};
    compare();
    EmendStatus status = algorithm->coefficients(test.self, emend_span(&terms, 1, sizeof terms),
                                                 &totals, NULL, &test.err);
    ck_assert_msg(status == EMEND_OK, "%s", test.message);
    for (int k = 0; k < N_TOKENS; k++) {
        ck_assert_float_eq_tol(d_log_probs[k], (k < TOKENS_OF_TURN ? 0.5f : 1.0f) / 12, 1e-7f);
        ck_assert_float_eq_tol(d_kls[k], 0.1f / 12, 1e-7f);
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("@NAME@");
    tcase_add_checked_fixture(tcase, open_default, close_default);
    tcase_add_test(tcase, the_kl_is_asked_for_where_it_has_a_weight);
    tcase_add_test(tcase, a_turn_is_compared_with_the_same_turn_of_the_others);
    tcase_add_test(tcase, a_turn_that_is_left_out_has_no_part);
    tcase_add_test(tcase, tokens_are_pushed_by_their_turns_advantage);
    Suite *suite = suite_create("@NAME@");
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The reward as a run calls it, with numbers worked out by hand. */
#include "config.pb-c.h"
#include "emend/reward.h"
#include "emend/testing.h"
#include <check.h>

typedef @C_TYPE@__Config Config;

/* Makes the reward with a config; the status is the plugin's. */
static EmendStatus make(EmendTest *test, const Config *config) {
    uint8_t bytes[64];
    EmendBytes packed = {bytes, protobuf_c_message_pack(&config->base, bytes)};
    return emend_test_create(test, EMEND_KIND_REWARD, "@NAME@", packed);
}

/* The score of an episode of one turn. */
static EmendScore score_one(EmendTest *test, EmendScore grade, uint64_t n_tokens) {
    const EmendReward *reward = test->table;
    EmendScore score = {0};
    EmendGradedAttempt attempt = {.struct_size = sizeof attempt,
                                  .response = emend_str("4"),
                                  .grade = &grade,
                                  .n_tokens = n_tokens};
    EmendSample sample = {.struct_size = sizeof sample,
                          .n_turns = 1,
                          .attempts = emend_span(&attempt, 1, sizeof attempt),
                          .scores = &score};
    EmendStatus status =
        reward->score(test->self, emend_span(&sample, 1, sizeof sample), 1, &test->err);
    ck_assert_msg(status == EMEND_OK, "%s", test->message);
    return score;
}

START_TEST(a_right_answer_earns_more_the_shorter_it_is) {
    Config config;
    @C_NAME@__config__init(&config);
    config.has_weight = config.has_max_tokens = 1;
    config.weight = 2;
    config.max_tokens = 100;
    EmendTest test;
    ck_assert_int_eq(make(&test, &config), EMEND_OK);
    ck_assert_double_eq_tol(score_one(&test, emend_score(1), 25).value, 1.5, 1e-12);
    ck_assert_double_eq_tol(score_one(&test, emend_score(0.5), 25).value, 0.75, 1e-12);
    ck_assert_double_eq_tol(score_one(&test, emend_score(1), 300).value, 0, 1e-12);
    ck_assert_double_eq_tol(score_one(&test, emend_score(0), 1).value, 0, 1e-12);
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
}
END_TEST

START_TEST(what_was_not_graded_has_no_score) {
    Config config;
    @C_NAME@__config__init(&config);
    EmendTest test;
    ck_assert_int_eq(make(&test, &config), EMEND_OK);
    EmendScore score = score_one(&test, emend_no_score(EMEND_SCORE_ERROR, "no interpreter"), 25);
    ck_assert_uint_eq(score.state, EMEND_SCORE_ERROR);
    ck_assert_str_eq(score.reason, "no interpreter");
    ck_assert_uint_eq(score_one(&test, (EmendScore){0}, 25).state, EMEND_SCORE_ERROR);
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
}
END_TEST

START_TEST(a_config_that_cannot_be_right_is_refused_by_its_field) {
    Config config;
    @C_NAME@__config__init(&config);
    config.has_weight = 1;
    config.weight = -1;
    EmendTest test;
    ck_assert_int_eq(make(&test, &config), EMEND_INVALID_ARGUMENT);
    ck_assert_str_eq(test.message, "weight: it is -1; it must be finite and 0 or more");
    ck_assert_uint_eq(emend_test_destroy(&test), 0);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("@NAME@");
    tcase_add_test(tcase, a_right_answer_earns_more_the_shorter_it_is);
    tcase_add_test(tcase, what_was_not_graded_has_no_score);
    tcase_add_test(tcase, a_config_that_cannot_be_right_is_refused_by_its_field);
    Suite *suite = suite_create("@NAME@");
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which token is taken, and requests that are refused. */
#include "setup.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Loaded *loaded;
static Setup setup;
static EmendModel *model;
static EmendSession *session;

static void open_all(void) {
    EmendModelConfig config = setup_config(0, 0);
    loaded = setup_plugin();
    setup = setup_open(loaded, 2, 64);
    model = setup_model(&setup, &config, 3);
    session = setup_session(&setup, model);
}

static void close_all(void) {
    setup.backend->session_close(setup.self, session);
    setup.backend->model_close(setup.self, model);
    setup_close(&setup);
    loaded_close(loaded);
}

/* Writes the same value into all of a tensor, and opens the session again. */
static void set_tensor(const char *wanted, float value) {
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0;
    for (uint64_t i = 0; loaded_tensor(loaded, model, i, &name, &values, &gradient, &n); i++) {
        for (uint64_t j = 0; j < n && strcmp(name, wanted) == 0; j++) {
            values[j] = value;
        }
    }
    setup.backend->session_close(setup.self, session);
    ck_assert_int_eq(loaded->gradients->values_changed(setup.self, model, &loaded->err), EMEND_OK);
    session = setup_session(&setup, model);
}

static void assert_refused(Continuation *c, size_t n, EmendStatus status, const char *message) {
    ck_assert_int_eq(setup_generate(&setup, session, c, n, NULL, 0), status);
    ck_assert_int_eq(loaded->err.code, status);
    ck_assert_msg(strstr(loaded->message, message) != NULL, "\"%s\" lacks \"%s\"", loaded->message,
                  message);
}

START_TEST(among_equals_greedy_takes_the_lowest_id) {
    Continuation c;
    set_tensor("lm_head.weight", 0.0f);
    continuation_init(&c, 1, EMEND_NO_SEQUENCE, 4, 9);
    c.sampling.temperature = 0.0f;
    ck_assert_int_eq(setup_generate(&setup, session, &c, 1, NULL, 0), EMEND_OK);
    for (uint32_t i = 0; i < MAX_NEW; i++) {
        ck_assert_int_eq(c.new_tokens[i], 0);
        ck_assert_float_eq_tol(c.log_probs[i], -logf(VOCAB), 1e-6f);
    }
}
END_TEST

START_TEST(greedy_takes_the_likeliest_and_top_k_of_one_does_too) {
    Continuation greedy, first, narrow;
    continuation_init(&greedy, 1, EMEND_NO_SEQUENCE, 4, 9);
    continuation_init(&first, 2, EMEND_NO_SEQUENCE, 4, 9);
    continuation_init(&narrow, 3, EMEND_NO_SEQUENCE, 4, 9);
    greedy.sampling.temperature = 0.0f;
    first.sampling.temperature = 1.0f;
    first.sampling.top_k = 1;
    narrow.sampling.temperature = 1.0f;
    narrow.sampling.top_p = 1e-6f;
    ck_assert_int_eq(setup_generate(&setup, session, &greedy, 1, NULL, 0), EMEND_OK);
    ck_assert_int_eq(setup_generate(&setup, session, &first, 1, NULL, 0), EMEND_OK);
    ck_assert_int_eq(setup_generate(&setup, session, &narrow, 1, NULL, 0), EMEND_OK);
    ck_assert_mem_eq(greedy.new_tokens, first.new_tokens, sizeof greedy.new_tokens);
    ck_assert_mem_eq(greedy.new_tokens, narrow.new_tokens, sizeof greedy.new_tokens);
    // Log-probs are those before the filter, so those of greedy at temperature 1.
    ck_assert_mem_eq(greedy.log_probs, first.log_probs, sizeof greedy.log_probs);
}
END_TEST

/* Of 4000 samples of one prompt, each token's share is near the probability reported for it. */
START_TEST(samples_follow_the_reported_probabilities) {
    enum { N_SAMPLES = 4000 };
    Continuation *c = calloc(N_SAMPLES, sizeof *c);
    double probability[VOCAB] = {0}, sum = 0.0;
    int count[VOCAB] = {0};
    ck_assert_ptr_nonnull(c);
    for (uint32_t i = 0; i < N_SAMPLES; i++) {
        continuation_init(&c[i], i, EMEND_NO_SEQUENCE, 4, 9);
        c[i].sampling.max_new_tokens = 1;
        c[i].sampling.top_k = _i == 1 ? 3 : 0;
        c[i].sampling.top_p = _i == 2 ? 0.5f : 1.0f;
    }
    ck_assert_int_eq(setup_generate(&setup, session, c, N_SAMPLES, NULL, 0), EMEND_OK);
    for (uint32_t i = 0; i < N_SAMPLES; i++) {
        count[c[i].new_tokens[0]]++;
        probability[c[i].new_tokens[0]] = exp((double)c[i].log_probs[0]);
    }
    int n_kinds = 0;
    for (int v = 0; v < VOCAB; v++) {
        sum += probability[v];
        n_kinds += count[v] > 0;
    }
    ck_assert_msg(_i != 1 || n_kinds == 3, "top-k of 3 let %d tokens pass", n_kinds);
    ck_assert_msg(_i != 2 || sum >= 0.5, "top-p of 0.5 kept %f", sum);
    for (int v = 0; v < VOCAB; v++) {
        double expected = N_SAMPLES * probability[v] / (_i == 0 ? 1.0 : sum);
        ck_assert_msg(fabs(count[v] - expected) <= 5.0 * sqrt(expected) + 1.0,
                      "token %d came %d times where %f were due", v, count[v], expected);
    }
    free(c);
}
END_TEST

START_TEST(requests_that_cannot_be_right_are_refused_by_number) {
    Continuation c[2];
    continuation_init(&c[0], 1, EMEND_NO_SEQUENCE, 4, 9);
    continuation_init(&c[1], 2, EMEND_NO_SEQUENCE, 4, 9);
    Continuation good = c[1];

    c[1].tokens[3] = VOCAB;
    assert_refused(c, 2, EMEND_OUT_OF_RANGE, "token 3 of request 1 is 50");
    c[1].tokens[3] = -1;
    assert_refused(c, 2, EMEND_OUT_OF_RANGE, "token 3 of request 1 is -1");
    c[1] = good;
    c[1].sampling.tokens = c[1].tokens;
    c[1].sampling.n_tokens = 0;
    assert_refused(c, 2, EMEND_INVALID_ARGUMENT, "request 1 has no tokens");
    c[1].sampling.n_tokens = 9;
    c[1].sampling.sequence = 1;
    assert_refused(c, 2, EMEND_INVALID_ARGUMENT, "requests 0 and 1 are both sequence 1");
    c[1].sampling.sequence = 2;
    c[1].sampling.parent = 5;
    assert_refused(c, 2, EMEND_NOT_FOUND, "the parent of request 1 is sequence 5");
    c[1].sampling.parent = EMEND_NO_SEQUENCE;
    c[1].sampling.temperature = -0.5f;
    assert_refused(c, 2, EMEND_INVALID_ARGUMENT, "the temperature of request 1 is -0.5");
    c[1].sampling.temperature = 1.0f;
    c[1].sampling.top_p = 0.0f;
    assert_refused(c, 2, EMEND_INVALID_ARGUMENT, "top_p of request 1 is 0");
    c[1].sampling.top_p = 1.0f;
    c[1].sampling.new_tokens = NULL;
    assert_refused(c, 2, EMEND_INVALID_ARGUMENT, "request 1 lacks room");
    c[1].sampling.new_tokens = c[1].new_tokens;
    c[1].sampling.n_tokens = UINT64_MAX;
    // Too many to look at: the count alone is refused.
    assert_refused(c, 2, EMEND_OUT_OF_RANGE, "the prompt of request 1 has");
}
END_TEST

START_TEST(a_session_ends_with_the_weights_it_was_opened_on) {
    Continuation c;
    continuation_init(&c, 1, EMEND_NO_SEQUENCE, 4, 9);
    ck_assert_int_eq(loaded->gradients->values_changed(setup.self, model, &loaded->err), EMEND_OK);
    assert_refused(&c, 1, EMEND_PRECONDITION, "weights changed while this session was open");
}
END_TEST

START_TEST(logits_that_are_not_finite_stop_the_sampling) {
    Continuation c;
    set_tensor("model.norm.weight", NAN);
    continuation_init(&c, 1, EMEND_NO_SEQUENCE, 4, 9);
    assert_refused(&c, 1, EMEND_ABORTED, "the logits of request 0 are not finite");
}
END_TEST

static int32_t cancelled(const EmendHost *host) {
    (void)host;
    return 1;
}

START_TEST(a_host_that_wants_to_stop_is_heard) {
    Continuation c;
    continuation_init(&c, 1, EMEND_NO_SEQUENCE, 4, 9);
    loaded->host.is_cancelled = cancelled;
    assert_refused(&c, 1, EMEND_CANCELLED, "stopped as asked");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cpu sampling");
    TCase *tests = tcase_create("sampling");
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, among_equals_greedy_takes_the_lowest_id);
    tcase_add_test(tests, greedy_takes_the_likeliest_and_top_k_of_one_does_too);
    tcase_add_loop_test(tests, samples_follow_the_reported_probabilities, 0, 3);
    tcase_add_test(tests, requests_that_cannot_be_right_are_refused_by_number);
    tcase_add_test(tests, a_session_ends_with_the_weights_it_was_opened_on);
    tcase_add_test(tests, logits_that_are_not_finite_stop_the_sampling);
    tcase_add_test(tests, a_host_that_wants_to_stop_is_heard);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

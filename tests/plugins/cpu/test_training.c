/* SPDX-License-Identifier: Apache-2.0 */
/* forward, backward, optimizer_step: the same bits however a batch is cut and shared out. */
#include "setup.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 40 /* sequences, of up to 90 tokens: more than one slab */ };

static Scoring *batch_new(uint32_t want) {
    Scoring *batch = calloc(N, sizeof *batch);
    ck_assert_ptr_nonnull(batch);
    for (uint32_t i = 0; i < N; i++) {
        scoring_init(&batch[i], i, 2 + (i * 37) % 89, want);
        batch[i].range.temperature = 0.7f + 0.1f * (float)(i % 5);
    }
    return batch;
}

/* Gradient of the batch cut into pieces of `cut` sequences. */
static float *gradient_of(const Setup *setup, EmendModel *model, EmendModel *base, Scoring *batch,
                          size_t n, size_t cut, size_t *n_floats) {
    for (size_t i = 0; i < n; i += cut) {
        size_t n_cut = i + cut < n ? cut : n - i;
        EmendTape *tape = NULL;
        ck_assert_msg(setup_forward(setup, model, base, batch + i, n_cut, &tape) == EMEND_OK, "%s",
                      setup->loaded->message);
        ck_assert_msg(setup_backward(setup, tape, batch + i, n_cut) == EMEND_OK, "%s",
                      setup->loaded->message);
        setup->backend->tape_release(setup->self, tape);
    }
    return setup_gradient(setup, model, n_floats);
}

typedef struct Cut {
    uint32_t n_threads, chunk_rows;
    size_t n_at_once;
} Cut;

static const Cut cuts[] = {{1, 64, N}, {2, 64, N}, {3, 64, N}, {2, 7, N},
                           {1, 1, N},  {1, 64, 1}, {2, 64, 7}, {3, 5, 13}};

static float *gradient_with(Loaded *loaded, const Cut *cut, int is_tied, int is_large, size_t n,
                            Scoring *batch, size_t *n_floats) {
    Setup setup = setup_open(loaded, cut->n_threads, cut->chunk_rows);
    EmendModelConfig config = setup_config(is_tied, is_large);
    EmendModel *model = setup_model(&setup, &config, 3);
    EmendModel *base = setup_model(&setup, &config, 4);
    float *gradient = gradient_of(&setup, model, base, batch, n, cut->n_at_once, n_floats);
    setup.backend->model_close(setup.self, base);
    setup.backend->model_close(setup.self, model);
    setup_close(&setup);
    return gradient;
}

/* Loop: tied or not. */
START_TEST(gradients_do_not_depend_on_threads_chunks_or_micro_batches) {
    Loaded *loaded = setup_plugin();
    Scoring *batch = batch_new(EMEND_WANT_ENTROPY | EMEND_WANT_KL);
    size_t n_floats = 0, n_other = 0;
    float *expected = gradient_with(loaded, &cuts[0], _i, 0, N, batch, &n_floats);
    float largest = 0.0f;
    for (size_t i = 0; i < n_floats; i++) {
        largest = fmaxf(largest, fabsf(expected[i]));
    }
    ck_assert_msg(largest > 0.1f && isfinite(largest), "a gradient of %f says nothing", largest);
    for (size_t c = 1; c < sizeof cuts / sizeof cuts[0]; c++) {
        float *gradient = gradient_with(loaded, &cuts[c], _i, 0, N, batch, &n_other);
        ck_assert_uint_eq(n_floats, n_other);
        ck_assert_msg(memcmp(expected, gradient, n_floats * sizeof(float)) == 0,
                      "%u threads, chunks of %u, %zu sequences at once give other bits",
                      cuts[c].n_threads, cuts[c].chunk_rows, cuts[c].n_at_once);
        free(gradient);
    }
    free(expected);
    free(batch);
    loaded_close(loaded);
}
END_TEST

/* One long sequence is shared out in another way than many short ones. */
START_TEST(gradients_of_one_long_sequence_do_not_depend_on_threads) {
    Loaded *loaded = setup_plugin();
    Scoring *batch = calloc(1, sizeof *batch);
    size_t n_floats = 0;
    ck_assert_ptr_nonnull(batch);
    scoring_init(batch, 1, POSITIONS, EMEND_WANT_ENTROPY | EMEND_WANT_KL);
    float *expected = gradient_with(loaded, &cuts[0], 0, 1, 1, batch, &n_floats);
    float log_probs[POSITIONS], kls[POSITIONS];
    memcpy(log_probs, batch->log_probs, sizeof log_probs);
    memcpy(kls, batch->kls, sizeof kls);
    for (uint32_t n_threads = 2; n_threads <= 3; n_threads++) {
        const Cut cut = {n_threads, 16, 1};
        float *gradient = gradient_with(loaded, &cut, 0, 1, 1, batch, &n_floats);
        ck_assert_mem_eq(log_probs, batch->log_probs, sizeof log_probs);
        ck_assert_mem_eq(kls, batch->kls, sizeof kls);
        ck_assert_msg(memcmp(expected, gradient, n_floats * sizeof(float)) == 0,
                      "%u threads give other bits", n_threads);
        free(gradient);
    }
    free(expected);
    free(batch);
    loaded_close(loaded);
}
END_TEST

START_TEST(log_probs_do_not_depend_on_what_else_is_asked_for) {
    Loaded *loaded = setup_plugin();
    Setup setup = setup_open(loaded, 2, 64);
    EmendModelConfig config = setup_config(0, 0);
    EmendModel *model = setup_model(&setup, &config, 3);
    EmendModel *base = setup_model(&setup, &config, 4);
    Scoring *all = batch_new(EMEND_WANT_ENTROPY | EMEND_WANT_KL), *bare = batch_new(0);
    ck_assert_int_eq(setup_forward(&setup, model, base, all, N, NULL), EMEND_OK);
    ck_assert_int_eq(setup_forward(&setup, model, NULL, bare, N, NULL), EMEND_OK);
    for (size_t i = 0; i < N; i++) {
        ck_assert_mem_eq(all[i].log_probs, bare[i].log_probs, sizeof bare[i].log_probs);
        for (size_t t = 0; t + 1 < all[i].sequence.n_tokens; t++) {
            ck_assert(all[i].entropies[t] > 0.0f && all[i].kls[t] > 0.0f);
            ck_assert(bare[i].entropies[t] == 0.0f && bare[i].kls[t] == 0.0f);
        }
    }
    free(all);
    free(bare);
    setup.backend->model_close(setup.self, base);
    setup.backend->model_close(setup.self, model);
    setup_close(&setup);
    loaded_close(loaded);
}
END_TEST

START_TEST(a_model_and_its_clone_have_a_kl_of_exactly_zero) {
    Loaded *loaded = setup_plugin();
    Setup setup = setup_open(loaded, 2, 64);
    EmendModelConfig config = setup_config(0, 0);
    EmendModel *model = setup_model(&setup, &config, 3), *base = NULL;
    Scoring *batch = batch_new(EMEND_WANT_KL);
    ck_assert_int_eq(
        setup.backend->model_clone(setup.self, model, EMEND_MODEL_FROZEN, &base, &loaded->err),
        EMEND_OK);
    ck_assert_int_eq(setup_forward(&setup, model, base, batch, N, NULL), EMEND_OK);
    for (size_t i = 0; i < N; i++) {
        for (size_t t = 0; t < POSITIONS; t++) {
            ck_assert_msg(batch[i].kls[t] == 0.0f, "KL is %g", (double)batch[i].kls[t]);
        }
    }
    free(batch);
    setup.backend->model_close(setup.self, base);
    setup.backend->model_close(setup.self, model);
    setup_close(&setup);
    loaded_close(loaded);
}
END_TEST

static double mean_log_prob(const Scoring *s) {
    double sum = 0.0;
    for (size_t t = 0; t + 1 < s->sequence.n_tokens; t++) {
        sum += (double)s->log_probs[t];
    }
    return sum / (double)(s->sequence.n_tokens - 1);
}

/* Loop: tied or not. */
START_TEST(a_few_steps_learn_a_sequence_by_heart) {
    Loaded *loaded = setup_plugin();
    Setup setup = setup_open(loaded, 2, 64);
    EmendModelConfig config = setup_config(_i, 0);
    config.initializer_range = 0.02;
    EmendModel *model = setup_model(&setup, &config, 3);
    Scoring *s = calloc(1, sizeof *s);
    ck_assert_ptr_nonnull(s);
    scoring_init(s, 5, 30, 0);
    s->range.temperature = 1.0f;
    for (size_t t = 0; t < POSITIONS; t++) {
        s->d_log_probs[t] = -1.0f / 29.0f;
    }
    for (uint64_t step = 1; step <= 60; step++) {
        EmendTape *tape = NULL;
        ck_assert_int_eq(setup_forward(&setup, model, NULL, s, 1, &tape), EMEND_OK);
        if (step == 1) {
            ck_assert_double_eq_tol(mean_log_prob(s), -log(VOCAB), 0.1);
        }
        ck_assert_int_eq(setup_backward(&setup, tape, s, 1), EMEND_OK);
        setup.backend->tape_release(setup.self, tape);
        ck_assert_int_eq(setup_step(&setup, model, step, 0.01), EMEND_OK);
    }
    ck_assert_int_eq(setup_forward(&setup, model, NULL, s, 1, NULL), EMEND_OK);
    ck_assert_msg(mean_log_prob(s) > -0.2, "the mean log-prob is still %f", mean_log_prob(s));
    free(s);
    setup.backend->model_close(setup.self, model);
    setup_close(&setup);
    loaded_close(loaded);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cpu training");
    TCase *tests = tcase_create("training");
    tcase_set_timeout(tests, 100);
    tcase_add_loop_test(tests, gradients_do_not_depend_on_threads_chunks_or_micro_batches, 0, 2);
    tcase_add_test(tests, gradients_of_one_long_sequence_do_not_depend_on_threads);
    tcase_add_test(tests, log_probs_do_not_depend_on_what_else_is_asked_for);
    tcase_add_test(tests, a_model_and_its_clone_have_a_kl_of_exactly_zero);
    tcase_add_loop_test(tests, a_few_steps_learn_a_sequence_by_heart, 0, 2);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

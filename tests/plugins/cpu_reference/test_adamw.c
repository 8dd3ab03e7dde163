/* SPDX-License-Identifier: Apache-2.0 */
/* The optimizer against AdamW in double (Loshchilov and Hutter, arXiv 1711.05101, algorithm 2). */
#include "cases.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Pair pair;

/* The state of every parameter in double, tensors one after another. */
typedef struct Adamw {
    size_t n;
    double *weights, *gradient, *moment1, *moment2;
    char *decays; /* 1: of a matrix */
} Adamw;

static double *zeroes(size_t n) {
    double *block = calloc(n, sizeof *block);
    ck_assert_ptr_nonnull(block);
    return block;
}

static Adamw adamw_create(void) {
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0;
    Adamw state = {0};
    for (uint64_t i = 0; loaded_tensor(pair.loaded, pair.policy, i, &name, &values, &gradient, &n);
         i++) {
        state.n += (size_t)n;
    }
    state.weights = zeroes(state.n);
    state.gradient = zeroes(state.n);
    state.moment1 = zeroes(state.n);
    state.moment2 = zeroes(state.n);
    state.decays = calloc(state.n, 1);
    ck_assert_ptr_nonnull(state.decays);
    size_t at = 0;
    for (uint64_t i = 0; loaded_tensor(pair.loaded, pair.policy, i, &name, &values, &gradient, &n);
         i++) {
        for (uint64_t j = 0; j < n; j++, at++) {
            state.weights[at] = (double)values[j];
            state.decays[at] = strstr(name, "norm") == NULL;
        }
    }
    return state;
}

static void adamw_destroy(Adamw *state) {
    free(state->weights);
    free(state->gradient);
    free(state->moment1);
    free(state->moment2);
    free(state->decays);
}

/* Copies the backend's gradient; returns its norm. */
static double take_gradient(Adamw *state) {
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0;
    size_t at = 0;
    double square = 0.0;
    for (uint64_t i = 0; loaded_tensor(pair.loaded, pair.policy, i, &name, &values, &gradient, &n);
         i++) {
        for (uint64_t j = 0; j < n; j++, at++) {
            state->gradient[at] = (double)gradient[j];
            square += state->gradient[at] * state->gradient[at];
        }
    }
    return sqrt(square);
}

static void adamw_step(Adamw *state, const EmendOptimizerStep *args, double norm) {
    double clip =
        args->max_grad_norm > 0 && norm > args->max_grad_norm ? args->max_grad_norm / norm : 1.0;
    for (size_t i = 0; i < state->n; i++) {
        double g = clip * state->gradient[i];
        double *m = &state->moment1[i], *v = &state->moment2[i], *w = &state->weights[i];
        *m = args->beta1 * *m + (1.0 - args->beta1) * g;
        *v = args->beta2 * *v + (1.0 - args->beta2) * g * g;
        double m_hat = *m / (1.0 - pow(args->beta1, (double)args->step));
        double v_hat = *v / (1.0 - pow(args->beta2, (double)args->step));
        double decay = state->decays[i] ? args->weight_decay * *w : 0.0;
        *w -= args->learning_rate * (m_hat / (sqrt(v_hat) + args->epsilon) + decay);
    }
}

/* Weights agree to a thousandth of a step, to the bit where steps have no length; the gradient is
 * gone. */
static void check_weights(const Adamw *state, const EmendOptimizerStep *args) {
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0;
    size_t at = 0;
    double relative = args->learning_rate > 0 ? 1e-6 : 0.0;
    for (uint64_t i = 0; loaded_tensor(pair.loaded, pair.policy, i, &name, &values, &gradient, &n);
         i++) {
        for (uint64_t j = 0; j < n; j++, at++) {
            double expected = state->weights[at];
            double tolerance = 1e-3 * args->learning_rate + relative * fabs(expected);
            ck_assert_msg(fabs((double)values[j] - expected) <= tolerance,
                          "step %d: %s[%d] is %.9g, not %.9g", (int)args->step, name, (int)j,
                          (double)values[j], expected);
            ck_assert_msg(gradient[j] == 0.0f, "%s keeps a gradient", name);
        }
    }
}

static const EmendOptimizerStep settings[] = {
    {.struct_size = sizeof settings[0],
     .learning_rate = 1e-2,
     .beta1 = 0.9,
     .beta2 = 0.999,
     .epsilon = 1e-8},
    {.struct_size = sizeof settings[0],
     .learning_rate = 1e-2,
     .beta1 = 0.9,
     .beta2 = 0.95,
     .epsilon = 1e-5,
     .weight_decay = 0.3,
     .max_grad_norm = 0.5},
    {.struct_size = sizeof settings[0],
     .learning_rate = 3e-3,
     .beta1 = 0.8,
     .beta2 = 0.99,
     .epsilon = 1e-3,
     .weight_decay = 1.0,
     .max_grad_norm = 1e6},
};

START_TEST(steps_follow_adamw_in_double) {
    const EmendBackend *backend = NULL;
    pair_open(&pair, &model_shapes[_i % 2 == 0 ? 3 : 6]);
    backend = pair.loaded->backend;
    Adamw state = adamw_create();
    for (uint64_t step = 1; step <= 5; step++) {
        EmendOptimizerStep args = settings[_i / 2];
        EmendOptimizerResult result = {.struct_size = sizeof result};
        args.step = step;
        pair_backward(&pair, 0, N_SEQUENCES);
        double norm = take_gradient(&state);
        adamw_step(&state, &args, norm);
        EmendStatus status = backend->optimizer_step(pair.loaded->self, pair.policy, &args, &result,
                                                     &pair.loaded->err);
        ck_assert_msg(status == EMEND_OK, "%s", pair.loaded->message);
        ck_assert_msg(fabs(result.grad_norm - norm) <= 1e-6 * norm, "the norm is %.9g, not %.9g",
                      result.grad_norm, norm);
        ck_assert_uint_eq(result.is_clipped,
                          args.max_grad_norm > 0 && norm > args.max_grad_norm ? 1 : 0);
        check_weights(&state, &args);
    }
    adamw_destroy(&state);
    pair_close(&pair);
}
END_TEST

START_TEST(a_step_reaches_the_next_forward) {
    EmendOptimizerResult result = {.struct_size = sizeof result};
    pair_open(&pair, &model_shapes[_i]);
    EmendOptimizerStep args = settings[0];
    args.step = 1;
    pair_backward(&pair, 0, N_SEQUENCES);
    ck_assert_int_eq(pair.loaded->backend->optimizer_step(pair.loaded->self, pair.policy, &args,
                                                          &result, &pair.loaded->err),
                     EMEND_OK);
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0;
    for (uint64_t i = 0; loaded_tensor(pair.loaded, pair.policy, i, &name, &values, &gradient, &n);
         i++) {
        ReferenceTensor *tensor = reference_tensor(pair.policy_reference, name);
        for (uint64_t j = 0; j < n; j++) {
            tensor->values[j] = (double)values[j];
        }
    }
    pair_forward(&pair, 0, N_SEQUENCES, NULL);
    const EmendSequence *sequence = &pair.batch.sequences[0];
    double *logits = reference_logits(pair.policy_reference, sequence->tokens, sequence->n_tokens);
    ReferenceScore score =
        reference_score(logits, NULL, model_shapes[_i].config.vocab_size, sequence->tokens[1],
                        (double)sequence->ranges[0].temperature);
    ck_assert_msg(
        fabs((double)sequence->log_probs[0] - score.log_prob) < 1e-5 * (1 - score.log_prob),
        "%s: %g, not %g", model_shapes[_i].name, (double)sequence->log_probs[0], score.log_prob);
    free(logits);
    pair_close(&pair);
}
END_TEST

START_TEST(a_gradient_that_is_not_finite_stops_the_step_and_changes_nothing) {
    static const float poisons[] = {NAN, INFINITY, -INFINITY};
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0;
    EmendOptimizerStep args = settings[1];
    EmendOptimizerResult result = {.struct_size = sizeof result};
    args.step = 1;
    pair_open(&pair, &model_shapes[3]);
    Adamw state = adamw_create();
    pair_backward(&pair, 0, N_SEQUENCES);
    ck_assert(loaded_tensor(pair.loaded, pair.policy, 4, &name, &values, &gradient, &n));
    gradient[n - 1] = poisons[_i];

    EmendStatus status = pair.loaded->backend->optimizer_step(pair.loaded->self, pair.policy, &args,
                                                              &result, &pair.loaded->err);

    ck_assert_int_eq(status, EMEND_ABORTED);
    ck_assert_msg(strstr(pair.loaded->message, name), "\"%s\" does not name %s",
                  pair.loaded->message, name);
    args.learning_rate = 0.0;
    check_weights(&state, &args);
    // The moments too are as they were: the next step is a first one.
    args = settings[1];
    args.step = 1;
    pair_backward(&pair, 0, N_SEQUENCES);
    adamw_step(&state, &args, take_gradient(&state));
    ck_assert_int_eq(pair.loaded->backend->optimizer_step(pair.loaded->self, pair.policy, &args,
                                                          &result, &pair.loaded->err),
                     EMEND_OK);
    check_weights(&state, &args);
    adamw_destroy(&state);
    pair_close(&pair);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cpu adamw");
    TCase *tests = tcase_create("adamw");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, steps_follow_adamw_in_double, 0,
                        2 * (int)(sizeof settings / sizeof settings[0]));
    tcase_add_loop_test(tests, a_step_reaches_the_next_forward, 0, N_SHAPES);
    tcase_add_loop_test(tests, a_gradient_that_is_not_finite_stops_the_step_and_changes_nothing, 0,
                        3);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}

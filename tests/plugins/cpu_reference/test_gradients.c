/* SPDX-License-Identifier: Apache-2.0 */
/* The backend's numbers and gradients against the reference in double. */
#include "cases.h"
#include "check/random.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static Pair pair;

static void check_close(double found, double expected, double tolerance, const char *shape,
                        const char *what, int s, uint32_t at) {
    ck_assert_msg(fabs(found - expected) <= tolerance * fmax(1.0, fabs(expected)),
                  "%s: %s %u of sequence %d is %.9g, not %.9g", shape, what, at, s, found,
                  expected);
}

static void check_sequence(const char *shape, int s) {
    const EmendSequence *sequence = &pair.batch.sequences[s];
    size_t vocab = pair.policy_reference->config.vocab_size;
    uint32_t at = 0;
    double *logits = reference_logits(pair.policy_reference, sequence->tokens, sequence->n_tokens);
    double *base = reference_logits(pair.base_reference, sequence->tokens, sequence->n_tokens);
    for (uint32_t i = 0; i < sequence->n_ranges; i++) {
        const EmendScoredRange *range = &sequence->ranges[i];
        for (uint32_t t = range->begin; t < range->end; t++, at++) {
            size_t row = (size_t)(t - 1) * vocab;
            ReferenceScore score = reference_score(logits + row, base + row, vocab,
                                                   sequence->tokens[t], (double)range->temperature);
            check_close((double)sequence->log_probs[at], score.log_prob, 1e-5, shape, "log-prob", s,
                        at);
            if (sequence->entropies) {
                double wanted = range->want & EMEND_WANT_ENTROPY ? score.entropy : 0.0;
                check_close((double)sequence->entropies[at], wanted, 1e-5, shape, "entropy", s, at);
            }
            if (sequence->kls) {
                double wanted = range->want & EMEND_WANT_KL ? score.kl : 0.0;
                check_close((double)sequence->kls[at], wanted, 1e-5, shape, "KL", s, at);
            }
        }
    }
    free(logits);
    free(base);
}

START_TEST(forward_gives_the_numbers_of_the_reference) {
    pair_open(&pair, &model_shapes[_i]);
    pair_forward(&pair, 0, N_SEQUENCES, NULL);
    for (int s = 0; s < N_SEQUENCES; s++) {
        check_sequence(model_shapes[_i].name, s);
    }
    pair_close(&pair);
}
END_TEST

/* The reference loss's slope along `direction` from where the tensor is, by central differences. */
static double slope_along(ReferenceTensor *tensor, const double *direction, double step) {
    size_t n = tensor->rows * tensor->columns;
    double losses[2], *before = malloc(n * sizeof *before);
    ck_assert_ptr_nonnull(before);
    memcpy(before, tensor->values, n * sizeof *before);
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < n; i++) {
            tensor->values[i] = before[i] + (side == 0 ? step : -step) * direction[i];
        }
        losses[side] = reference_loss(pair.policy_reference, pair.base_reference,
                                      pair.batch.sequences, pair.batch.coefficients, N_SEQUENCES);
    }
    memcpy(tensor->values, before, n * sizeof *before);
    free(before);
    return (losses[0] - losses[1]) / (2.0 * step);
}

static double length_of(const double *x, size_t n) {
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i] * x[i];
    }
    return sqrt(sum);
}

/* Checks the gradient along one direction, which is scaled to length 1. */
static void check_slope(const char *shape, ReferenceTensor *tensor, const float *gradient,
                        double *direction, const char *what) {
    size_t n = tensor->rows * tensor->columns;
    double length = length_of(direction, n), slope = 0.0, square = 0.0;
    ck_assert_msg(length > 0.0, "%s: %s: the gradient is zero", shape, tensor->name);
    for (size_t i = 0; i < n; i++) {
        direction[i] /= length;
        slope += direction[i] * (double)gradient[i];
        square += (double)gradient[i] * (double)gradient[i];
    }
    double expected = slope_along(tensor, direction, 1e-4);
    double scale = fmax(fabs(expected), sqrt(square / (double)n));
    ck_assert_msg(fabs(slope - expected) <= 1e-4 * scale,
                  "%s: %s: the gradient along %s is %.9g, not %.9g", shape, tensor->name, what,
                  slope, expected);
}

static void check_tensor(const char *shape, ReferenceTensor *tensor, const float *gradient,
                         uint64_t *random) {
    size_t n = tensor->rows * tensor->columns;
    double *direction = calloc(n, sizeof *direction);
    ck_assert_ptr_nonnull(direction);
    for (size_t i = 0; i < n; i++) {
        direction[i] = (double)gradient[i];
    }
    check_slope(shape, tensor, gradient, direction, "itself");
    for (size_t i = 0; i < n; i++) {
        direction[i] = check_normal(random);
    }
    check_slope(shape, tensor, gradient, direction, "a random direction");
    for (int k = 0; k < 2; k++) {
        memset(direction, 0, n * sizeof *direction);
        direction[check_below(random, (uint32_t)n)] = 1.0;
        check_slope(shape, tensor, gradient, direction, "one element");
    }
    free(direction);
}

START_TEST(backward_gives_the_slopes_of_the_reference) {
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0, random = 5;
    pair_open(&pair, &model_shapes[_i]);
    pair_backward(&pair, 0, N_SEQUENCES);
    for (uint64_t i = 0; loaded_tensor(pair.loaded, pair.policy, i, &name, &values, &gradient, &n);
         i++) {
        check_tensor(model_shapes[_i].name, reference_tensor(pair.policy_reference, name), gradient,
                     &random);
    }
    pair_close(&pair);
}
END_TEST

/* One kind of coefficient at a time, so that no kind hides behind another. */
START_TEST(each_kind_of_coefficient_has_its_own_gradient) {
    static const char *const kinds[] = {"log-probs alone", "entropies alone", "KLs alone"};
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0, random = 6;
    pair_open(&pair, &model_shapes[2]);
    for (int s = 0; s < N_SEQUENCES; s++) {
        EmendCoefficients *c = &pair.batch.coefficients[s];
        c->d_log_probs = _i == 0 ? c->d_log_probs : NULL;
        c->d_entropies = _i == 1 ? c->d_entropies : NULL;
        c->d_kls = _i == 2 ? c->d_kls : NULL;
    }
    pair_backward(&pair, 0, N_SEQUENCES);
    for (uint64_t i = 0; loaded_tensor(pair.loaded, pair.policy, i, &name, &values, &gradient, &n);
         i++) {
        check_tensor(kinds[_i], reference_tensor(pair.policy_reference, name), gradient, &random);
    }
    pair_close(&pair);
}
END_TEST

START_TEST(a_policy_that_is_its_own_reference_has_no_kl_and_no_slope_of_it) {
    const char *name = NULL;
    float *values = NULL, *gradient = NULL;
    uint64_t n = 0;
    pair_open(&pair, &model_shapes[_i]);
    Loaded *loaded = pair.loaded;
    loaded->backend->model_close(loaded->self, pair.base);
    pair.base = NULL;
    ck_assert_int_eq(loaded->backend->model_clone(loaded->self, pair.policy, EMEND_MODEL_FROZEN,
                                                  &pair.base, &loaded->err),
                     EMEND_OK);
    for (int s = 0; s < N_SEQUENCES; s++) {
        pair.batch.coefficients[s].d_log_probs = pair.batch.coefficients[s].d_entropies = NULL;
    }
    pair_backward(&pair, 0, N_SEQUENCES);
    for (int s = 0; s < N_SEQUENCES; s++) {
        const EmendSequence *sequence = &pair.batch.sequences[s];
        for (uint32_t at = 0; sequence->kls && at < batch_outputs(sequence); at++) {
            ck_assert_msg(sequence->kls[at] == 0.0f, "the KL is %g", (double)sequence->kls[at]);
        }
    }
    for (uint64_t i = 0; loaded_tensor(loaded, pair.policy, i, &name, &values, &gradient, &n);
         i++) {
        for (uint64_t j = 0; j < n; j++) {
            ck_assert_msg(gradient[j] == 0.0f, "%s has a slope of %g", name, (double)gradient[j]);
        }
    }
    pair_close(&pair);
}
END_TEST

START_TEST(cutting_the_batch_changes_no_bit_of_the_gradient) {
    size_t n = 0;
    pair_open(&pair, &model_shapes[_i]);
    pair_backward(&pair, 0, N_SEQUENCES);
    float *whole = pair_gradients(&pair, &n);
    pair_close(&pair);

    pair_open(&pair, &model_shapes[_i]);
    for (int s = 0; s < N_SEQUENCES; s++) {
        pair_backward(&pair, s, s + 1);
    }
    float *cut = pair_gradients(&pair, &n);
    pair_close(&pair);

    ck_assert_msg(memcmp(whole, cut, n * sizeof *whole) == 0, "%s", model_shapes[_i].name);
    free(whole);
    free(cut);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("cpu gradients");
    TCase *tests = tcase_create("reference");
    tcase_set_timeout(tests, 100);
    tcase_add_loop_test(tests, forward_gives_the_numbers_of_the_reference, 0, N_SHAPES);
    tcase_add_loop_test(tests, backward_gives_the_slopes_of_the_reference, 0, N_SHAPES);
    tcase_add_loop_test(tests, each_kind_of_coefficient_has_its_own_gradient, 0, 3);
    tcase_add_loop_test(tests, a_policy_that_is_its_own_reference_has_no_kl_and_no_slope_of_it, 0,
                        N_SHAPES);
    tcase_add_loop_test(tests, cutting_the_batch_changes_no_bit_of_the_gradient, 0, N_SHAPES);
    suite_add_tcase(suite, tests);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}

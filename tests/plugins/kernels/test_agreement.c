/* SPDX-License-Identifier: Apache-2.0 */
/* Every set of kernels that this machine runs gives the bits of scalar.c, for rows of every length
 * around its lanes, and for values of every sort. */
#include "kernels/kernels.h"
#include "values.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const size_t SIZES[] = {0,  1,  2,  5,  7,  8,  9,   15,  16,  17,  23,
                               24, 31, 32, 33, 47, 64, 100, 127, 256, 257, 500};

enum {
    N_SIZES = sizeof SIZES / sizeof SIZES[0],
    MAX_RESULTS = 1 << 19,
    GUARD = 24 /* floats after an output that must stay as they are */
};

/* All that one kernel wrote, its outputs one after another. */
typedef struct Results {
    float *at;
    size_t n;
} Results;

typedef struct Case {
    const char *name;
    void (*run)(const Kernels *k, size_t n, int kind, Results *results);
} Case;

static void keep(Results *results, const float *x, size_t n) {
    ck_assert_msg(results->n + n <= MAX_RESULTS, "the test's own room is enough");
    memcpy(results->at + results->n, x, n * sizeof(float));
    results->n += n;
}

/* An output: values to begin with, followed by some that no kernel may change. */
static float *output(size_t n, uint64_t seed, int kind) {
    return values_of(n + GUARD, seed, kind);
}

static void keep_output(Results *results, const float *x, size_t n) {
    keep(results, x, n + GUARD);
}

static void run_dot(const Kernels *k, size_t n, int kind, Results *results) {
    const float sum = k->dot(values_of(n, 1, kind), values_of(n, 2, kind), n);
    keep(results, &sum, 1);
}

static void run_sum_squares(const Kernels *k, size_t n, int kind, Results *results) {
    const double sum = k->sum_squares(values_of(n, 1, kind), n);
    const float parts[2] = {(float)sum, (float)(sum - (double)(float)sum)};
    keep(results, parts, 2);
}

static void run_axpy(const Kernels *k, size_t n, int kind, Results *results) {
    float *y = output(n, 2, kind);
    k->axpy(0.7f, values_of(n, 1, kind), y, n);
    keep_output(results, y, n);
}

static void run_add(const Kernels *k, size_t n, int kind, Results *results) {
    float *y = output(n, 2, kind);
    k->add(values_of(n, 1, kind), y, n);
    keep_output(results, y, n);
}

static void run_rms_norm(const Kernels *k, size_t n, int kind, Results *results) {
    float *y = output(n, 3, kind);
    const float r = k->rms_norm(values_of(n, 1, kind), values(n, 2), 1e-6f, y, n);
    keep(results, &r, 1);
    keep_output(results, y, n);
}

static void run_rms_norm_backward(const Kernels *k, size_t n, int kind, Results *results) {
    const float *dy = values_of(n, 1, kind);
    const float *x = values(n, 2);
    const float *w = values(n, 3);
    for (int wanted = 1; wanted <= 3; wanted++) {
        float *dx = output(n, 4, kind);
        float *dw = output(n, 5, kind);
        k->rms_norm_backward(dy, x, w, 0.8f, (wanted & 1) ? dx : NULL, (wanted & 2) ? dw : NULL, n);
        keep_output(results, dx, n);
        keep_output(results, dw, n);
    }
}

static void run_rotary(const Kernels *k, size_t n, int kind, Results *results) {
    for (int sign = -1; sign <= 1; sign += 2) {
        float *x = output(2 * n, 1, kind);
        k->rotary(x, values(n, 2), values(n, 3), (float)sign, 2 * n);
        keep_output(results, x, 2 * n);
    }
}

static void run_swiglu(const Kernels *k, size_t n, int kind, Results *results) {
    float *h = output(n, 3, kind);
    k->swiglu(values_of(n, 1, kind), values_of(n, 2, kind), h, n);
    keep_output(results, h, n);
}

static void run_swiglu_backward(const Kernels *k, size_t n, int kind, Results *results) {
    float *dg = output(n, 4, kind);
    float *du = output(n, 5, kind);
    k->swiglu_backward(values_of(n, 1, kind), values_of(n, 2, kind), values_of(n, 3, kind), dg, du,
                       n);
    keep_output(results, dg, n);
    keep_output(results, du, n);
}

static void run_exp_shifted(const Kernels *k, size_t n, int kind, Results *results) {
    float *x = output(n, 1, kind);
    for (size_t i = 0; i < n; i++) {
        x[i] = x[i] * 30.0f; // from 1 down past the smallest normal number
    }
    const float sum = k->exp_shifted(x, n);
    keep(results, &sum, 1);
    keep_output(results, x, n);
}

static const size_t HEAD_DIMS[] = {8, 16, 20, 64, 72, 128, 200};

static void run_attend(const Kernels *k, size_t n, int kind, Results *results) {
    for (size_t i = 0; i < sizeof HEAD_DIMS / sizeof HEAD_DIMS[0]; i++) {
        const size_t dim = HEAD_DIMS[i];
        const size_t stride = dim + 3;
        const size_t floats = n > 0 ? (n - 1) * stride + dim : 0;
        float *p = output(n, 4, kind);
        float *out = output(dim, 5, kind);
        k->attend(values(dim, 1), values_of(floats, 2, kind), values(floats, 3), stride, n, dim,
                  0.3f, p, out);
        keep_output(results, p, n);
        keep_output(results, out, dim);
    }
}

static void run_attend_backward(const Kernels *k, size_t n, int kind, Results *results) {
    for (size_t i = 0; i < 4; i++) {
        const size_t dim = HEAD_DIMS[i];
        const size_t stride = dim + 3;
        const size_t dkv_stride = dim + 5;
        const size_t floats = n > 0 ? (n - 1) * stride + dim : 0;
        const size_t dkv_floats = n > 0 ? (n - 1) * dkv_stride + dim : 0;
        float *ds = output(n, 7, kind);
        float *dq = output(dim, 8, kind);
        float *dk = output(dkv_floats, 9, kind);
        float *dv = output(dkv_floats, 10, kind);
        k->attend_backward(values(dim, 1), values_of(floats, 2, kind), values(floats, 3), stride, n,
                           dim, 0.3f, values(n, 4), values(dim, 5), values_of(dim, 6, kind), ds, dq,
                           dk, dv, dkv_stride);
        keep_output(results, ds, n);
        keep_output(results, dq, dim);
        keep_output(results, dk, dkv_floats);
        keep_output(results, dv, dkv_floats);
    }
}

static void keep_stats(Results *results, const RowStats *stats) {
    const float all[4] = {stats->max, stats->log_sum, stats->entropy, stats->kl};
    keep(results, all, 4);
}

static void run_row_stats(const Kernels *k, size_t n, int kind, Results *results) {
    const RowStats q_stats = {.max = 1.9f, .log_sum = 0.4f};
    for (uint32_t want = 0; want <= 3; want++) {
        float *z = output(n, 1, kind);
        RowStats stats = {0};
        k->row_stats(z, 3.7f, n, want, (want & 2u) ? values_of(n, 2, kind) : NULL, &q_stats,
                     &stats);
        keep_stats(results, &stats);
        keep_output(results, z, n);
    }
}

static void run_row_gradient(const Kernels *k, size_t n, int kind, Results *results) {
    const RowStats stats = {.max = 1.8f, .log_sum = 1.4f, .entropy = 1.1f, .kl = 0.3f};
    const RowStats q_stats = {.max = 1.9f, .log_sum = 0.4f};
    for (int with_kl = 0; with_kl <= 1; with_kl++) {
        float *z = output(n, 1, kind);
        const RowGradient gradient = {.token = (uint32_t)(n / 2),
                                      .c_log_prob = 0.7f,
                                      .c_entropy = -0.2f,
                                      .c_kl = with_kl ? 0.4f : 0.0f,
                                      .scale = 1.3f};
        k->row_gradient(z, n, &stats, &gradient, with_kl ? values_of(n, 2, kind) : NULL, &q_stats);
        keep_output(results, z, n);
    }
}

static void run_adamw(const Kernels *k, size_t n, int kind, Results *results) {
    const AdamwArgs args = {.grad_scale = 0.9f,
                            .beta1 = 0.9f,
                            .beta2 = 0.95f,
                            .step_size = 0.01f,
                            .bias2_rsqrt = 1.7f,
                            .epsilon = 1e-8f,
                            .decay = 1e-3f};
    float *w = output(n, 1, kind);
    float *grad = output(n, 2, kind);
    float *m = output(n, 3, kind);
    float *v = output(n, 4, kind);
    for (size_t i = 0; i < n; i++) {
        v[i] = v[i] * v[i];
    }
    k->adamw(w, grad, m, v, &args, n);
    keep_output(results, w, n);
    keep_output(results, grad, n);
    keep_output(results, m, n);
    keep_output(results, v, n);
}

static const Case CASES[] = {{"dot", run_dot},
                             {"sum_squares", run_sum_squares},
                             {"axpy", run_axpy},
                             {"add", run_add},
                             {"rms_norm", run_rms_norm},
                             {"rms_norm_backward", run_rms_norm_backward},
                             {"rotary", run_rotary},
                             {"swiglu", run_swiglu},
                             {"swiglu_backward", run_swiglu_backward},
                             {"exp_shifted", run_exp_shifted},
                             {"attend", run_attend},
                             {"attend_backward", run_attend_backward},
                             {"row_stats", run_row_stats},
                             {"row_gradient", run_row_gradient},
                             {"adamw", run_adamw}};

enum { N_CASES = sizeof CASES / sizeof CASES[0] };

/* Fails unless both hold the same bits. */
static void compare(const char *kernels, const char *name, size_t n, int kind, const Results *want,
                    const Results *got) {
    ck_assert_uint_eq(want->n, got->n);
    for (size_t i = 0; i < want->n; i++) {
        if (!is_same(want->at[i], got->at[i])) {
            ck_abort_msg("%s of %s, n %zu, %s values: result %zu is %a; scalar says %a", name,
                         kernels, n, kind == SPECIAL ? "special" : "ordinary", i,
                         (double)got->at[i], (double)want->at[i]);
        }
    }
}

START_TEST(rows_get_the_bits_of_scalar_at_every_level) {
    const Case *c = &CASES[_i];
    const Kernels *levels[4] = {NULL};
    const size_t n_levels = kernels_available(levels);
    Results want = {.at = room(MAX_RESULTS)};
    Results got = {.at = room(MAX_RESULTS)};
    for (size_t s = 0; s < N_SIZES; s++) {
        for (int kind = ORDINARY; kind <= SPECIAL; kind++) {
            want.n = 0;
            c->run(&kernels_scalar, SIZES[s], kind, &want);
            for (size_t level = 1; level < n_levels; level++) {
                got.n = 0;
                c->run(levels[level], SIZES[s], kind, &got);
                compare(levels[level]->name, c->name, SIZES[s], kind, &want, &got);
            }
        }
    }
}
END_TEST

START_TEST(exponentials_over_their_whole_range_get_the_bits_of_scalar) {
    enum { N = 40000 };
    const Kernels *levels[4] = {NULL};
    const size_t n_levels = kernels_available(levels);
    float *g = room(N);
    float *one = room(N);
    float *want = room(N);
    float *got = room(N);
    for (size_t i = 0; i < N; i++) {
        g[i] = -95.0f + 190.0f * (float)i / N;
        one[i] = 1.0f;
    }
    kernels_scalar.swiglu(g, one, want, N);
    for (size_t level = 1; level < n_levels; level++) {
        levels[level]->swiglu(g, one, got, N);
        for (size_t i = 0; i < N; i++) {
            ck_assert_msg(is_same(want[i], got[i]), "silu(%a) of %s is %a; scalar says %a",
                          (double)g[i], levels[level]->name, (double)got[i], (double)want[i]);
        }
    }
}
END_TEST

/* A product with its strides: B is given by columns where is_b_across is false. */
typedef struct Product {
    size_t m, n, k;
    bool is_a_across, is_b_across, accumulate;
} Product;

static void run_product(const Kernels *kernels, const Product *p, int kind, Results *results) {
    const size_t ldc = p->n + 3;
    const size_t floats = (p->m - 1) * ldc + p->n;
    const size_t a_stride = (p->is_a_across ? p->m : p->k) + 1;
    const size_t b_stride = (p->is_b_across ? p->n : p->k) + 2;
    const size_t a_lines = p->is_a_across ? p->k : p->m;
    const size_t b_lines = p->is_b_across ? p->k : p->n;
    float *packed = room(kernels->packed_floats(p->n, p->k));
    float *c = output(floats, 3, kind);
    kernels->pack(values_of(b_lines * b_stride, 2, kind), p->is_b_across ? b_stride : 1,
                  p->is_b_across ? 1 : b_stride, p->n, p->k, packed);
    kernels->gemm(&(GemmArgs){.m = p->m,
                              .n = p->n,
                              .k = p->k,
                              .a = values_of(a_lines * a_stride, 1, kind),
                              .a_row = p->is_a_across ? 1 : a_stride,
                              .a_col = p->is_a_across ? a_stride : 1,
                              .b = packed,
                              .c = c,
                              .ldc = ldc,
                              .accumulate = p->accumulate});
    keep_output(results, c, floats);
}

static void compare_product(const Product *product) {
    const Kernels *levels[4] = {NULL};
    const size_t n_levels = kernels_available(levels);
    Results want = {.at = room(MAX_RESULTS)};
    Results got = {.at = room(MAX_RESULTS)};
    for (int kind = ORDINARY; kind <= SPECIAL; kind++) {
        want.n = 0;
        run_product(&kernels_scalar, product, kind, &want);
        for (size_t level = 1; level < n_levels; level++) {
            char name[64];
            got.n = 0;
            run_product(levels[level], product, kind, &got);
            snprintf(name, sizeof name, "gemm %zu x %zu x %zu", product->m, product->n, product->k);
            compare(levels[level]->name, name, product->n, kind, &want, &got);
        }
    }
}

START_TEST(products_of_every_height_get_the_bits_of_scalar) {
    static const size_t widths[] = {1, 8, 15, 16, 17, 32, 33, 64, 100, 129};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        Product product = {.m = (size_t)_i, .n = widths[i], .k = 19};
        compare_product(&product);
        product.accumulate = true;
        product.is_a_across = true;
        product.is_b_across = true;
        compare_product(&product);
    }
}
END_TEST

START_TEST(products_of_every_depth_get_the_bits_of_scalar) {
    static const size_t depths[] = {0, 1, 2, 15, 16, 17, 255, 256, 257, 600};
    static const size_t heights[] = {1, 4, 12, 37, 100};
    for (size_t i = 0; i < sizeof heights / sizeof heights[0]; i++) {
        compare_product(&(Product){.m = heights[i],
                                   .n = 49,
                                   .k = depths[_i],
                                   .is_a_across = i % 2 == 1,
                                   .is_b_across = i % 2 == 0});
    }
}
END_TEST

START_TEST(an_unknown_level_is_refused_and_a_known_one_taken) {
    const Kernels *levels[4] = {NULL};
    const size_t n_levels = kernels_available(levels);
    ck_assert_ptr_eq(levels[0], &kernels_scalar);
    unsetenv("EMEND_CPU_ISA");
    ck_assert_ptr_eq(kernels_choose(), levels[n_levels - 1]);
    setenv("EMEND_CPU_ISA", "abacus", 1);
    ck_assert_ptr_null(kernels_choose());
    for (size_t level = 0; level < n_levels; level++) {
        setenv("EMEND_CPU_ISA", levels[level]->name, 1);
        ck_assert_ptr_eq(kernels_choose(), levels[level]);
    }
    unsetenv("EMEND_CPU_ISA");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("kernels agreement");
    TCase *tc = tcase_create("levels");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, rows_get_the_bits_of_scalar_at_every_level, 0, N_CASES);
    tcase_add_test(tc, exponentials_over_their_whole_range_get_the_bits_of_scalar);
    tcase_add_loop_test(tc, products_of_every_height_get_the_bits_of_scalar, 1, 27);
    tcase_add_loop_test(tc, products_of_every_depth_get_the_bits_of_scalar, 0, 10);
    tcase_add_test(tc, an_unknown_level_is_refused_and_a_known_one_taken);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

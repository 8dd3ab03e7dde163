/* SPDX-License-Identifier: Apache-2.0 */
/* What the model relies on in a matrix product: its value, and that its bits depend on nothing but
 * the row, the column and the order of k. */
#include "matmul.h"
#include "pool.h"
#include "values.h"

enum { M = 37, N = 75, DEPTH = 301, LDC = 80 };

static const Kernels *levels[4];
static size_t n_levels;

static void find_levels(void) {
    n_levels = kernels_available(levels);
}

static float *pack(const Kernels *kernels, const float *b, size_t n, size_t k, size_t stride) {
    float *packed = room(kernels->packed_floats(n, k));
    kernels->pack(b, 1, stride, n, k, packed);
    return packed;
}

static GemmArgs arguments(const float *packed, float *c) {
    return (GemmArgs){.m = M,
                      .n = N,
                      .k = DEPTH,
                      .a = values(M * DEPTH, 1),
                      .a_row = DEPTH,
                      .a_col = 1,
                      .b = packed,
                      .c = c,
                      .ldc = LDC};
}

START_TEST(a_product_is_within_the_bound_of_its_sums) {
    const Kernels *kernels = levels[_i];
    const float *b = values(N * DEPTH, 2);
    float *c = room(M * LDC);
    const GemmArgs args = arguments(pack(kernels, b, N, DEPTH, DEPTH), c);
    kernels->gemm(&args);
    for (size_t i = 0; i < M; i++) {
        for (size_t j = 0; j < N; j++) {
            double sum = 0.0;
            double size = 0.0;
            for (size_t k = 0; k < DEPTH; k++) {
                const double term = (double)args.a[i * DEPTH + k] * (double)b[j * DEPTH + k];
                sum += term;
                size += fabs(term);
            }
            ck_assert_double_le(fabs((double)c[i * LDC + j] - sum), DEPTH * 0x1p-24 * size);
        }
    }
}
END_TEST

START_TEST(a_row_alone_has_the_bits_it_has_among_others) {
    const Kernels *kernels = levels[_i];
    float *c = room(M * LDC);
    float *alone = room(M * LDC);
    GemmArgs args = arguments(pack(kernels, values(N * DEPTH, 2), N, DEPTH, DEPTH), c);
    kernels->gemm(&args);
    args.c = alone;
    for (size_t rows = 1; rows <= M; rows += 5) {
        for (size_t i = 0; i < M; i += rows) {
            GemmArgs part = args;
            part.m = M - i < rows ? M - i : rows;
            part.a += i * DEPTH;
            part.c += i * LDC;
            kernels->gemm(&part);
        }
        ck_assert_msg(memcmp(c, alone, M * LDC * sizeof(float)) == 0, "%zu rows at a time differ",
                      rows);
    }
}
END_TEST

START_TEST(a_product_continued_has_the_bits_of_one_in_one_go) {
    const Kernels *kernels = levels[_i];
    const float *b = values(N * DEPTH, 2);
    float *c = room(M * LDC);
    float *continued = room(M * LDC);
    GemmArgs args = arguments(pack(kernels, b, N, DEPTH, DEPTH), c);
    kernels->gemm(&args);
    for (size_t cut = 1; cut < DEPTH; cut += 97) {
        GemmArgs part = args;
        part.c = continued;
        part.k = cut;
        part.b = pack(kernels, b, N, cut, DEPTH);
        kernels->gemm(&part);
        part.a += cut;
        part.k = DEPTH - cut;
        part.b = pack(kernels, b + cut, N, DEPTH - cut, DEPTH);
        part.accumulate = 1;
        kernels->gemm(&part);
        ck_assert_mem_eq(c, continued, M * LDC * sizeof(float));
    }
}
END_TEST

START_TEST(without_depth_c_is_cleared_or_kept) {
    const Kernels *kernels = levels[_i];
    float *c = values(M * LDC, 3);
    const float *before = values(M * LDC, 3);
    GemmArgs args = arguments(NULL, c);
    args.k = 0;
    args.accumulate = 1;
    kernels->gemm(&args);
    ck_assert_mem_eq(c, before, M * LDC * sizeof(float));
    args.accumulate = 0;
    kernels->gemm(&args);
    for (size_t i = 0; i < M * LDC; i++) {
        ck_assert_float_eq(c[i], i % LDC < N ? 0.0f : before[i]);
    }
}
END_TEST

START_TEST(a_nan_spoils_its_own_row_only) {
    const Kernels *kernels = levels[_i];
    float *c = room(M * LDC);
    const GemmArgs args = arguments(pack(kernels, values(N * DEPTH, 2), N, DEPTH, DEPTH), c);
    float *a = values(M * DEPTH, 1);
    GemmArgs spoilt = args;
    a[5 * DEPTH + 200] = NAN;
    spoilt.a = a;
    kernels->gemm(&spoilt);
    for (size_t i = 0; i < M; i++) {
        for (size_t j = 0; j < N; j++) {
            ck_assert_int_eq(isnan(c[i * LDC + j]) != 0, i == 5);
        }
    }
}
END_TEST

START_TEST(panels_hold_their_columns_and_zeros_after_the_last) {
    const Kernels *kernels = levels[_i];
    const size_t panel = kernels->panel;
    const float *b = values(N * DEPTH, 2);
    const float *packed = pack(kernels, b, N, DEPTH, DEPTH);
    const size_t padded = (N + panel - 1) / panel * panel;
    ck_assert_uint_eq(kernels->packed_floats(N, DEPTH), padded * DEPTH);
    for (size_t j = 0; j < padded; j++) {
        for (size_t k = 0; k < DEPTH; k++) {
            const float got = packed[j / panel * panel * DEPTH + k * panel + j % panel];
            ck_assert_float_eq(got, j < N ? b[j * DEPTH + k] : 0.0f);
        }
    }
}
END_TEST

typedef struct Size {
    size_t m, n, k;
} Size;

static const Size SIZES[] = {{1, 1, 1},      {1, 2000, 70},  {3, 33, 900},  {200, 130, 64},
                             {1000, 32, 40}, {24, 1100, 33}, {193, 513, 20}};

START_TEST(any_number_of_threads_gives_the_bits_of_one) {
    const Kernels *kernels = levels[n_levels - 1];
    const Size *s = &SIZES[_i];
    const float *a = values(s->m * s->k, 1);
    const float *b = values(s->n * s->k, 2);
    const size_t n_packed = kernels->packed_floats(s->n, s->k);
    float *packed = room(n_packed);
    float *want = values(s->m * s->n, 3);
    GemmArgs args = {.m = s->m, .n = s->n, .k = s->k, .a = a, .a_row = s->k, .a_col = 1};
    args.b = packed;
    args.c = want;
    args.ldc = s->n;
    args.accumulate = 1;
    kernels->pack(b, 1, s->k, s->n, s->k, packed);
    kernels->gemm(&args);
    for (size_t n_threads = 1; n_threads <= 4; n_threads++) {
        Threads *threads = pool(n_threads);
        float *packed_here = room(n_packed);
        float *got = values(s->m * s->n, 3);
        matmul_pack(threads, kernels, b, 1, s->k, s->n, s->k, packed_here);
        ck_assert_mem_eq(packed, packed_here, n_packed * sizeof(float));
        args.b = packed_here;
        args.c = got;
        matmul(threads, kernels, &args);
        ck_assert_mem_eq(want, got, s->m * s->n * sizeof(float));
        threads_destroy(threads);
    }
}
END_TEST

START_TEST(empty_products_touch_nothing) {
    Threads *threads = pool(2);
    float c = 7.0f;
    GemmArgs args = {.n = 1000000, .k = 1000, .c = &c, .ldc = 1000000};
    matmul(threads, levels[n_levels - 1], &args);
    args.m = 1000000;
    args.n = 0;
    matmul(threads, levels[n_levels - 1], &args);
    ck_assert_float_eq(c, 7.0f);
    threads_destroy(threads);
}
END_TEST

int main(void) {
    find_levels();
    const int n = (int)n_levels;
    Suite *suite = suite_create("products");
    TCase *tc = tcase_create("gemm");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, a_product_is_within_the_bound_of_its_sums, 0, n);
    tcase_add_loop_test(tc, a_row_alone_has_the_bits_it_has_among_others, 0, n);
    tcase_add_loop_test(tc, a_product_continued_has_the_bits_of_one_in_one_go, 0, n);
    tcase_add_loop_test(tc, without_depth_c_is_cleared_or_kept, 0, n);
    tcase_add_loop_test(tc, a_nan_spoils_its_own_row_only, 0, n);
    tcase_add_loop_test(tc, panels_hold_their_columns_and_zeros_after_the_last, 0, n);
    tcase_add_loop_test(tc, any_number_of_threads_gives_the_bits_of_one, 0,
                        (int)(sizeof SIZES / sizeof SIZES[0]));
    tcase_add_test(tc, empty_products_touch_nothing);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "emend/random.h"
#include "train/edits.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

// By the recurrence, cell by cell.
static size_t by_cells(const char *a, size_t n, const char *b, size_t m) {
    size_t *row = malloc((m + 1) * sizeof *row);
    for (size_t j = 0; j <= m; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t above = row[j];
            size_t same = diagonal + (a[i - 1] != b[j - 1]);
            row[j] = least(same, least(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    size_t distance = row[m];
    free(row);
    return distance;
}

static void draw(char *text, size_t len, uint32_t which, uint32_t n_letters) {
    EmendRandomKey key = {.seed = 5, .episode = which};
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)emend_random_below(&key, (uint32_t)i, n_letters);
    }
}

START_TEST(the_distance_is_that_of_the_recurrence) {
    static const size_t lens[] = {0, 1, 2, 63, 64, 65, 127, 128, 129, 200};
    enum { N = sizeof lens / sizeof lens[0] };
    char a[200], b[200];
    for (uint32_t i = 0; i < N * N; i++) {
        size_t n = lens[i / N], m = lens[i % N];
        draw(a, n, 2 * i, (uint32_t)_i);
        draw(b, m, 2 * i + 1, (uint32_t)_i);
        size_t distance = edits_distance(a, n, b, m), expected = by_cells(a, n, b, m);
        ck_assert_msg(distance == expected, "%zu and %zu bytes of %d letters: %zu, not %zu", n, m,
                      _i, distance, expected);
    }
}
END_TEST

START_TEST(a_ratio_is_of_both_texts) {
    ck_assert(edits_ratio("", 0, "", 0) == 0);
    ck_assert(edits_ratio(NULL, 0, "ab", 2) == 1);
    ck_assert(edits_ratio("kitten", 6, "sitting", 7) == 3.0 / 13);
    ck_assert(edits_ratio("same", 4, "same", 4) == 0);
    ck_assert(edits_ratio("abcd", 4, "wxyz", 4) == 0.5);
}
END_TEST

// Two long texts that begin and end alike, and have `n` different bytes between.
static size_t between(size_t n) {
    size_t len = 100000;
    char *a = malloc(len), *b = malloc(len);
    memset(a, 'x', len);
    memset(b, 'x', len);
    memset(a + 1000, 'a', n);
    memset(b + 1000, 'b', n);
    size_t distance = edits_distance(a, len, b, len);
    free(a);
    free(b);
    return distance;
}

START_TEST(long_texts_are_exact_where_their_difference_is_short) {
    ck_assert_uint_eq(between(1), 1);
    ck_assert_uint_eq(between(EDITS_EXACT_BYTES), EDITS_EXACT_BYTES);
    ck_assert_uint_eq(between(50000), 50000);
}
END_TEST

START_TEST(a_bounded_distance_is_never_too_little) {
    enum { N = EDITS_EXACT_BYTES + 500 };
    char *a = malloc(N), *b = malloc(N);
    draw(a, N, 1, 4);
    draw(b, N, 2, 4);
    a[0] = 'a', b[0] = 'b', a[N - 1] = 'a', b[N - 1] = 'b';
    size_t exact = by_cells(a, N, b, N), distance = edits_distance(a, N, b, N);
    ck_assert_msg(distance >= exact && distance <= exact + 500, "%zu, exactly %zu", distance,
                  exact);
    free(a);
    free(b);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("edits");
    TCase *cases = tcase_create("edits");
    tcase_add_loop_test(cases, the_distance_is_that_of_the_recurrence, 1, 6);
    tcase_add_test(cases, a_ratio_is_of_both_texts);
    tcase_add_test(cases, long_texts_are_exact_where_their_difference_is_short);
    tcase_add_test(cases, a_bounded_distance_is_never_too_little);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The task "math" on MATH as published, which is not ours to ship: read where EMEND_SHARED says. */
#include "math_subject.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static char train[4096], test[4096];

static bool has_published(void) {
    const char *shared = getenv("EMEND_SHARED");
    if (shared && *shared) {
        snprintf(train, sizeof train, "%s/data/math_train_12k.jsonl.gz", shared);
        snprintf(test, sizeof test, "%s/data/math_test_500.jsonl", shared);
    }
    return shared && *shared; // otherwise there is nothing to read
}

static void check_real_split(const char *name, uint64_t n_expected) {
    uint32_t split = 0;
    uint64_t count = open_ok(name, &split), n_right = 0, n_self = 0, n_demonstrated = 0;
    ck_assert_uint_eq(count, n_expected);
    for (uint64_t i = 0; i < count; i++) {
        Puts puts = {0}, demo = {0};
        get_problem(split, i, &puts);
        get_demonstration(split, i, 1, &demo);
        const char *gold = puts_text(&puts, EMEND_PROBLEM_REFERENCE);
        char *boxed = malloc(strlen(gold) + 16);
        ck_assert_ptr_nonnull(boxed);
        sprintf(boxed, "\\boxed{%s}", gold);
        // What stands before the line in the paper's form is the published solution.
        char *form = strstr(demo.items[0].text, "\nFinal Answer: The final answer is $");
        ck_assert_ptr_nonnull(form);
        n_demonstrated += grade_text(gold, demo.items[0].text, false) == 1;
        *form = '\0';
        n_right += grade_text(gold, demo.items[0].text, false) == 1;
        n_self += grade_text(gold, boxed, false) == 1;
        free(boxed);
        puts_clear(&puts);
        puts_clear(&demo);
    }
    printf("MATH %s: %llu problems, right: gold %llu, demonstrations %llu, solutions %llu\n", name,
           (unsigned long long)count, (unsigned long long)n_self,
           (unsigned long long)n_demonstrated, (unsigned long long)n_right);
    fflush(stdout);
    ck_assert_msg(n_self == count, "each gold answer is right");
    ck_assert_msg(n_demonstrated == count, "each demonstration is right");
    // Some twenty solutions box several values, of which the published answer is the last alone.
    ck_assert_msg(n_right * 1000 >= count * 997, "the published solutions are right");
}

START_TEST(published_files_are_read_and_graded) {
    if (has_published()) {
        Config config = CONFIG_INIT;
        config.train = train;
        config.test = test;
        create_ok(&config);
        check_real_split("train", 11998);
        check_real_split("test", 500);
        ck_assert_ptr_null(strstr(logged(), "by `overlap`"));
    }
}
END_TEST

// Copies the problems that MATH was first released with as train or as test.
static void copy_released(const char *from, FILE *train_file, FILE *test_file) {
    static char line[1 << 17];
    gzFile file = gzopen(from, "rb");
    ck_assert_ptr_nonnull(file);
    while (gzgets(file, line, sizeof line)) {
        bool is_train = strstr(line, "\"unique_id\": \"train/") != NULL;
        fputs(line, is_train ? train_file : test_file);
    }
    gzclose(file);
}

START_TEST(released_split_shares_three_problems) {
    if (has_published()) {
        Config config = both_files();
        FILE *train_file = fopen(train_path, "w"), *test_file = fopen(test_path, "w");
        ck_assert(train_file && test_file);
        copy_released(train, train_file, test_file);
        copy_released(test, train_file, test_file);
        fclose(train_file);
        fclose(test_file);
        uint32_t split = 0;
        create_ok(&config);
        ck_assert_uint_eq(open_ok("test", &split), 5000);
        ck_assert_uint_eq(open_ok("train", &split), 7500 - 2 - 3);
        // Two but for white space, and one where a full stop stands on the other side of a $.
        assert_logged("train: 3 of its problems are in ");
        assert_logged("left out: train/algebra/517.json, train/algebra/2197.json, "
                      "train/geometry/6032.json\n");
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("published");
    tcase_add_test(tcase, published_files_are_read_and_graded);
    tcase_add_test(tcase, released_split_shares_three_problems);
    return run_suite("math published", &tcase, 1);
}

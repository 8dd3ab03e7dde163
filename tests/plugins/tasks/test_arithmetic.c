/* SPDX-License-Identifier: Apache-2.0 */
/* Problems, splits and grades. */
#include "arithmetic_subject.h"

#include <check.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Subject subject;

static void set_up(void) {
    arithmetic_open(&subject);
}

static void tear_down(void) {
    subject_close(&subject);
}

START_TEST(same_split_index_and_seed_give_the_same_bytes) {
    enum { N = 200 };
    Config config = CONFIG_INIT;
    Puts first[N] = {0}, first_demos[N] = {0};
    arithmetic_create_ok(&subject, &config);
    for (int i = 0; i < N; i++) {
        arithmetic_problem(&subject, arithmetic_split(&subject, i % 2 ? "train" : "test"),
                           (uint64_t)i, &first[i]);
        arithmetic_demonstration(&subject, arithmetic_split(&subject, "train"), (uint64_t)i, 7, 2,
                                 &first_demos[i]);
    }
    arithmetic_create_ok(&subject, &config);
    for (int i = N - 1; i >= 0; i--) {
        Puts again = {0}, demo = {0};
        arithmetic_problem(&subject, arithmetic_split(&subject, i % 2 ? "train" : "test"),
                           (uint64_t)i, &again);
        arithmetic_demonstration(&subject, arithmetic_split(&subject, "train"), (uint64_t)i, 7, 3,
                                 &demo);
        ck_assert_int_eq(again.n, first[i].n);
        for (int k = 0; k < again.n; k++) {
            ck_assert_uint_eq(again.items[k].field, first[i].items[k].field);
            ck_assert_str_eq(again.items[k].text, first[i].items[k].text);
        }
        ck_assert_str_eq(demo.items[0].text, first_demos[i].items[0].text);
        ck_assert_str_eq(demo.items[1].text, first_demos[i].items[1].text);
        puts_clear(&again);
        puts_clear(&demo);
        puts_clear(&first[i]);
        puts_clear(&first_demos[i]);
    }
}
END_TEST

START_TEST(first_problems_never_change) {
    Config config = CONFIG_INIT;
    arithmetic_create_ok(&subject, &config);
    Puts puts = {0};
    arithmetic_problem(&subject, arithmetic_split(&subject, "train"), 0, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_ID), "train-0");
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_PROMPT), "S8x+7=63");
    puts_clear(&puts);
    arithmetic_problem(&subject, arithmetic_split(&subject, "test"), 1, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_ID), "test-1");
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_PROMPT), "S5x+7=52");
    puts_clear(&puts);
}
END_TEST

static int count_different(uint64_t seed, uint64_t offset, uint64_t demo_seed) {
    enum { N = 50 };
    int n_different = 0;
    for (uint64_t i = 0; i < N; i++) {
        Config config = CONFIG_INIT;
        arithmetic_create_ok(&subject, &config);
        Puts a = {0}, b = {0};
        arithmetic_problem(&subject, arithmetic_split(&subject, "train"), i, &a);
        arithmetic_demonstration(&subject, arithmetic_split(&subject, "train"), i, 1, 1, &a);
        config.has_seed = 1;
        config.seed = seed;
        arithmetic_create_ok(&subject, &config);
        arithmetic_problem(&subject, arithmetic_split(&subject, "train"), i + offset, &b);
        arithmetic_demonstration(&subject, arithmetic_split(&subject, "train"), i + offset,
                                 demo_seed, 1, &b);
        const char *text_a = a.items[a.n - 1].text, *text_b = b.items[b.n - 1].text;
        n_different += strcmp(text_a, text_b) != 0;
        puts_clear(&a);
        puts_clear(&b);
    }
    return n_different;
}

START_TEST(another_seed_or_index_gives_other_problems) {
    ck_assert_int_eq(count_different(1, 0, 1), 0);
    ck_assert_int_gt(count_different(2, 0, 1), 40);
    ck_assert_int_gt(count_different(1, (uint64_t)1 << 32, 1), 40);
    ck_assert_msg(count_different(1, 0, 2) > 10,
                  "half of the attempts are right, the others differ");
}
END_TEST

static int compare_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// What a problem asks, the order of listed numbers apart.
static char *content_of(const char *prompt) {
    char text[512];
    int64_t numbers[33];
    if (prompt[0] != 'P') {
        return strdup(prompt);
    }
    int n = arithmetic_numbers(prompt + 1, ": ", numbers, 33);
    qsort(numbers + 1, (size_t)(n - 1), sizeof numbers[0], compare_number);
    int len = snprintf(text, sizeof text, "P");
    for (int i = 0; i < n; i++) {
        len += snprintf(text + len, sizeof text - (size_t)len, " %" PRId64, numbers[i]);
    }
    return strdup(text);
}

START_TEST(train_and_test_share_no_problem) {
    enum { N = 25000 };
    Family families[N_KINDS], *list[N_KINDS];
    for (int kind = 0; kind < N_KINDS; kind++) {
        families[kind] = (Family)FAMILY_INIT;
        families[kind].has_kind = 1;
        families[kind].kind = kind;
        list[kind] = &families[kind];
    }
    families[0].has_count = 1; // few numbers, so that contents come again
    families[0].count = 3;
    families[0].has_max = families[0].has_min = 1;
    families[0].min = 1;
    families[0].max = 20;
    families[3].has_count = 1;
    families[3].count = 2;
    Config config = CONFIG_INIT;
    config.family = list;
    config.n_family = N_KINDS;
    arithmetic_create_ok(&subject, &config);

    char **contents = calloc(N, sizeof *contents);
    ck_assert_ptr_nonnull(contents);
    uint32_t train = arithmetic_split(&subject, "train"), test = arithmetic_split(&subject, "test");
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0};
        arithmetic_problem(&subject, train, i, &puts);
        contents[i] = content_of(puts_text(&puts, EMEND_PROBLEM_PROMPT));
        puts_clear(&puts);
    }
    qsort(contents, N, sizeof *contents, compare_text);
    int n_repeats = 0;
    for (int i = 1; i < N; i++) {
        n_repeats += strcmp(contents[i - 1], contents[i]) == 0;
    }
    ck_assert_msg(n_repeats > N / 10, "the claim is tested where contents do come again");
    // Another seed draws other problems from the same two sides.
    config.has_seed = 1;
    config.seed = 99;
    arithmetic_create_ok(&subject, &config);
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0};
        arithmetic_problem(&subject, test, i, &puts);
        char *content = content_of(puts_text(&puts, EMEND_PROBLEM_PROMPT));
        ck_assert_msg(!bsearch(&content, contents, N, sizeof *contents, compare_text),
                      "test %d is '%s', which is in train", (int)i, content);
        free(content);
        puts_clear(&puts);
    }
    for (int i = 0; i < N; i++) {
        free(contents[i]);
    }
    free(contents);
}
END_TEST

START_TEST(families_are_mixed_by_weight) {
    enum { N = 4000 };
    Family families[3] = {FAMILY_INIT, FAMILY_INIT, FAMILY_INIT};
    Family *list[3] = {&families[0], &families[1], &families[2]};
    const double weights[3] = {3, 0, 1};
    for (int i = 0; i < 3; i++) {
        families[i].has_kind = families[i].has_weight = 1;
        families[i].kind = i;
        families[i].weight = weights[i];
    }
    Config config = CONFIG_INIT;
    config.family = list;
    config.n_family = 3;
    arithmetic_create_ok(&subject, &config);
    int n_pairs = 0;
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0};
        arithmetic_problem(&subject, arithmetic_split(&subject, "test"), i, &puts);
        const char *prompt = puts_text(&puts, EMEND_PROBLEM_PROMPT);
        ck_assert_msg(prompt[0] != 'S', "what has no weight is not drawn");
        n_pairs += prompt[0] == 'P';
        puts_clear(&puts);
    }
    ck_assert_double_eq_tol((double)n_pairs / N, 0.75, 0.028);
}
END_TEST

START_TEST(wide_and_dense_ranges_are_drawn_from_alike) {
    static const struct {
        uint32_t min, max, count;
    } ranges[] = {{1, 32, 32}, {0, 2, 3}, {999000, 1000000, 32}, {0, 1000000, 3}};
    for (size_t r = 0; r < sizeof ranges / sizeof ranges[0]; r++) {
        Family family = FAMILY_INIT, *list;
        family.has_kind = family.has_min = family.has_max = family.has_count = 1;
        family.kind = _i;
        family.min = ranges[r].min;
        family.max = ranges[r].max;
        family.count = ranges[r].count;
        family.has_count = _i == 0 || _i == 3;
        if (_i == 2) {
            family.min += 2;
            family.max = family.max < 900000 ? family.max + 2 : family.max;
        }
        Config config = arithmetic_config_of(&family, &list);
        arithmetic_create_ok(&subject, &config);
        uint32_t split = 0;
        uint64_t count = 0;
        if (arithmetic_task(&subject)->split_open(subject.self, emend_str("train"), &split, &count,
                                                  &subject.err)) {
            continue; // too few problems, which split_open says
        }
        for (uint64_t i = 0; i < 50; i++) {
            Puts puts = {0}, demo = {0};
            arithmetic_problem(&subject, split, i, &puts);
            arithmetic_demonstration(&subject, split, i, 3, 2, &demo);
            for (int turn = 0; turn < 2; turn++) {
                ck_assert(arithmetic_grade(&subject, puts_text(&puts, EMEND_PROBLEM_REFERENCE),
                                           demo.items[turn].text) ==
                          arithmetic_means_right(puts_text(&puts, EMEND_PROBLEM_PROMPT),
                                                 demo.items[turn].text));
            }
            puts_clear(&puts);
            puts_clear(&demo);
        }
    }
}
END_TEST

static const struct {
    const char *reference, *response;
    double value;
} answers[] = {
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{28,45}", 1},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{45,28}", 1},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{ 45 + 28 }", 1},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{12,61} hm, \\boxed{45 28}", 1},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{12,61}", 1}, // 73 as well
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{12,45}", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{30,43}", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{73}", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{28,45,0}", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{28*45}", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{2845}", 0},
    {"28,45; sum 73 of 12 45 28 61", "28,45", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{28,45} or \\boxed{12,45}", 0},
    {"28,45; sum 73 of 12 45 28 61", "\\boxed{99999999999999999999,-99999999999999999926}", 0},
    {"5,5; sum 10 of 5 5 7", "\\boxed{5,5}", 1},
    {"4,6; sum 10 of 5 4 6", "\\boxed{5,5}", 0}, // 5 is there once
    {"13; solve 7x+5=96", "\\boxed{13}7*13+5=96", 1},
    {"13; solve 7x+5=96", "\\boxed{013}", 1},
    {"13; solve 7x+5=96", "\\boxed{12}", 0},
    {"13; solve 7x+5=96", "\\boxed{x=13}", 0},
    {"13; solve 7x+5=96", "\\boxed{13.0}", 0},
    {"13; solve 7x+5=96", "\\boxed{9223372036854775807}", 0},
    {"7,13; product 91", "\\boxed{7,13}", 1},
    {"7,13; product 91", "\\boxed{13*7}", 1},
    {"4,6; product 24", "\\boxed{2,12}", 1},
    {"7,13; product 91", "\\boxed{1,91}", 0},
    {"7,13; product 91", "\\boxed{-7,-13}", 0},
    {"7,13; product 91", "\\boxed{7+13}", 0},
    {"7,13; product 91", "\\boxed{4294967296,4294967296}", 0},
    {"52; chain 17+58-23", "17+58=75;75-23=52 \\boxed{52}", 1},
    {"52; chain 17+58-23", "\\boxed{-52}", 0},
    {"-3; chain 12-15", "\\boxed{-3}", 1},
};

START_TEST(answers_are_graded_by_meaning) {
    Config config = CONFIG_INIT;
    arithmetic_create_ok(&subject, &config);
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        ck_assert_msg(arithmetic_grade(&subject, answers[i].reference, answers[i].response) ==
                          answers[i].value,
                      "%s: %s", answers[i].reference, answers[i].response);
    }
}
END_TEST

static const char *const foreign_references[] = {
    "",
    "73",
    "13;",
    "x; solve 7x+5=96",
    "13; solve 7x+5",
    "1,2; sum 3 of ",
    "1; 1",
    "13, 14",
    "52; chain 5",
    "13; solve 7x+5=96 ",
    "99999999999999999; product 3",
    "1,2; sum 3 of 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9"};

START_TEST(foreign_reference_is_an_error_and_no_zero) {
    Config config = CONFIG_INIT;
    arithmetic_create_ok(&subject, &config);
    for (size_t i = 0; i < sizeof foreign_references / sizeof foreign_references[0]; i++) {
        Puts puts = {0};
        EmendScore score = arithmetic_grade_args(&subject, foreign_references[i],
                                                 emend_str("\\boxed{1}"), false, &puts);
        ck_assert_msg(score.state == EMEND_SCORE_ERROR, "'%s'", foreign_references[i]);
        ck_assert_str_eq(score.reason, "the reference is not one that this task wrote");
        puts_clear(&puts);
    }
}
END_TEST

START_TEST(what_stands_in_the_box_is_put_as_extracted) {
    Config config = CONFIG_INIT;
    arithmetic_create_ok(&subject, &config);
    Puts puts = {0};
    arithmetic_grade_args(&subject, "13; solve 7x+5=96", emend_str("\\boxed{ 12 }"), false, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_GRADE_EXTRACTED), "12");
    puts_clear(&puts);
    EmendScore score =
        arithmetic_grade_args(&subject, "13; solve 7x+5=96", emend_str("13"), false, &puts);
    ck_assert_int_eq(puts.n, 0);
    ck_assert_str_eq(score.reason, "there is no \\boxed{..} that is closed");
    score = arithmetic_grade_args(&subject, "13; solve 7x+5=96",
                                  (EmendStr){"\xFF\0\\boxed{1\0003}", 13}, false, &puts);
    ck_assert_uint_eq(score.state, EMEND_SCORE_VALUE);
    ck_assert_double_eq(score.value, 0);
    puts_clear(&puts);
}
END_TEST

START_TEST(truncated_response_is_wrong_unless_accepted) {
    Config config = CONFIG_INIT;
    EmendStr response = emend_str("\\boxed{13}7*1");
    Puts puts = {0};
    arithmetic_create_ok(&subject, &config);
    EmendScore score = arithmetic_grade_args(&subject, "13; solve 7x+5=96", response, true, &puts);
    ck_assert_uint_eq(score.state, EMEND_SCORE_VALUE);
    ck_assert_double_eq(score.value, 0);
    ck_assert_str_eq(score.reason, "cut at the token limit");
    config.has_accept_truncated = 1;
    config.accept_truncated = 1;
    arithmetic_create_ok(&subject, &config);
    ck_assert_double_eq(
        arithmetic_grade_args(&subject, "13; solve 7x+5=96", response, true, &puts).value, 1);
    puts_clear(&puts);
}
END_TEST

START_TEST(checked_work_must_read_as_the_attempt_does) {
    Config config = CONFIG_INIT;
    config.has_check_work = 1;
    config.check_work = 1;
    arithmetic_create_ok(&subject, &config);
    const char *reference = "13; solve 7x+5=96";
    ck_assert_double_eq(arithmetic_grade(&subject, reference, "\\boxed{13}7*13+5=96"), 1);
    ck_assert_double_eq(arithmetic_grade(&subject, reference, "\\boxed{13}7*13+5=96 \n"), 1);
    ck_assert_double_eq(arithmetic_grade(&subject, reference, "\\boxed{13}7*13+5=95"), 0);
    ck_assert_double_eq(arithmetic_grade(&subject, reference, "\\boxed{13}"), 0);
    ck_assert_double_eq(arithmetic_grade(&subject, reference, "\\boxed{12}7*12+5=89"), 0);
    reference = "28,45; sum 73 of 12 45 28 61";
    ck_assert_double_eq(arithmetic_grade(&subject, reference, "\\boxed{45+28}=73"), 1);
    ck_assert_double_eq(arithmetic_grade(&subject, reference, "\\boxed{61+12}=73"), 1);
    ck_assert_double_eq(arithmetic_grade(&subject, reference, "\\boxed{45+28}=72"), 0);
    Puts demo = {0}, puts = {0};
    arithmetic_problem(&subject, arithmetic_split(&subject, "train"), 3, &puts);
    arithmetic_demonstration(&subject, arithmetic_split(&subject, "train"), 3, 1, 1, &demo);
    ck_assert(
        arithmetic_grade(&subject, puts_text(&puts, EMEND_PROBLEM_REFERENCE), demo.items[0].text) ==
        arithmetic_means_right(puts_text(&puts, EMEND_PROBLEM_PROMPT), demo.items[0].text));
    puts_clear(&puts);
    puts_clear(&demo);
}
END_TEST

static Suite *arithmetic_suite(void) {
    TCase *tcase = tcase_create("arithmetic");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, same_split_index_and_seed_give_the_same_bytes);
    tcase_add_test(tcase, first_problems_never_change);
    tcase_add_test(tcase, another_seed_or_index_gives_other_problems);
    tcase_add_test(tcase, train_and_test_share_no_problem);
    tcase_add_test(tcase, families_are_mixed_by_weight);
    tcase_add_loop_test(tcase, wide_and_dense_ranges_are_drawn_from_alike, 0, N_KINDS);
    tcase_add_test(tcase, answers_are_graded_by_meaning);
    tcase_add_test(tcase, foreign_reference_is_an_error_and_no_zero);
    tcase_add_test(tcase, what_stands_in_the_box_is_put_as_extracted);
    tcase_add_test(tcase, truncated_response_is_wrong_unless_accepted);
    tcase_add_test(tcase, checked_work_must_read_as_the_attempt_does);
    Suite *suite = suite_create("arithmetic");
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(arithmetic_suite());
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Demonstrations, the texts they are written in, and lessons. */
#include "arithmetic_subject.h"

#include <check.h>
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

// Sums of products, left to right: all that attempts write.
static int64_t evaluate(const char *text, const char *end) {
    int64_t sum = 0, product = 1;
    while (text < end) {
        char *next = NULL;
        product *= strtoll(text, &next, 10);
        text = next;
        if (text < end && *text == '*') {
            text++;
        } else {
            sum += product;
            product = 1;
        }
    }
    return sum;
}

// Every `expression=number` of the attempt holds.
static bool is_work_true(const char *attempt) {
    static const char expression[] = "0123456789+-*";
    int n_equations = 0;
    for (const char *equals = strchr(attempt, '='); equals; equals = strchr(equals + 1, '=')) {
        const char *end = equals[-1] == '}' ? equals - 1 : equals, *begin = end;
        while (begin > attempt && strchr(expression, begin[-1])) {
            begin--;
        }
        if (begin == end || evaluate(begin, end) != strtoll(equals + 1, NULL, 10)) {
            return false;
        }
        n_equations++;
    }
    return n_equations > 0;
}

static const char *const kind_names[] = {"pair_sum", "solve_linear", "factor", "chain"};

static void create_kind(int kind) {
    Family family = FAMILY_INIT, *list;
    family.has_kind = 1;
    family.kind = kind;
    Config config = arithmetic_config_of(&family, &list);
    arithmetic_create_ok(&subject, &config);
}

START_TEST(demonstrations_mean_what_they_are_graded) {
    enum { N = 2000 };
    create_kind(_i);
    uint32_t split = arithmetic_split(&subject, "train");
    int n_right[2] = {0, 0};
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0}, demo = {0};
        arithmetic_problem(&subject, split, i, &puts);
        arithmetic_demonstration(&subject, split, i, 5, 2, &demo);
        const char *prompt = puts_text(&puts, EMEND_PROBLEM_PROMPT);
        ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_KIND), kind_names[_i]);
        ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_LEVEL), "1");
        for (int turn = 0; turn < 2; turn++) {
            const char *attempt = demo.items[turn].text;
            bool is_right = arithmetic_means_right(prompt, attempt);
            ck_assert_msg(is_work_true(attempt), "'%s': the arithmetic of '%s' is true", prompt,
                          attempt);
            ck_assert_msg(arithmetic_grade(&subject, puts_text(&puts, EMEND_PROBLEM_REFERENCE),
                                           attempt) == is_right,
                          "'%s' answered '%s'", prompt, attempt);
            n_right[turn] += is_right;
        }
        puts_clear(&puts);
        puts_clear(&demo);
    }
    // Four standard deviations of a share of 2000 are 4.5 %.
    ck_assert_double_eq_tol((double)n_right[0] / N, 0.5, 0.045);
    ck_assert_double_eq_tol((double)n_right[1] / N, 0.45, 0.045);
}
END_TEST

START_TEST(all_or_no_demonstrations_are_right_where_p_says_so) {
    for (int is_near = 0; is_near <= 1; is_near++) {
        for (int p = 0; p <= 1; p++) {
            Family family = FAMILY_INIT, *list;
            family.has_kind = family.has_p_right = family.has_p_right_later = family.has_wrong = 1;
            family.kind = _i;
            family.p_right = family.p_right_later = p;
            family.wrong = is_near ? EMEND__TASKS__ARITHMETIC__FAMILY__WRONG__NEAR
                                   : EMEND__TASKS__ARITHMETIC__FAMILY__WRONG__ANY;
            Config config = arithmetic_config_of(&family, &list);
            arithmetic_create_ok(&subject, &config);
            for (uint64_t i = 0; i < 300; i++) {
                Puts puts = {0}, demo = {0};
                arithmetic_problem(&subject, arithmetic_split(&subject, "test"), i, &puts);
                arithmetic_demonstration(&subject, arithmetic_split(&subject, "test"), i, i, 3,
                                         &demo);
                for (int turn = 0; turn < 3; turn++) {
                    const char *prompt = puts_text(&puts, EMEND_PROBLEM_PROMPT);
                    ck_assert_msg(arithmetic_means_right(prompt, demo.items[turn].text) == p,
                                  "'%s' answered '%s'", prompt, demo.items[turn].text);
                    ck_assert(is_work_true(demo.items[turn].text));
                }
                puts_clear(&puts);
                puts_clear(&demo);
            }
        }
    }
}
END_TEST

START_TEST(copies_repeat_the_attempt_before_them) {
    Family family = FAMILY_INIT, *list;
    family.has_kind = family.has_p_copy = 1;
    family.kind = _i;
    family.p_copy = 1;
    Config config = arithmetic_config_of(&family, &list);
    arithmetic_create_ok(&subject, &config);
    for (uint64_t i = 0; i < 100; i++) {
        Puts demo = {0};
        arithmetic_demonstration(&subject, arithmetic_split(&subject, "train"), i, 1, 3, &demo);
        ck_assert_str_eq(demo.items[0].text, demo.items[1].text);
        ck_assert_str_eq(demo.items[1].text, demo.items[2].text);
        puts_clear(&demo);
    }
}
END_TEST

START_TEST(right_attempts_are_repeated_as_often_as_p_copy_right_says) {
    enum { N = 2000 };
    Family family = FAMILY_INIT, *list;
    family.has_kind = family.has_p_copy = family.has_p_copy_right = family.has_later_differs = 1;
    family.kind = _i;
    family.p_copy = 0.2;
    family.p_copy_right = 0.7;
    family.later_differs = 1;
    Config config = arithmetic_config_of(&family, &list);
    arithmetic_create_ok(&subject, &config);
    int n[2] = {0, 0}, n_copies[2] = {0, 0};
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0}, demo = {0};
        arithmetic_problem(&subject, arithmetic_split(&subject, "train"), i, &puts);
        arithmetic_demonstration(&subject, arithmetic_split(&subject, "train"), i, 1, 2, &demo);
        bool was_right =
            arithmetic_means_right(puts_text(&puts, EMEND_PROBLEM_PROMPT), demo.items[0].text);
        n[was_right]++;
        n_copies[was_right] += strcmp(demo.items[0].text, demo.items[1].text) == 0;
        puts_clear(&puts);
        puts_clear(&demo);
    }
    ck_assert_double_eq_tol((double)n_copies[0] / n[0], 0.2, 0.051);
    ck_assert_double_eq_tol((double)n_copies[1] / n[1], 0.7, 0.058);
}
END_TEST

START_TEST(differing_attempts_never_repeat_and_spoil_what_was_right) {
    enum { N = 2000 };
    Family family = FAMILY_INIT, *list;
    family.has_kind = family.has_later_differs = family.has_p_right_later = 1;
    family.kind = _i;
    family.later_differs = 1;
    family.p_right_later = 0.6;
    Config config = arithmetic_config_of(&family, &list);
    arithmetic_create_ok(&subject, &config);
    int n_wrong = 0, n_mended = 0;
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0}, demo = {0};
        arithmetic_problem(&subject, arithmetic_split(&subject, "train"), i, &puts);
        arithmetic_demonstration(&subject, arithmetic_split(&subject, "train"), i, 1, 2, &demo);
        const char *prompt = puts_text(&puts, EMEND_PROBLEM_PROMPT);
        bool was_right = arithmetic_means_right(prompt, demo.items[0].text);
        bool is_right = arithmetic_means_right(prompt, demo.items[1].text);
        ck_assert_str_ne(demo.items[0].text, demo.items[1].text);
        ck_assert(!(was_right && is_right));
        n_wrong += !was_right;
        n_mended += is_right;
        puts_clear(&puts);
        puts_clear(&demo);
    }
    ck_assert_double_eq_tol((double)n_mended / n_wrong, 0.6, 0.062);
}
END_TEST

START_TEST(templates_decide_the_texts) {
    Family family = FAMILY_INIT, *list;
    family.prompt = "[[[target]] from [numbers]?";
    family.attempt = "[x]+[y]=[value][sign][target] [verdict] \\boxed{[x],[y]}";
    family.name = "hard pairs";
    family.has_level = family.has_p_right = 1;
    family.level = 3;
    family.p_right = 1;
    Config config = arithmetic_config_of(&family, &list);
    arithmetic_create_ok(&subject, &config);
    Puts puts = {0};
    arithmetic_problem(&subject, arithmetic_split(&subject, "train"), 0, &puts);
    arithmetic_demonstration(&subject, arithmetic_split(&subject, "train"), 0, 1, 1, &puts);
    int target = 0, n[4], x = 0, y = 0;
    ck_assert_int_eq(sscanf(puts_text(&puts, EMEND_PROBLEM_PROMPT), "[%d] from %d %d %d %d?",
                            &target, &n[0], &n[1], &n[2], &n[3]),
                     5);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_KIND), "hard pairs");
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_LEVEL), "3");
    const char *attempt = puts.items[puts.n - 1].text;
    ck_assert_int_eq(sscanf(attempt, "%d+%d", &x, &y), 2);
    char expected[128];
    snprintf(expected, sizeof expected, "%d+%d=%d=%d ok \\boxed{%d,%d}", x, y, target, target, x,
             y);
    ck_assert_str_eq(attempt, expected);
    puts_clear(&puts);

    family.p_right = 0;
    family.mark_wrong = "!";
    arithmetic_create_ok(&subject, &config);
    arithmetic_demonstration(&subject, arithmetic_split(&subject, "train"), 0, 1, 1, &puts);
    ck_assert_int_eq(sscanf(puts.items[0].text, "%d+%d", &x, &y), 2);
    snprintf(expected, sizeof expected, "%d+%d=%d%s%d ! \\boxed{%d,%d}", x, y, x + y,
             x + y < target ? "<" : ">", target, x, y);
    ck_assert_str_eq(puts.items[0].text, expected);
    puts_clear(&puts);
}
END_TEST

START_TEST(leads_tell_a_repeat_from_another_attempt) {
    enum { N = 400 };
    Family family = FAMILY_INIT, *list;
    family.has_kind = family.has_p_copy = family.has_later_differs = 1;
    family.kind = _i;
    family.p_copy = 0.35;
    family.later_differs = 1;
    family.lead_copy = "Y";
    family.lead_other = "N";
    Config config = arithmetic_config_of(&family, &list);
    config.has_check_work = 1;
    config.check_work = 1;
    arithmetic_create_ok(&subject, &config);
    int n_copies = 0;
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0}, demo = {0};
        arithmetic_problem(&subject, arithmetic_split(&subject, "train"), i, &puts);
        arithmetic_demonstration(&subject, arithmetic_split(&subject, "train"), i, 1, 2, &demo);
        const char *first = demo.items[0].text, *second = demo.items[1].text;
        ck_assert(second[0] == 'Y' || second[0] == 'N');
        ck_assert_int_eq(strcmp(first, second + 1) == 0, second[0] == 'Y');
        ck_assert_msg(
            arithmetic_grade(&subject, puts_text(&puts, EMEND_PROBLEM_REFERENCE), second) ==
                arithmetic_means_right(puts_text(&puts, EMEND_PROBLEM_PROMPT), second),
            "a lead is part of work that is checked");
        n_copies += second[0] == 'Y';
        puts_clear(&puts);
        puts_clear(&demo);
    }
    ck_assert_double_eq_tol((double)n_copies / N, 0.35, 0.096);
}
END_TEST

START_TEST(instruction_is_the_same_whatever_was_answered) {
    Config config = CONFIG_INIT;
    config.instruction = "again?";
    arithmetic_create_ok(&subject, &config);
    for (uint32_t turn = 2; turn <= 3; turn++) {
        Puts puts = {0};
        EmendSink sink = puts_sink(&puts);
        EmendHistory history = {.struct_size = sizeof history, .turn = turn, .split = 1};
        ck_assert_int_eq(
            arithmetic_task(&subject)->turn_prompt(subject.self, &history, &sink, &subject.err),
            EMEND_OK);
        ck_assert_str_eq(puts_text(&puts, 0), "again?");
        puts_clear(&puts);
    }
}
END_TEST

static bool asks_for_judgement(uint32_t split, uint64_t index) {
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    EmendHistory history = {
        .struct_size = sizeof history, .turn = 2, .split = split, .index = index};
    ck_assert_int_eq(
        arithmetic_task(&subject)->turn_prompt(subject.self, &history, &sink, &subject.err),
        EMEND_OK);
    bool is_judged = strcmp(puts_text(&puts, 0), "!") == 0;
    puts_clear(&puts);
    return is_judged;
}

START_TEST(lessons_judge_the_first_attempt_as_often_as_p_judge_says_and_truly) {
    enum { N = 2000 };
    Config config = CONFIG_INIT;
    config.has_p_judge = 1;
    config.p_judge = 0.3;
    arithmetic_create_ok(&subject, &config);
    uint32_t lessons = arithmetic_split(&subject, "lessons");
    int n_judged = 0;
    for (uint64_t i = 0; i < N; i++) {
        ck_assert(!asks_for_judgement(arithmetic_split(&subject, "train"), i));
        ck_assert(!asks_for_judgement(arithmetic_split(&subject, "test"), i));
        if (!asks_for_judgement(lessons, i)) {
            continue;
        }
        Puts puts = {0}, demo = {0};
        arithmetic_problem(&subject, lessons, i, &puts);
        arithmetic_demonstration(&subject, lessons, i, 1, 2, &demo);
        bool is_right =
            arithmetic_means_right(puts_text(&puts, EMEND_PROBLEM_PROMPT), demo.items[0].text);
        ck_assert_str_eq(demo.items[1].text, is_right ? "yes" : "no");
        puts_clear(&puts);
        puts_clear(&demo);
        n_judged++;
    }
    ck_assert_double_eq_tol((double)n_judged / N, 0.3, 0.05);
}
END_TEST

START_TEST(lessons_share_no_problem_with_the_test_split) {
    enum { N = 3000 };
    Config config = CONFIG_INIT;
    arithmetic_create_ok(&subject, &config);
    uint32_t lessons = arithmetic_split(&subject, "lessons"),
             test = arithmetic_split(&subject, "test");
    static Puts held_out[64];
    for (uint64_t i = 0; i < 64; i++) {
        arithmetic_problem(&subject, test, i, &held_out[i]);
    }
    for (uint64_t i = 0; i < N; i++) {
        Puts puts = {0};
        arithmetic_problem(&subject, lessons, i, &puts);
        for (int j = 0; j < 64; j++) {
            ck_assert_str_ne(puts_text(&puts, EMEND_PROBLEM_PROMPT),
                             puts_text(&held_out[j], EMEND_PROBLEM_PROMPT));
        }
        puts_clear(&puts);
    }
    for (int j = 0; j < 64; j++) {
        puts_clear(&held_out[j]);
    }
}
END_TEST

static Suite *demonstrations_suite(void) {
    TCase *tcase = tcase_create("arithmetic demonstrations");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, demonstrations_mean_what_they_are_graded, 0, N_KINDS);
    tcase_add_loop_test(tcase, all_or_no_demonstrations_are_right_where_p_says_so, 0, N_KINDS);
    tcase_add_loop_test(tcase, copies_repeat_the_attempt_before_them, 0, N_KINDS);
    tcase_add_loop_test(tcase, right_attempts_are_repeated_as_often_as_p_copy_right_says, 0,
                        N_KINDS);
    tcase_add_loop_test(tcase, differing_attempts_never_repeat_and_spoil_what_was_right, 0,
                        N_KINDS);
    tcase_add_test(tcase, templates_decide_the_texts);
    tcase_add_loop_test(tcase, leads_tell_a_repeat_from_another_attempt, 0, N_KINDS);
    tcase_add_test(tcase, instruction_is_the_same_whatever_was_answered);
    tcase_add_test(tcase, lessons_judge_the_first_attempt_as_often_as_p_judge_says_and_truly);
    tcase_add_test(tcase, lessons_share_no_problem_with_the_test_split);
    Suite *suite = suite_create("arithmetic demonstrations");
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(demonstrations_suite());
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What the options do, who is to blame, and that nothing is without bounds. */
#include "answers.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static AnswerJudgement judge_with(const char *gold, const char *pred, AnswerOptions options) {
    AnswerJudgement judgement;
    answer_compare(emend_str(gold), emend_str(pred), &options, &judgement);
    return judgement;
}

static AnswerVerdict verdict_of(const char *gold, const char *pred) {
    return judge_with(gold, pred, (AnswerOptions){0}).verdict;
}

START_TEST(percentages_are_read_by_what_the_problem_asks) {
    AnswerOptions asked = {.problem = emend_str("What percent of 50 is 5?")};
    AnswerOptions not_asked = {.problem = emend_str("What is 5 + 5?")};
    ck_assert_int_eq(judge_with("10", "10\\%", asked).verdict, ANSWER_EQUAL);
    ck_assert_int_eq(judge_with("10\\%", "10", asked).verdict, ANSWER_EQUAL);
    ck_assert_int_eq(judge_with("10\\%", "0.1", asked).verdict, ANSWER_EQUAL);
    ck_assert_int_eq(judge_with("10", "0.1", asked).verdict, ANSWER_DIFFERENT);
    ck_assert_int_eq(judge_with("10", "10\\%", not_asked).verdict, ANSWER_DIFFERENT);
    AnswerJudgement open = judge_with("10", "10\\%", (AnswerOptions){0});
    ck_assert_int_eq(open.verdict, ANSWER_UNDECIDED);
    ck_assert_int_eq(open.blame, ANSWER_BLAME_COMPARISON);
    ck_assert_str_eq(open.reason,
                     "only one is a percentage; the problem must tell what was asked for");
}
END_TEST

START_TEST(repeating_the_problem_is_no_answer) {
    AnswerOptions options = {.problem = emend_str("Compute $\\dfrac{3}{4} + \\frac14$.")};
    ck_assert_int_eq(judge_with("1", "\\frac{3}{4}+\\frac14", options).verdict, ANSWER_DIFFERENT);
    ck_assert_int_eq(judge_with("1", "\\frac{1}{4}+\\frac{3}{4}", options).verdict,
                     ANSWER_DIFFERENT);
    ck_assert_int_eq(judge_with("1", "\\frac{4}{4}", options).verdict, ANSWER_EQUAL);
    ck_assert_int_eq(judge_with("1", "1", options).verdict, ANSWER_EQUAL);
    AnswerOptions list = {.problem = emend_str("Which of $2, 3, 4$ is $1+1$?")};
    ck_assert_int_eq(judge_with("2", "1+1", list).verdict, ANSWER_DIFFERENT);
    ck_assert_int_eq(judge_with("2", "2", list).verdict, ANSWER_EQUAL);
}
END_TEST

START_TEST(numbers_left_to_work_out_are_refused_where_asked) {
    AnswerOptions options = {.refuse_unevaluated = true};
    ck_assert_int_eq(judge_with("5", "3+2", options).verdict, ANSWER_DIFFERENT);
    ck_assert_int_eq(judge_with("1024", "2^{10}", options).verdict, ANSWER_DIFFERENT);
    ck_assert_int_eq(judge_with("2^{10}", "1024", options).verdict, ANSWER_EQUAL);
    ck_assert_int_eq(judge_with("\\frac{1}{2}", "\\frac{2}{4}", options).verdict, ANSWER_EQUAL);
    ck_assert_int_eq(judge_with("2\\sqrt{2}", "\\sqrt{8}", options).verdict, ANSWER_EQUAL);
    ck_assert_int_eq(judge_with("(5,1)", "(3+2,1)", options).verdict, ANSWER_DIFFERENT);
    ck_assert_int_eq(verdict_of("5", "3+2"), ANSWER_EQUAL);
}
END_TEST

static const struct {
    const char *gold, *pred;
    AnswerVerdict rounded; // with three digits; without, none is equal
} decimals[] = {
    {"\\sqrt{2}", "1.41", ANSWER_EQUAL},
    {"\\sqrt{2}", "1.414", ANSWER_EQUAL},
    {"\\sqrt{2}", "1.4", ANSWER_DIFFERENT}, // too few digits
    {"\\sqrt{2}", "1.42", ANSWER_DIFFERENT},
    {"\\pi", "3.14", ANSWER_EQUAL},
    {"\\pi", "3.15", ANSWER_DIFFERENT},
    {"-\\pi", "-3.14", ANSWER_EQUAL},
    {"\\frac{1}{3}", "0.333", ANSWER_EQUAL},
    {"\\frac{2}{3}", "0.667", ANSWER_EQUAL},
    {"\\frac{2}{3}", "0.666", ANSWER_DIFFERENT},
    {"\\frac{1}{8}", "0.13", ANSWER_DIFFERENT}, // a decimal writes it out
    {"\\frac{1}{8}", "0.1250001", ANSWER_DIFFERENT},
    {"3.14", "3.1416", ANSWER_DIFFERENT},
    {"x\\pi", "3.14", ANSWER_DIFFERENT},
};

START_TEST(decimals_are_exact_unless_rounding_is_asked_for) {
    ck_assert_int_ne(verdict_of(decimals[_i].gold, decimals[_i].pred), ANSWER_EQUAL);
    AnswerOptions options = {.rounded_digits = 3};
    AnswerJudgement judgement = judge_with(decimals[_i].gold, decimals[_i].pred, options);
    ck_assert_msg(judgement.verdict == decimals[_i].rounded, "%s against %s: %s", decimals[_i].gold,
                  decimals[_i].pred, judgement.reason);
}
END_TEST

START_TEST(blame_is_told) {
    static const struct {
        const char *gold, *pred, *reason;
        AnswerBlame blame;
    } cases[] = {
        {"", "5", "the reference is empty", ANSWER_BLAME_REFERENCE},
        {"\\foo{5}", "5", "the reference: it uses an unknown macro '\\foo' at byte 0",
         ANSWER_BLAME_REFERENCE},
        {"5", "5 + \\foo", "the answer: it uses an unknown macro '\\foo' at byte 4",
         ANSWER_BLAME_ANSWER},
        {"5", "2^{2^{2^{49}}}", "neither that they are equal nor that they differ could be shown",
         ANSWER_BLAME_ANSWER},
        {"2^{2^{2^{49}}}", "5", "neither that they are equal nor that they differ could be shown",
         ANSWER_BLAME_COMPARISON},
        {"5", "(5", "the answer: a bracket is not closed at its end", ANSWER_BLAME_ANSWER},
        {"5", "3 4", "the answer: a number stands behind what it may be multiplied with near '4'",
         ANSWER_BLAME_ANSWER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        AnswerJudgement judgement = judge_with(cases[i].gold, cases[i].pred, (AnswerOptions){0});
        ck_assert_int_eq(judgement.verdict, ANSWER_UNDECIDED);
        ck_assert_int_eq(judgement.blame, cases[i].blame);
        ck_assert_str_eq(judgement.reason, cases[i].reason);
    }
}
END_TEST

static char *repeat(const char *part, size_t n_bytes) {
    char *text = malloc(n_bytes + 1);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < n_bytes; i++) {
        text[i] = part[i % strlen(part)];
    }
    text[n_bytes] = '\0';
    return text;
}

static const char *const parts[] = {
    "1",
    "1+",
    "(",
    "\\frac{",
    "\\frac12",
    "{",
    "x^",
    "((1)",
    "|",
    "-",
    "\\{",
    "1,",
    "(1,2),",
    "x!",
    "!",
    "\\sqrt[",
    "9^9^",
    "2^{",
    "\\sqrt",
    "x+y*",
    "sin ",
    "\\sin",
    "\\pm 1+",
    "\\cup[0,1]",
    "1:",
    "a=",
    "<x",
    "\\text{a}",
    "\\begin{pmatrix}",
    "1&",
    "\\\\",
    "\\overline{3}",
    "1.5e9",
    "\xE2\x88\x9A",
    "\xC2\xB2",
    "x_",
    "\\log_",
    "\\binom{9}{4}+",
    "e^{i",
    "(x+1)",
    "(x+y+z)^9*",
    "\\sqrt{x+",
    "1/",
    "^\\circ",
    "%",
    "\\$1 ",
    "\\left(",
    "a_{b_{",
    "9!+",
    "(9!)!",
};
enum { N_PARTS = sizeof parts / sizeof parts[0] };

// Whatever the length, a comparison ends, and soon: the bound is a hundred times what the slowest
// of these takes, since machines are shared and sanitizers slow.
START_TEST(repeated_parts_are_answered_in_bounded_time) {
    static const size_t sizes[] = {7, 63, 500, 4095, 4097, 1 << 20};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        char *text = repeat(parts[_i], sizes[k]);
        struct timespec begin, end;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
        AnswerVerdict verdict = verdict_of("12345", text);
        verdict_of("x^2+\\sqrt{x}+1", text);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
        ck_assert_int_ne(verdict, ANSWER_EQUAL);
        ck_assert_int_eq(verdict_of(text, text), ANSWER_EQUAL);
        free(text);
        ck_assert_int_lt((int)(end.tv_sec - begin.tv_sec), 5);
    }
}
END_TEST

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u; // Knuth's MMIX generator
    return *state >> 33;
}

static void random_text(uint64_t *state, char *text, size_t capacity) {
    size_t n = 0;
    text[0] = '\0';
    for (uint64_t k = next_random(state) % 12; k > 0; k--) {
        const char *part = parts[next_random(state) % N_PARTS];
        if (n + strlen(part) + 1 < capacity) {
            n += (size_t)snprintf(text + n, capacity - n, "%s", part);
        }
    }
}

enum { N_RANDOM = 1500, N_THREADS = 4 };

static void *judge_many(void *ctx) {
    unsigned char *verdicts = ctx;
    uint64_t state = 7;
    for (int i = 0; i < N_RANDOM; i++) {
        char a[256], b[256];
        random_text(&state, a, sizeof a);
        random_text(&state, b, sizeof b);
        verdicts[i] = (unsigned char)verdict_of(a, b);
    }
    return NULL;
}

START_TEST(verdicts_are_the_same_on_every_thread) {
    static unsigned char verdicts[N_THREADS + 1][N_RANDOM];
    pthread_t threads[N_THREADS];
    judge_many(verdicts[N_THREADS]);
    for (int i = 0; i < N_THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, judge_many, verdicts[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_mem_eq(verdicts[i], verdicts[N_THREADS], N_RANDOM);
    }
}
END_TEST

START_TEST(any_bytes_are_refused_or_read) {
    uint64_t state = 3;
    for (int i = 0; i < 20000; i++) {
        char bytes[64];
        size_t n = next_random(&state) % sizeof bytes;
        for (size_t k = 0; k < n; k++) {
            bytes[k] = (char)next_random(&state);
        }
        AnswerOptions options = {.problem = {bytes, n}};
        AnswerJudgement judgement;
        answer_compare(emend_str("5"), (EmendStr){bytes, n}, &options, &judgement);
        answer_compare((EmendStr){bytes, n}, emend_str("x+1"), &options, &judgement);
        ck_assert_ptr_nonnull(memchr(judgement.reason, '\0', sizeof judgement.reason));
    }
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("judgements");
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, percentages_are_read_by_what_the_problem_asks);
    tcase_add_test(tcase, repeating_the_problem_is_no_answer);
    tcase_add_test(tcase, numbers_left_to_work_out_are_refused_where_asked);
    tcase_add_loop_test(tcase, decimals_are_exact_unless_rounding_is_asked_for, 0,
                        sizeof decimals / sizeof decimals[0]);
    tcase_add_test(tcase, blame_is_told);
    tcase_add_loop_test(tcase, repeated_parts_are_answered_in_bounded_time, 0, N_PARTS);
    tcase_add_test(tcase, verdicts_are_the_same_on_every_thread);
    tcase_add_test(tcase, any_bytes_are_refused_or_read);
    Suite *suite = suite_create("answer judgements");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How the task "math" grades the responses of a run. */
#include "math_subject.h"

#include <string.h>

static const struct {
    const char *reference, *response;
    bool is_truncated;
    double value;
} grades[] = {
    {"12", "So \\boxed{12}.", false, 1},
    {"12", "Final Answer: The final answer is $12$. I hope it is correct.", false, 1},
    {"12", "Answer: 12", false, 1},
    {"12", "So it is\n#### 12", false, 1},
    {"12", "So \\boxed{13}.", false, 0},
    {"12", "It is 12.", false, 0},
    {"12", "", false, 0},
    {"12", "\\boxed{}", false, 0},
    {"12", "So \\boxed{12}", true, 1},
    {"12", "The final answer is $12$", true, 1},
    {"12", "The final answer is $12$.", true, 1},
    {"12", "The answer is 12", false, 1},
    {"12", "The answer is 12", true, 0},   // perhaps of 123
    {"12", "The answer is 12.", true, 0},  // perhaps of 12.5
    {"12", "The answer is 12 ", true, 0},  // perhaps of 12 cm
    {"12", "The answer is 12\n", true, 1}, // its line is over
    {"12", "#### 12", true, 0},
    {"12", "So \\boxed{12", true, 0},
};

START_TEST(responses_are_graded_whole_or_cut) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    ck_assert_msg(grade_text(grades[_i].reference, grades[_i].response, grades[_i].is_truncated) ==
                      grades[_i].value,
                  "'%s' for '%s'", grades[_i].response, grades[_i].reference);
}
END_TEST

START_TEST(grade_tells_what_it_found) {
    Config config = CONFIG_INIT;
    Puts puts = {0};
    create_ok(&config);
    EmendScore score = grade(emend_str("12"), emend_str("$\\boxed{ 13 }$"), false, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_GRADE_EXTRACTED), "13");
    ck_assert_msg(score.reason[0] != '\0', "a wrong answer's grade says why");
    puts_clear(&puts);
    score = grade(emend_str("12"), emend_str("13"), false, &puts);
    ck_assert_int_eq(puts.n, 0);
    ck_assert_str_eq(score.reason, "no final answer is marked");
    score = grade(emend_str(""), emend_str("\\boxed{13}"), false, &puts);
    ck_assert_uint_eq(score.state, EMEND_SCORE_ERROR);
    ck_assert_str_eq(score.reason, "the reference answer is empty");
}
END_TEST

#define EXTRACTION(name) EMEND__TASKS__MATH__CONFIG__EXTRACTION__##name
static const struct {
    bool has_extraction;
    Emend__Tasks__Math__Config__Extraction extraction;
    double in_box, in_phrase, behind_hashes, at_end;
} extractions[] = {
    {false, EXTRACTION(ANYWHERE), 1, 1, 1, 0}, // left out
    {true, EXTRACTION(MARKED), 1, 1, 1, 0},
    {true, EXTRACTION(ANYWHERE), 1, 1, 1, 1},
    {true, EXTRACTION(BOX_ONLY), 1, 0, 0, 0},
};

START_TEST(extraction_says_which_marks_count) {
    Config config = CONFIG_INIT;
    config.has_extraction = extractions[_i].has_extraction;
    config.extraction = extractions[_i].extraction;
    create_ok(&config);
    ck_assert_double_eq(grade_text("12", "so \\boxed{12}", false), extractions[_i].in_box);
    ck_assert_double_eq(grade_text("12", "The answer is 12.", false), extractions[_i].in_phrase);
    ck_assert_double_eq(grade_text("12", "#### 12", false), extractions[_i].behind_hashes);
    ck_assert_double_eq(grade_text("12", "so it is $12$", false), extractions[_i].at_end);
}
END_TEST

// A text longer than any that is read.
static EmendStr long_text(const char *begin, const char *end) {
    static char text[9000];
    memset(text, 'x', sizeof text);
    memcpy(text, begin, strlen(begin));
    memcpy(text + sizeof text - strlen(end), end, strlen(end));
    return (EmendStr){text, sizeof text};
}

START_TEST(answer_that_cannot_be_read_is_wrong) {
    Config config = CONFIG_INIT;
    Puts puts = {0};
    create_ok(&config);
    EmendScore score = grade(emend_str("12"), long_text("\\boxed{", "}"), false, &puts);
    ck_assert_uint_eq(score.state, EMEND_SCORE_VALUE);
    ck_assert_double_eq(score.value, 0);
    ck_assert_msg(score.reason[0] != '\0', "it says why");
    ck_assert_uint_eq(puts.items[0].len, 9000 - 8);
    puts_clear(&puts);
}
END_TEST

START_TEST(reference_that_cannot_be_read_is_an_error) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    EmendScore score = grade(long_text("", ""), emend_str("\\boxed{12}"), false, NULL);
    ck_assert_uint_eq(score.state, EMEND_SCORE_ERROR);
    ck_assert_msg(score.reason[0] != '\0', "it says why");
}
END_TEST

static EmendScore grade_percentage(const char *prompt) {
    EmendGradeArgs args = {.struct_size = sizeof args,
                           .turn = 1,
                           .prompt = emend_str(prompt),
                           .reference = emend_str("10\\%"),
                           .response = emend_str("\\boxed{10}")};
    return grade_with(&args, NULL);
}

START_TEST(comparison_that_decides_nothing_abstains) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    EmendScore score = grade_percentage("");
    ck_assert_uint_eq(score.state, EMEND_SCORE_ABSTAIN);
    ck_assert_msg(score.reason[0] != '\0', "it says why");
}
END_TEST

// The words around a problem are not the problem's.
START_TEST(problem_alone_is_what_answers_are_read_by) {
    static char prompt[] = "Say it in percent. {problem} (as a percentage)";
    Config config = CONFIG_INIT;
    config.prompt = prompt;
    create_ok(&config);
    EmendScore score = grade_percentage("Say it in percent. What percent of 50 is 5? (as a "
                                        "percentage)");
    ck_assert_uint_eq(score.state, EMEND_SCORE_VALUE);
    ck_assert_double_eq(score.value, 1);
    score = grade_percentage("Say it in percent. What is 5 of 50? (as a percentage)");
    ck_assert_uint_eq(score.state, EMEND_SCORE_VALUE);
    ck_assert_double_eq(score.value, 0);
    score = grade_percentage("Another prompt: what percent of 50 is 5?");
    ck_assert_double_eq(score.value, 1);
}
END_TEST

START_TEST(config_says_how_strict_a_comparison_is) {
    Config config = CONFIG_INIT;
    create_ok(&config);
    ck_assert_double_eq(grade_text("\\frac13", "\\boxed{0.333}", false), 0);
    ck_assert_double_eq(grade_text("5", "\\boxed{3+2}", false), 1);
    config.has_rounded_digits = 1;
    config.rounded_digits = 3;
    config.has_refuse_unevaluated = 1;
    config.refuse_unevaluated = 1;
    create_ok(&config);
    ck_assert_double_eq(grade_text("\\frac13", "\\boxed{0.333}", false), 1);
    ck_assert_double_eq(grade_text("5", "\\boxed{3+2}", false), 0);
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("grade");
    tcase_add_loop_test(tcase, responses_are_graded_whole_or_cut, 0,
                        sizeof grades / sizeof grades[0]);
    tcase_add_test(tcase, grade_tells_what_it_found);
    tcase_add_loop_test(tcase, extraction_says_which_marks_count, 0,
                        sizeof extractions / sizeof extractions[0]);
    tcase_add_test(tcase, answer_that_cannot_be_read_is_wrong);
    tcase_add_test(tcase, reference_that_cannot_be_read_is_an_error);
    tcase_add_test(tcase, comparison_that_decides_nothing_abstains);
    tcase_add_test(tcase, problem_alone_is_what_answers_are_read_by);
    tcase_add_test(tcase, config_says_how_strict_a_comparison_is);
    return run_suite("math grade", &tcase, 1);
}

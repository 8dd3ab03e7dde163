/* SPDX-License-Identifier: Apache-2.0 */
/* What the task "math" asks, and how its demonstrations answer. */
#include "math_subject.h"

#include <string.h>

#define STYLE(name) EMEND__TASKS__MATH__CONFIG__PROMPT_STYLE__##name
#define CORRECTION                                                                                 \
    "There might be an error in the solution above because of lack of understanding of the "       \
    "question. Please correct the error, if any, and rewrite the solution. Only output the final " \
    "solution"

static const struct {
    Emend__Tasks__Math__Config__PromptStyle style;
    const char *prompt, *instruction;
    const char *with_box, *without; // demonstrations, of a solution with a box and of none
} styles[] = {
    {STYLE(PAPER),
     "You are a math expert. When you respond, respond only with the Solution of the final "
     "Problem, thinking step by step. At the end of the Solution, when you give your final answer, "
     "write it in the form \"Final Answer: The final answer is $answer$. I hope it is "
     "correct.\"\n\nProblem:\nWhat is $1+1$?",
     CORRECTION "! At the end of the Solution, when you give your final answer, write it in the "
                "form \"Final Answer: The final answer is $answer$. I hope it is correct.\"",
     "It is $\\boxed{2}$.\nFinal Answer: The final answer is $2$. I hope it is correct.",
     "Final Answer: The final answer is $12$. I hope it is correct."},
    {STYLE(BOXED),
     "Solve the problem, thinking step by step, and put the final answer in \\boxed{}.\n\nWhat is "
     "$1+1$?",
     CORRECTION ", with the final answer in \\boxed{}.", "It is $\\boxed{2}$.", "\\boxed{12}"},
    {STYLE(QWEN),
     "What is $1+1$?\nPlease reason step by step, and put your final answer within \\boxed{}.",
     CORRECTION ". Please reason step by step, and put your final answer within \\boxed{}.",
     "It is $\\boxed{2}$.", "\\boxed{12}"},
    {STYLE(ANSWER_LINE),
     "Solve the following math problem step by step. The last line of your response should be of "
     "the form Answer: $ANSWER (without quotes) where $ANSWER is the answer to the "
     "problem.\n\nWhat is $1+1$?\n\nRemember to put your answer on its own line after "
     "\"Answer:\", and you do not need to use a \\boxed command.",
     CORRECTION ". The last line of your response should be of the form Answer: $ANSWER (without "
                "quotes) where $ANSWER is the answer to the problem.",
     "It is $\\boxed{2}$.\nAnswer: $2$", "Answer: $12$"},
    {STYLE(HASHES),
     "What is $1+1$?\n\nThink step by step. The last line must be \"#### \" and the final answer.",
     CORRECTION ". The last line must be \"#### \" and the final answer.",
     "It is $\\boxed{2}$.\n#### 2", "#### 12"},
};
enum { N_STYLES = sizeof styles / sizeof styles[0] };

static Config style_config(size_t i) {
    Config config = both_files();
    config.has_prompt_style = 1;
    config.prompt_style = styles[i].style;
    return config;
}

static void assert_prompt(uint32_t split, const char *text) {
    Puts puts = {0};
    get_problem(split, 0, &puts);
    ck_assert_str_eq(puts_text(&puts, EMEND_PROBLEM_PROMPT), text);
    puts_clear(&puts);
}

static void assert_instruction(uint32_t turn, const char *text) {
    EmendHistory history = {.struct_size = sizeof history, .turn = turn, .split = 1};
    Puts puts = {0};
    EmendSink sink = puts_sink(&puts);
    ck_assert_int_eq(task()->turn_prompt(subject.self, &history, &sink, &subject.err), EMEND_OK);
    ck_assert_str_eq(puts_text(&puts, 0), text);
    puts_clear(&puts);
}

START_TEST(style_asks_in_its_own_words) {
    Config config = style_config((size_t)_i);
    uint32_t split = 0;
    create_ok(&config);
    open_ok("train", &split);
    assert_prompt(split, styles[_i].prompt);
    assert_instruction(2, styles[_i].instruction);
    assert_instruction(3, styles[_i].instruction);
}
END_TEST

START_TEST(paper_is_the_style_where_none_is_named) {
    Config config = both_files();
    uint32_t split = 0;
    create_ok(&config);
    open_ok("train", &split);
    assert_prompt(split, styles[0].prompt);
    assert_instruction(2, styles[0].instruction);
}
END_TEST

START_TEST(demonstration_ends_in_the_styles_form) {
    Config config = style_config((size_t)_i);
    uint32_t split = 0;
    Puts puts = {0};
    create_ok(&config);
    open_ok("train", &split);
    get_demonstration(split, 0, 2, &puts);
    ck_assert_str_eq(puts.items[0].text, styles[_i].with_box);
    ck_assert_str_eq(puts.items[1].text, styles[_i].with_box);
    puts_clear(&puts);
    get_demonstration(split, 2, 1, &puts);
    ck_assert_str_eq(puts.items[0].text, styles[_i].without);
    puts_clear(&puts);
}
END_TEST

START_TEST(demonstration_is_graded_right_by_its_own_style) {
    Config config = style_config((size_t)_i);
    uint32_t split = 0;
    create_ok(&config);
    uint64_t count = open_ok("train", &split);
    for (uint64_t i = 0; i < count; i++) {
        Puts puts = {0}, demo = {0};
        get_problem(split, i, &puts);
        get_demonstration(split, i, 1, &demo);
        ck_assert_double_eq(
            grade_text(puts_text(&puts, EMEND_PROBLEM_REFERENCE), demo.items[0].text, false), 1);
        puts_clear(&puts);
        puts_clear(&demo);
    }
}
END_TEST

START_TEST(config_may_have_words_of_its_own) {
    Config config = style_config((size_t)_i);
    uint32_t split = 0;
    config.prompt = (char *)"Q: {problem}\nA {problems}:";
    config.instruction = (char *)"Look again. {problem}";
    create_ok(&config);
    open_ok("train", &split);
    assert_prompt(split, "Q: What is $1+1$?\nA {problems}:");
    assert_instruction(2, "Look again. {problem}");
    config.prompt = (char *)"{problem}";
    create_ok(&config);
    open_ok("train", &split);
    assert_prompt(split, "What is $1+1$?");
}
END_TEST

int main(void) {
    TCase *tcase = tcase_create("prompts");
    tcase_add_loop_test(tcase, style_asks_in_its_own_words, 0, N_STYLES);
    tcase_add_test(tcase, paper_is_the_style_where_none_is_named);
    tcase_add_loop_test(tcase, demonstration_ends_in_the_styles_form, 0, N_STYLES);
    tcase_add_loop_test(tcase, demonstration_is_graded_right_by_its_own_style, 0, N_STYLES);
    tcase_add_loop_test(tcase, config_may_have_words_of_its_own, 0, N_STYLES);
    return run_suite("math prompts", &tcase, 1);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "prompts.h"
#include "answers.h"

#include <string.h>

// What SCoRe's instruction says before it tells the form (arXiv 2409.12917, appendix C). Every
// style corrects with it.
#define CORRECTION                                                                                 \
    "There might be an error in the solution above because of lack of understanding of the "       \
    "question. Please correct the error, if any, and rewrite the solution. Only output the final " \
    "solution"

typedef struct Style {
    const char *before, *after; // of the problem
    const char *instruction;
    const char *answer_before, *answer_after; // of the answer, in the last line of a demonstration
    bool is_boxed;                            // a solution that has its box needs no such line
} Style;

static const Style styles[] = {
    [EMEND__TASKS__MATH__CONFIG__PROMPT_STYLE__PAPER] =
        {.before =
             "You are a math expert. When you respond, respond only with the Solution of the "
             "final Problem, thinking step by step. At the end of the Solution, when you give "
             "your final answer, write it in the form \"Final Answer: The final answer is "
             "$answer$. I hope it is correct.\"\n\nProblem:\n",
         .after = "",
         .instruction = CORRECTION
         "! At the end of the Solution, when you give your final answer, write it in the form "
         "\"Final Answer: The final answer is $answer$. I hope it is correct.\"",
         .answer_before = "Final Answer: The final answer is $",
         .answer_after = "$. I hope it is correct."},
    [EMEND__TASKS__MATH__CONFIG__PROMPT_STYLE__BOXED] =
        {.before = "Solve the problem, thinking step by step, and put the final answer in "
                   "\\boxed{}.\n\n",
         .after = "",
         .instruction = CORRECTION ", with the final answer in \\boxed{}.",
         .answer_before = "\\boxed{",
         .answer_after = "}",
         .is_boxed = true},
    // As on the model cards of Qwen2.5-Math and DeepSeek-R1.
    [EMEND__TASKS__MATH__CONFIG__PROMPT_STYLE__QWEN] =
        {.before = "",
         .after = "\nPlease reason step by step, and put your final answer within \\boxed{}.",
         .instruction = CORRECTION ". Please reason step by step, and put your final answer within "
                                   "\\boxed{}.",
         .answer_before = "\\boxed{",
         .answer_after = "}",
         .is_boxed = true},
    // openai/simple-evals, math_eval.py.
    [EMEND__TASKS__MATH__CONFIG__PROMPT_STYLE__ANSWER_LINE] =
        {.before = "Solve the following math problem step by step. The last line of your response "
                   "should be of the form Answer: $ANSWER (without quotes) where $ANSWER is the "
                   "answer to the problem.\n\n",
         .after =
             "\n\nRemember to put your answer on its own line after \"Answer:\", and you do not "
             "need to use a \\boxed command.",
         .instruction = CORRECTION ". The last line of your response should be of the form Answer: "
                                   "$ANSWER (without quotes) where $ANSWER is the answer to the "
                                   "problem.",
         .answer_before = "Answer: $",
         .answer_after = "$"},
    [EMEND__TASKS__MATH__CONFIG__PROMPT_STYLE__HASHES] =
        {.before = "",
         .after = "\n\nThink step by step. The last line must be \"#### \" and the final answer.",
         .instruction = CORRECTION ". The last line must be \"#### \" and the final answer.",
         .answer_before = "#### ",
         .answer_after = ""},
};

static const char hole[] = "{problem}";

// Splits a template of the user's at its hole.
static EmendStatus split_template(const char *text, Prompts *prompts, EmendError *err) {
    const char *at = strstr(text, hole);
    if (!at || strstr(at + 1, hole)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "prompt: has %s; it must have {problem} once, where the problem goes",
                          at ? "{problem} more than once" : "no {problem}");
    }
    prompts->before = (EmendStr){text, (uint64_t)(at - text)};
    prompts->after = emend_str(at + sizeof hole - 1);
    return EMEND_OK;
}

EmendStatus prompts_init(const Emend__Tasks__Math__Config *config, Prompts *out, EmendError *err) {
    if ((size_t)config->prompt_style >= sizeof styles / sizeof styles[0]) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "prompt_style: is %d; it must be one of the styles in config.proto",
                          (int)config->prompt_style);
    }
    const Style *style = &styles[config->prompt_style];
    *out =
        (Prompts){emend_str(style->before), emend_str(style->after),
                  emend_str(config->instruction ? config->instruction : style->instruction), style};
    return config->prompt ? split_template(config->prompt, out, err) : EMEND_OK;
}

static EmendStatus join(const EmendStr *parts, int n_parts, Text *out, EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (int i = 0; i < n_parts && status == EMEND_OK; i++) {
        status = text_add(out, parts[i], err);
    }
    return status;
}

EmendStatus prompts_ask(const Prompts *prompts, EmendStr problem, Text *out, EmendError *err) {
    EmendStr parts[] = {prompts->before, problem, prompts->after};
    return join(parts, 3, out, err);
}

EmendStr prompts_problem(const Prompts *prompts, EmendStr message) {
    EmendStr before = prompts->before, after = prompts->after;
    if (message.len == 0 || message.len < before.len + after.len ||
        memcmp(message.ptr, before.ptr, before.len) != 0 ||
        memcmp(message.ptr + message.len - after.len, after.ptr, after.len) != 0) {
        return message;
    }
    return (EmendStr){message.ptr + before.len, message.len - before.len - after.len};
}

EmendStatus prompts_demonstrate(const Prompts *prompts, const Row *row, Text *out,
                                EmendError *err) {
    const Style *style = prompts->style;
    EmendStr boxed;
    EmendStr parts[] = {row->solution, emend_str(row->solution.len > 0 ? "\n" : ""),
                        emend_str(style->answer_before), row->answer,
                        emend_str(style->answer_after)};
    bool is_whole = style->is_boxed && answer_in_box(row->solution, &boxed);
    return join(parts, is_whole ? 1 : 5, out, err);
}

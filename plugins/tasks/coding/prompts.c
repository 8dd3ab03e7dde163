/* SPDX-License-Identifier: Apache-2.0 */
#include "prompts.h"

#define CORRECTION                                                                                 \
    "There might be an error in the code above because of lack of understanding of the question. " \
    "Please correct the error, if any, and rewrite the solution. Only output the final correct "   \
    "Python program!"

EmendStr prompts_instruction(PromptStyle style) {
    return emend_str(style == STYLE_PAPER ? "# " CORRECTION : CORRECTION);
}

static EmendStatus add_all(Text *out, const EmendStr *parts, size_t n, EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < n && status == EMEND_OK; i++) {
        status = text_add(out, parts[i], err);
    }
    return status;
}

/* ---- MBPP ----------------------------------------------------------------------------------- */

// The words around a task, its tests, and a solution.
typedef struct Words {
    const char *before_text, *behind_text, *behind_tests, *before_code, *behind_code, *between;
} Words;

static const Words words[] = {
    // lm-evaluation-harness, mbpp.yaml
    [STYLE_PAPER] = {"You are an expert Python programmer, and here is your task: ",
                     " Your code should pass these tests:\n\n", "\n[BEGIN]\n", "", "\n[DONE]",
                     "\n\n"},
    // lm-evaluation-harness, mbpp_instruct.yaml
    [STYLE_CHAT] = {"You are an expert Python programmer, and here is your task:\n",
                    "\nYour code should pass these tests:\n", "", "\n```python\n", "\n```",
                    "\n\n"}};

static EmendStatus add_task(const Prompts *prompts, const Problem *problem, Text *out,
                            EmendError *err) {
    const Words *style = &words[prompts->style];
    EmendStr parts[] = {emend_str(style->before_text), problem->text,
                        emend_str(style->behind_text)};
    EmendStatus status = add_all(out, parts, 3, err);
    uint64_t n = prompts->n_shown > 0 && prompts->n_shown < problem->n_tests ? prompts->n_shown
                                                                             : problem->n_tests;
    for (uint64_t i = 0; i < n && status == EMEND_OK; i++) {
        status = text_add_c(out, i > 0 ? "\n" : "", err);
        status = status == EMEND_OK ? text_add(out, problem->tests[i], err) : status;
    }
    return status == EMEND_OK ? text_add_c(out, style->behind_tests, err) : status;
}

static EmendStatus ask_mbpp(const Prompts *prompts, const Problem *problem, Text *out,
                            EmendError *err) {
    const Words *style = &words[prompts->style];
    EmendStatus status = EMEND_OK;
    for (uint64_t i = 0; i < prompts->n_shots && status == EMEND_OK; i++) {
        EmendStr solved[] = {emend_str(style->before_code), prompts->shots[i]->published,
                             emend_str(style->behind_code), emend_str(style->between)};
        status = add_task(prompts, prompts->shots[i], out, err);
        status = status == EMEND_OK ? add_all(out, solved, 4, err) : status;
    }
    return status == EMEND_OK ? add_task(prompts, problem, out, err) : status;
}

/* ---- HumanEval ------------------------------------------------------------------------------ */

static EmendStatus ask_humaneval(const Prompts *prompts, const Problem *problem, Text *out,
                                 EmendError *err) {
    if (prompts->style == STYLE_PAPER) {
        return text_add(out, problem->text, err);
    }
    bool is_ended = problem->text.len > 0 && problem->text.ptr[problem->text.len - 1] == '\n';
    EmendStr parts[] = {emend_str("Write a solution to the following problem and make sure that it "
                                  "passes the tests:\n```python\n"),
                        problem->text, emend_str(is_ended ? "```" : "\n```")};
    return add_all(out, parts, 3, err);
}

/* ---- both ----------------------------------------------------------------------------------- */

EmendStatus prompts_ask(const Prompts *prompts, const Problem *problem, Text *out,
                        EmendError *err) {
    return problem->sort == PROBLEM_MBPP ? ask_mbpp(prompts, problem, out, err)
                                         : ask_humaneval(prompts, problem, out, err);
}

EmendStatus prompts_respond(const Prompts *prompts, const Problem *problem, EmendStr code,
                            Text *out, EmendError *err) {
    bool is_ended = code.len > 0 && code.ptr[code.len - 1] == '\n';
    bool is_marked = prompts->style == STYLE_PAPER && problem->sort == PROBLEM_MBPP;
    bool is_fenced = prompts->style == STYLE_CHAT;
    EmendStr parts[] = {emend_str(is_fenced ? "```python\n" : ""), code,
                        emend_str((is_fenced || is_marked) && !is_ended ? "\n" : ""),
                        emend_str(is_fenced   ? "```"
                                  : is_marked ? "[DONE]"
                                              : "")};
    return add_all(out, parts, 4, err);
}

EmendStatus prompts_demonstrate(const Prompts *prompts, const Problem *problem, uint32_t turn,
                                Text *out, EmendError *err) {
    // HumanEval's prompt is gone on with where it is asked, and written anew later.
    bool is_body = problem->sort == PROBLEM_HUMANEVAL && prompts->style == STYLE_PAPER && turn == 1;
    if (is_body || problem->sort == PROBLEM_MBPP) {
        return prompts_respond(prompts, problem, problem->solution, out, err);
    }
    Text program = {.host = out->host};
    EmendStatus status = problem_completed(problem, problem->solution, &program, err);
    if (status == EMEND_OK) {
        status = prompts_respond(prompts, problem, text_str(&program), out, err);
    }
    text_finish(&program);
    return status;
}

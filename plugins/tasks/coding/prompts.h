/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODING_PROMPTS_H
#define CODING_PROMPTS_H
/* What the model is asked, and how demonstrations answer. */
#include "problem.h"

typedef enum PromptStyle {
    STYLE_PAPER = 0, /* for base models: as SCoRe and the papers before it asked */
    STYLE_CHAT = 1   /* for chat models, which answer in a fenced block */
} PromptStyle;

enum { MAX_SHOTS = 3 };

typedef struct Prompts {
    PromptStyle style;
    EmendStr instruction;            /* before the second and each later attempt */
    const Problem *shots[MAX_SHOTS]; /* MBPP: solved before the one that is asked */
    uint64_t n_shots;
    uint64_t n_shown; /* MBPP: tests shown; 0: all but the challenge tests */
} Prompts;

/* The style's own instruction: SCoRe's (arXiv 2409.12917, appendix C), whose printed form begins
 * with a `# `, which CHAT leaves out. */
EmendStr prompts_instruction(PromptStyle style);

/* Adds the first turn's message.
 *
 * HumanEval, PAPER  the prompt as published, and nothing else
 * HumanEval, CHAT   "Write a solution to the following problem and make sure that it passes the
 *                   tests:", and the prompt in a fenced block
 * MBPP, PAPER       the three-shot prompt of Austin et al. (arXiv 2108.07732), as
 *                   lm-evaluation-harness has it in `mbpp`, to the byte: the shots with the line
 *                   ends they were published with
 * MBPP, CHAT        the same words over several lines, as in its `mbpp_instruct` */
EmendStatus prompts_ask(const Prompts *prompts, const Problem *problem, Text *out, EmendError *err);
/* Adds a program, or a body, as a response in the style's form. */
EmendStatus prompts_respond(const Prompts *prompts, const Problem *problem, EmendStr code,
                            Text *out, EmendError *err);
/* Adds the published solution as a response in the style's form. */
EmendStatus prompts_demonstrate(const Prompts *prompts, const Problem *problem, uint32_t turn,
                                Text *out, EmendError *err);

#endif

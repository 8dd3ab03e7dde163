/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MATH_PROMPTS_H
#define MATH_PROMPTS_H
/* What a model is asked, and how its answers are shown to it. */
#include "config.pb-c.h"
#include "row.h"

typedef struct Prompts {
    EmendStr before, after; /* of the problem, in the first message */
    EmendStr instruction;   /* the message before each later attempt */
    const struct Style *style;
} Prompts;

/* Takes the texts from a config, which must outlive *out. A config that cannot ask is refused. */
EmendStatus prompts_init(const Emend__Tasks__Math__Config *config, Prompts *out, EmendError *err);

/* Appends the first message for a problem. */
EmendStatus prompts_ask(const Prompts *prompts, EmendStr problem, Text *out, EmendError *err);
/* The problem in a first message; the whole message where it is not of this form. */
EmendStr prompts_problem(const Prompts *prompts, EmendStr message);
/* Appends a row's solution, which ends with the answer in the style's form. */
EmendStatus prompts_demonstrate(const Prompts *prompts, const Row *row, Text *out, EmendError *err);

#endif

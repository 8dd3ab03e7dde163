/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODING_EXTRACT_H
#define CODING_EXTRACT_H
/* The code in a response: what a chat model writes among prose and fences, or what a base model
 * writes on from its prompt. */
#include "texts.h"

typedef struct ExtractRules {
    const EmendStr *names; /* what the code should define */
    uint64_t n_names;
    bool is_body_asked; /* the prompt ends in a function's head, so that a body alone will do */
} ExtractRules;

/* Adds the code to *out, or nothing where there is none. What is looked at, in this order:
 *
 *  - behind the last </think>, and up to a special token left in the text, such as <|im_end|>;
 *  - between [BEGIN] and [DONE], of which either may be missing;
 *  - fences (``` or ~~~, perhaps never closed): the last block that defines a name; where none
 *    does, of those called Python, then of those called nothing, then of all, the last whose first
 *    line is indented, if a body is asked for, and otherwise the first;
 *  - without fences, where a body is asked for and the text begins indented, the lines of that
 * body, up to one that Codex's stop sequences begin (class, def, #, if, print at the left margin);
 *  - the lines from the first that reads as code to the first that does not, where they define a
 *    name; else, where a body is asked for, a body that lost its indentation;
 *  - else those lines of code, and else everything.
 *
 * CRLF becomes LF. */
EmendStatus extract_code(EmendStr response, const ExtractRules *rules, Text *out, EmendError *err);

/* Whether there are fences or marks to be taken off, as there are not in the completions of the
 * original harness, which are code alone. */
bool extract_is_needed(EmendStr completion);

#endif

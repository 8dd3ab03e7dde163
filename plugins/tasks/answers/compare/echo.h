/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_ECHO_H
#define ANSWERS_ECHO_H
/* Answers that only repeat the problem. */
#include "compare/compare.h"

/* Whether the answer is an expression of the problem's formulas, in whatever order its terms and
 * factors stand, that the reference does not have in that form: `2^{10}` where that was to be
 * computed,
 * `(x+2)^2` where it was to be expanded. Numbers and names alone repeat nothing. In a problem
 * without formulas the text of the answer is looked for instead. */
bool echo_is_of_problem(Comparison *comparison, EmendStr problem, const Node *reference,
                        EmendStr answer, const Node *answer_tree);

/* Whether gcd, lcm, max, min, mod, floor or ceiling of numbers was left to be worked out. */
bool echo_is_the_question(const Node *answer);

#endif

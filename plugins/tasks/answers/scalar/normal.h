/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_NORMAL_H
#define ANSWERS_NORMAL_H
/* Algebraic normal forms: quotients of polynomials with rational coefficients in atoms, which are
 * symbols, pi, e, i, powers of primes and of e, roots, and calls keyed by the normal forms of their
 * arguments. What comes out as equal is equal wherever both sides are defined; what does not is not
 * known. Forms are bounded in size: larger ones are not known either, and set no problem. */
#include "scalar/survey.h"

bool normal_is_equal(Work *work, const Survey *survey, const Node *a, const Node *b);

typedef enum NormalAnswer { NORMAL_NO, NORMAL_YES, NORMAL_UNKNOWN } NormalAnswer;

/* Whether a and b, or their numerators alone, are the same up to a constant other than 0.
 * NORMAL_NO: they are made of symbols, radicals and pi only, and are not. */
NormalAnswer normal_proportional(Work *work, const Survey *survey, const Node *a, const Node *b,
                                 bool is_of_numerators);

#endif

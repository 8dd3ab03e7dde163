/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_SCALAR_H
#define ANSWERS_SCALAR_H
/* Whether two scalar trees stand for the same number, or the same function of their symbols.
 *
 * In this order, each only where the one before does not decide: exact rational arithmetic; doubles
 * with a bound for their error, which prove a difference; for rational functions, evaluation modulo
 * large primes at random points (Schwartz-Zippel), which decides both ways; interval arithmetic,
 * which proves a difference; the algebraic normal form, a quotient of polynomials over the
 * rationals in independent radicals, pi, e, i and the symbols, which proves equality; and last,
 * agreement to 300 digits, or more where the trees are made of more: of functions, in every cell
 * between the places where they may turn into others (walls.h), or not at all. Points are drawn
 * from a seed that is made of both trees.
 *
 * Conventions: powers and logarithms take their principal values, but an odd root of a negative
 * real number is the real one, and so is its power p/q with q odd. Functions of symbols are
 * compared at real points, where both have real values; where there are no such points, at the
 * complex values. Factorials, binomials and gcd of symbols, and powers of negative numbers, are
 * compared at natural numbers; of these, what one tree alone takes for natural must be needed.
 * Equal factorials, binomials, floors and remainders of symbols are so by their normal forms only.
 * 0^0 is 1. Infinity is no number: a tree that contains NODE_INFINITY anywhere is equal only where
 * both are the same tree. */
#include "tree.h"

typedef enum ScalarVerdict {
    SCALAR_DIFFERENT = 0,
    SCALAR_EQUAL = 1,
    SCALAR_UNDECIDED =
        2 /* work->problem says why where a bound was reached; else it is not known */
} ScalarVerdict;

ScalarVerdict scalar_compare(Work *work, const Node *a, const Node *b);

/* The exact value of a tree without symbols, made of rational operations (and roots, factorials,
 * binomials, floors .. that come out rational). False where it has none or it is too large; value
 * is then untouched. Division by zero is false. Does not set work->problem. */
bool scalar_rational(Work *work, const Node *node, mpq_ptr value);

/* -1, 0 or 1 as a is less than, equal to or greater than b; 2 where that cannot be told (symbols,
 * no real value, not proved). NODE_INFINITY and its negative are allowed, beyond every number. */
int scalar_order(Work *work, const Node *a, const Node *b);

/* Whether a = k b for one number k other than 0 (is_positive: above 0), whatever the symbols are:
 * for equations and inequalities, of which a and b are left side minus right. For rational
 * functions the numerators alone are compared where is_positive is false: 1/x - y is x y - 1. Two
 * trees that are both 0 are UNDECIDED. */
ScalarVerdict scalar_proportional(Work *work, const Node *a, const Node *b, bool is_positive);

/* Whether the value of a tree without symbols, rounded to n_decimals digits behind the point (half
 * away from zero), is `decimal`. False where it has no real value. */
bool scalar_rounds_to(Work *work, const Node *node, mpq_srcptr decimal, uint32_t n_decimals);

#endif

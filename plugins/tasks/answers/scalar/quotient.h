/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_QUOTIENT_H
#define ANSWERS_QUOTIENT_H
/* Arithmetic on quotients of polynomials. What is given to a function may be used again; what it
 * returns may share terms with it, so that terms are freed by algebra_finish() only. */
#include "scalar/polynomial.h"

Quotient quotient_integer(Algebra *algebra, long value);
Quotient quotient_number(Algebra *algebra, mpq_srcptr value);
Quotient quotient_of_atom(Algebra *algebra, const Atom *atom, long exponent);
/* A call that has no other form. Up to ATOM_ARGUMENTS arguments. */
Quotient quotient_of_call(Algebra *algebra, Function function, const Quotient *arguments,
                          uint32_t n);
Quotient quotient_add(Algebra *algebra, Quotient a, Quotient b);
Quotient quotient_multiply(Algebra *algebra, Quotient a, Quotient b);
Quotient quotient_divide(Algebra *algebra, Quotient a, Quotient b);
Quotient quotient_negative(Algebra *algebra, Quotient a);
Quotient quotient_scale(Algebra *algebra, Quotient a, mpq_srcptr factor);
Quotient quotient_raise(Algebra *algebra, Quotient a, long exponent);

/* Whether it is a rational number; *value borrowed, NULL for 0. */
bool quotient_is_number(Quotient a, mpq_srcptr *value);
/* Whether the denominator is 1. */
bool quotient_is_polynomial(Quotient a);
/* Whether a polynomial is 0 by the relations of its atoms. False: not known. */
bool polynomial_is_zero(Algebra *algebra, Polynomial polynomial);

#endif

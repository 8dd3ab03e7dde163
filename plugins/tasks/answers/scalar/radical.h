/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_RADICAL_H
#define ANSWERS_RADICAL_H
/* Roots and powers of normal forms, by the conventions of scalar.h. */
#include "scalar/quotient.h"

/* base ^ exponent, for a rational exponent. */
Quotient radical_power(Algebra *algebra, Quotient base, mpq_srcptr exponent);
/* base ^ exponent for any. */
Quotient radical_general_power(Algebra *algebra, Quotient base, Quotient exponent);
/* e ^ exponent */
Quotient radical_exponential(Algebra *algebra, Quotient exponent);
/* e ^ (i pi turn) */
Quotient radical_turn(Algebra *algebra, mpq_srcptr turn);
/* cos(twelfths pi / 12) */
Quotient radical_cosine(Algebra *algebra, long twelfths);
/* The root of a prime, or of any natural number: n ^ (1/2). */
Quotient radical_square_root(Algebra *algebra, unsigned long n);

Quotient radical_i(Algebra *algebra);
/* Splits a positive rational number into primes and their exponents; what has large factors is not
 * split in full. Returns their number, 0 where it is too large. */
enum { RADICAL_PRIMES = 16 };
uint32_t radical_split(Algebra *algebra, mpq_srcptr number, unsigned long *primes, long *exponents);
/* The positive rational content of a numerator: what is left has coprime integer coefficients. */
void radical_content(const Term *polynomial, mpq_ptr content);
/* Whether an atom is a real number above 0, or 0 at special places, whatever the symbols are. */
bool radical_is_positive(const Atom *atom);

#endif

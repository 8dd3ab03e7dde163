/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_STEP_H
#define ANSWERS_STEP_H
/* Normal forms of functions that change at integers, or are for them: floors, factorials,
 * binomials. What comes out as equal is equal wherever both sides are defined. */
#include "scalar/quotient.h"

Quotient step_floor(Algebra *algebra, Quotient argument);
Quotient step_factorial(Algebra *algebra, Quotient argument);
/* n over k */
Quotient step_binomial(Algebra *algebra, Quotient n, Quotient k);

#endif

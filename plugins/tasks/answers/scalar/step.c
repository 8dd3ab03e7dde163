/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/step.h"

#include <stdlib.h>

enum { MAX_FACTORS = 12 };

// Splits an integer off a sum, so that what is left has a constant from 0 to below 1. False: it is
// too large.
static bool split_integer(Algebra *algebra, Quotient *argument, long *whole) {
    const Term *term = argument->above;
    while (term && term->n_factors > 0) {
        term = term->next;
    }
    *whole = 0;
    if (!term || !quotient_is_polynomial(*argument)) {
        return true;
    }
    mpz_t floor;
    mpz_init(floor);
    mpz_fdiv_q(floor, mpq_numref(term->coefficient), mpq_denref(term->coefficient));
    bool is_small = mpz_fits_sint_p(floor);
    *whole = is_small ? mpz_get_si(floor) : 0;
    mpz_clear(floor);
    *argument = quotient_add(algebra, *argument, quotient_integer(algebra, -*whole));
    return is_small;
}

// floor(u + n) = floor(u) + n
Quotient step_floor(Algebra *algebra, Quotient argument) {
    long whole = 0;
    if (!split_integer(algebra, &argument, &whole)) {
        algebra_give_up(algebra);
    }
    return quotient_add(algebra, quotient_of_call(algebra, FN_FLOOR, &argument, 1),
                        quotient_integer(algebra, whole));
}

// (u + n)! = u! (u + 1) .. (u + n)
Quotient step_factorial(Algebra *algebra, Quotient argument) {
    Quotient rest = argument;
    long whole = 0;
    if (!split_integer(algebra, &rest, &whole) || labs(whole) > MAX_FACTORS) {
        return quotient_of_call(algebra, FN_FACTORIAL, &argument, 1);
    }
    if (!rest.above) {
        mpq_t number;
        mpq_init(number);
        mpz_fac_ui(mpq_numref(number), (unsigned long)labs(whole));
        Quotient value = quotient_number(algebra, number);
        mpq_clear(number);
        return whole < 0 ? quotient_of_call(algebra, FN_FACTORIAL, &argument, 1) : value;
    }
    Quotient value = quotient_of_call(algebra, FN_FACTORIAL, &rest, 1);
    for (long i = whole < 0 ? whole + 1 : 1; i <= (whole < 0 ? 0 : whole); i++) {
        Quotient factor = quotient_add(algebra, rest, quotient_integer(algebra, i));
        value = whole < 0 ? quotient_divide(algebra, value, factor)
                          : quotient_multiply(algebra, value, factor);
    }
    return value;
}

// n (n - 1) .. (n - k + 1) / k!, or in factorials.
Quotient step_binomial(Algebra *algebra, Quotient n, Quotient k) {
    mpq_srcptr number = NULL;
    if (!quotient_is_number(k, &number)) {
        Quotient rest = quotient_add(algebra, n, quotient_negative(algebra, k));
        Quotient value =
            quotient_divide(algebra, step_factorial(algebra, n), step_factorial(algebra, k));
        return quotient_divide(algebra, value, step_factorial(algebra, rest));
    }
    if (number && (mpz_cmp_ui(mpq_denref(number), 1) != 0 || mpq_sgn(number) < 0 ||
                   mpq_cmp_ui(number, MAX_FACTORS, 1) > 0)) {
        Quotient arguments[] = {n, k};
        return quotient_of_call(algebra, FN_BINOMIAL, arguments, 2);
    }
    long n_factors = number ? mpz_get_si(mpq_numref(number)) : 0;
    Quotient value = quotient_integer(algebra, 1);
    for (long i = 0; i < n_factors; i++) {
        Quotient factor = quotient_add(algebra, n, quotient_integer(algebra, -i));
        value = quotient_multiply(algebra, value, factor);
        value = quotient_divide(algebra, value, quotient_integer(algebra, i + 1));
    }
    return value;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/quotient.h"

#include <stdlib.h>

enum { MAX_POWER = 64, MAX_SPREAD = 16 };

Quotient quotient_integer(Algebra *algebra, long value) {
    return (Quotient){polynomial_integer(algebra, value), polynomial_integer(algebra, 1)};
}

Quotient quotient_number(Algebra *algebra, mpq_srcptr value) {
    return (Quotient){polynomial_constant(algebra, value), polynomial_integer(algebra, 1)};
}

bool quotient_is_polynomial(Quotient a) {
    mpq_srcptr number = polynomial_number(a.below);
    return number && mpq_cmp_ui(number, 1, 1) == 0;
}

bool quotient_is_number(Quotient a, mpq_srcptr *value) {
    *value = polynomial_number(a.above);
    return quotient_is_polynomial(a) && (*value || !a.above);
}

// Denominators have more than one term and begin with the coefficient 1, or are 1.
static Quotient make(Algebra *algebra, Polynomial above, Polynomial below) {
    if (!below || algebra->is_full) {
        algebra_give_up(algebra);
        return (Quotient){NULL, NULL};
    }
    if (!below->next) {
        Polynomial inverse = polynomial_raise(algebra, below, -1);
        return (Quotient){polynomial_multiply(algebra, above, inverse),
                          polynomial_integer(algebra, 1)};
    }
    if (polynomial_is_same(above, below)) {
        return quotient_integer(algebra, 1);
    }
    mpq_t factor;
    mpq_init(factor);
    mpq_inv(factor, below->coefficient);
    Quotient made = {polynomial_copy(algebra, above), polynomial_copy(algebra, below)};
    polynomial_scale(algebra, made.above, factor);
    polynomial_scale(algebra, made.below, factor);
    mpq_clear(factor);
    return made;
}

Quotient quotient_of_atom(Algebra *algebra, const Atom *atom, long exponent) {
    uint32_t index = algebra_atom(algebra, atom);
    if (algebra->is_full) {
        return (Quotient){NULL, NULL};
    }
    return (Quotient){polynomial_power_of_atom(algebra, index, exponent),
                      polynomial_integer(algebra, 1)};
}

Quotient quotient_of_call(Algebra *algebra, Function function, const Quotient *arguments,
                          uint32_t n) {
    Atom atom = {.kind = ATOM_CALL, .function = function, .n_arguments = n};
    if (n > ATOM_ARGUMENTS) {
        algebra_give_up(algebra);
        return arguments[0];
    }
    for (uint32_t i = 0; i < n; i++) {
        atom.arguments[i] = arguments[i];
    }
    return quotient_of_atom(algebra, &atom, 1);
}

Quotient quotient_add(Algebra *algebra, Quotient a, Quotient b) {
    if (polynomial_is_same(a.below, b.below)) {
        Polynomial sum = polynomial_add(algebra, a.above, b.above);
        return quotient_is_polynomial(a) ? (Quotient){sum, a.below} : make(algebra, sum, a.below);
    }
    Polynomial left = polynomial_multiply(algebra, a.above, b.below);
    Polynomial right = polynomial_multiply(algebra, b.above, a.below);
    return make(algebra, polynomial_add(algebra, left, right),
                polynomial_multiply(algebra, a.below, b.below));
}

Quotient quotient_multiply(Algebra *algebra, Quotient a, Quotient b) {
    bool is_polynomial = quotient_is_polynomial(a);
    if (is_polynomial && quotient_is_polynomial(b)) {
        return (Quotient){polynomial_multiply(algebra, a.above, b.above), a.below};
    }
    if (!is_polynomial && polynomial_is_same(a.below, b.above)) {
        return (Quotient){a.above, b.below};
    }
    if (!quotient_is_polynomial(b) && polynomial_is_same(b.below, a.above)) {
        return (Quotient){b.above, a.below};
    }
    return make(algebra, polynomial_multiply(algebra, a.above, b.above),
                polynomial_multiply(algebra, a.below, b.below));
}

Quotient quotient_divide(Algebra *algebra, Quotient a, Quotient b) {
    return quotient_multiply(algebra, a, make(algebra, b.below, b.above));
}

Quotient quotient_scale(Algebra *algebra, Quotient a, mpq_srcptr factor) {
    if (mpq_sgn(factor) == 0) {
        return quotient_integer(algebra, 0);
    }
    Quotient scaled = {polynomial_copy(algebra, a.above), a.below};
    polynomial_scale(algebra, scaled.above, factor);
    return scaled;
}

Quotient quotient_negative(Algebra *algebra, Quotient a) {
    mpq_t factor;
    mpq_init(factor);
    mpq_set_si(factor, -1, 1);
    Quotient negative = quotient_scale(algebra, a, factor);
    mpq_clear(factor);
    return negative;
}

Quotient quotient_raise(Algebra *algebra, Quotient a, long exponent) {
    if (exponent < 0) {
        a = make(algebra, a.below, a.above);
        exponent = -exponent;
    }
    bool is_monomial = a.above && !a.above->next && quotient_is_polynomial(a);
    if (algebra->is_full || (!is_monomial && exponent > MAX_POWER)) {
        algebra_give_up(algebra);
        return (Quotient){NULL, NULL};
    }
    Quotient power = {polynomial_raise(algebra, a.above, exponent), a.below};
    if (!quotient_is_polynomial(a)) {
        power = make(algebra, power.above, polynomial_raise(algebra, a.below, exponent));
    }
    return power;
}

static long floor_divided(long a, long b) {
    return a / b - (a % b < 0);
}

// The least and the greatest multiple of the period in the exponents of an atom.
static void measure(const Term *polynomial, uint32_t atom, long period, long *least,
                    long *greatest) {
    *least = *greatest = 0;
    for (bool is_first = true; polynomial; polynomial = polynomial->next, is_first = false) {
        long exponent = 0;
        for (uint32_t i = 0; i < polynomial->n_factors; i++) {
            if (polynomial->factors[i].atom == atom) {
                exponent = polynomial->factors[i].exponent;
            }
        }
        long n_periods = floor_divided(exponent, period);
        *least = is_first || n_periods < *least ? n_periods : *least;
        *greatest = is_first || n_periods > *greatest ? n_periods : *greatest;
    }
}

// Replaces atom^period by its value, an above / below, and multiplies by powers of these that make
// it a polynomial again. They are not 0 where the terms that need it are defined.
static Polynomial replace(Algebra *algebra, Polynomial polynomial, uint32_t index) {
    const Atom *atom = &algebra->atoms[index];
    Quotient value = atom->arguments[atom->n_arguments - 1];
    long period = (long)atom->number, least = 0, greatest = 0;
    measure(polynomial, index, period, &least, &greatest);
    if (least == 0 && greatest == 0) {
        return polynomial;
    }
    if (greatest - least > MAX_SPREAD) {
        return algebra_give_up(algebra);
    }
    Polynomial replaced = NULL;
    for (const Term *term = polynomial; term && !algebra->is_full; term = term->next) {
        long exponent = 0;
        Polynomial rest = polynomial_without(algebra, term, index, &exponent);
        long n_periods = floor_divided(exponent, period);
        Polynomial factor =
            polynomial_multiply(algebra, polynomial_raise(algebra, value.above, n_periods - least),
                                polynomial_raise(algebra, value.below, greatest - n_periods));
        factor = polynomial_multiply(
            algebra, factor,
            polynomial_power_of_atom(algebra, index, exponent - n_periods * period));
        replaced = polynomial_add(algebra, replaced, polynomial_multiply(algebra, rest, factor));
    }
    return replaced;
}

// The value of an atom is made of atoms before it, so that one pass from the last one on is enough.
bool polynomial_is_zero(Algebra *algebra, Polynomial polynomial) {
    for (uint32_t i = algebra->n_atoms; i-- > 0 && polynomial && !algebra->is_full;) {
        if (algebra->atoms[i].kind == ATOM_ROOT) {
            polynomial = replace(algebra, polynomial, i);
        }
    }
    return !algebra->is_full && !polynomial;
}

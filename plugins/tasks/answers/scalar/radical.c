/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/radical.h"

#include <stdlib.h>

enum { LARGEST_TRIAL = 1000, MAX_EXPONENT = 1 << 24, MAX_INTEGER_POWER = 1 << 20 };

// Splits off a perfect power: number = root ^ *exponent.
static void find_root(mpz_ptr number, unsigned long *exponent) {
    static const unsigned long indices[] = {2, 3, 5, 7};
    mpz_t root;
    mpz_init(root);
    for (uint32_t i = 0; i < sizeof indices / sizeof *indices; i++) {
        while (mpz_cmp_ui(number, 1) > 0 && mpz_root(root, number, indices[i])) {
            mpz_swap(number, root);
            *exponent *= indices[i];
        }
    }
    mpz_clear(root);
}

static bool add_prime(unsigned long prime, long exponent, uint32_t *n, unsigned long *primes,
                      long *exponents) {
    if (*n == RADICAL_PRIMES) {
        return false;
    }
    primes[*n] = prime;
    exponents[(*n)++] = exponent;
    return true;
}

// Splits an integer, which is used up. sign: of the exponents.
static bool split(mpz_ptr number, long sign, uint32_t *n, unsigned long *primes, long *exponents) {
    for (unsigned long prime = 2; prime < LARGEST_TRIAL; prime += prime == 2 ? 1 : 2) {
        if (mpz_cmp_ui(number, prime * prime) < 0) {
            break;
        }
        long exponent = 0;
        while (mpz_divisible_ui_p(number, prime)) {
            mpz_divexact_ui(number, number, prime);
            exponent++;
        }
        if (exponent > 0 && !add_prime(prime, sign * exponent, n, primes, exponents)) {
            return false;
        }
    }
    if (mpz_cmp_ui(number, 1) == 0) {
        return true;
    }
    unsigned long exponent = 1;
    find_root(number, &exponent);
    return mpz_fits_ulong_p(number) &&
           add_prime(mpz_get_ui(number), sign * (long)exponent, n, primes, exponents);
}

uint32_t radical_split(Algebra *algebra, mpq_srcptr number, unsigned long *primes,
                       long *exponents) {
    uint32_t n = 0;
    mpz_t rest;
    mpz_init_set(rest, mpq_numref(number));
    algebra_spend(algebra, 400 + 2000 * mpz_size(rest) + 2000 * mpz_size(mpq_denref(number)));
    bool is_split = split(rest, 1, &n, primes, exponents);
    mpz_set(rest, mpq_denref(number));
    is_split = is_split && split(rest, -1, &n, primes, exponents);
    mpz_clear(rest);
    return is_split ? n : 0;
}

void radical_content(const Term *polynomial, mpq_ptr content) {
    mpq_set_ui(content, 0, 1);
    for (; polynomial; polynomial = polynomial->next) {
        mpz_gcd(mpq_numref(content), mpq_numref(content), mpq_numref(polynomial->coefficient));
        mpz_lcm(mpq_denref(content), mpq_denref(content), mpq_denref(polynomial->coefficient));
    }
}

static bool is_one(Quotient quotient) {
    mpq_srcptr number = NULL;
    return quotient_is_number(quotient, &number) && number && mpq_cmp_ui(number, 1, 1) == 0;
}

bool radical_is_positive(const Atom *atom) {
    return atom->kind == ATOM_PI || atom->kind == ATOM_PRIME ||
           (atom->kind == ATOM_POWER && is_one(atom->arguments[0])) ||
           (atom->kind == ATOM_CALL && atom->function == FN_ABS);
}

// product *= atom ^ units. False: that is no whole number, or too large a one.
static bool multiply_power(Algebra *algebra, Quotient *product, const Atom *atom,
                           mpq_srcptr units) {
    if (mpz_cmp_ui(mpq_denref(units), 1) != 0 ||
        mpz_cmpabs_ui(mpq_numref(units), MAX_EXPONENT) > 0) {
        return false;
    }
    Quotient power = quotient_of_atom(algebra, atom, mpz_get_si(mpq_numref(units)));
    *product = quotient_multiply(algebra, *product, power);
    return !algebra->is_full;
}

// product *= number ^ exponent for a rational number > 0. False: product is of no use.
static bool multiply_root(Algebra *algebra, Quotient *product, mpq_srcptr number,
                          mpq_srcptr exponent) {
    unsigned long primes[RADICAL_PRIMES];
    long exponents[RADICAL_PRIMES];
    uint32_t n = radical_split(algebra, number, primes, exponents);
    bool is_done = n > 0 || mpq_cmp_ui(number, 1, 1) == 0;
    mpq_t units;
    mpq_init(units);
    for (uint32_t i = 0; i < n && is_done; i++) {
        Atom atom = {.kind = ATOM_PRIME, .number = primes[i]};
        mpq_set_si(units, exponents[i] * EXPONENT_UNIT, 1);
        mpq_mul(units, units, exponent);
        is_done = multiply_power(algebra, product, &atom, units);
    }
    mpq_clear(units);
    return is_done;
}

// Whether all factors of a polynomial of one term are positive numbers.
static bool is_positive_term(const Algebra *algebra, const Term *term) {
    if (!term || term->next) {
        return false;
    }
    for (uint32_t i = 0; i < term->n_factors; i++) {
        if (!radical_is_positive(&algebra->atoms[term->factors[i].atom])) {
            return false;
        }
    }
    return true;
}

// product *= (the factors of the term, which are positive) ^ exponent
static bool multiply_factors(Algebra *algebra, Quotient *product, const Term *term,
                             mpq_srcptr exponent) {
    bool is_done = true;
    mpq_t units;
    mpq_init(units);
    for (uint32_t i = 0; i < term->n_factors && is_done; i++) {
        Atom atom = algebra->atoms[term->factors[i].atom];
        mpq_set_si(units, term->factors[i].exponent, 1);
        mpq_mul(units, units, exponent);
        is_done = multiply_power(algebra, product, &atom, units);
    }
    mpq_clear(units);
    return is_done;
}

Quotient radical_turn(Algebra *algebra, mpq_srcptr turn) {
    Quotient turned = quotient_integer(algebra, 1);
    Atom atom = {.kind = ATOM_TURN};
    mpq_t units;
    mpq_init(units);
    mpq_set_si(units, EXPONENT_UNIT, 1);
    mpq_mul(units, units, turn);
    bool is_done = multiply_power(algebra, &turned, &atom, units);
    mpq_clear(units);
    if (!is_done) {
        algebra_give_up(algebra);
    }
    return turned;
}

Quotient radical_i(Algebra *algebra) {
    Atom atom = {.kind = ATOM_TURN};
    return quotient_of_atom(algebra, &atom, EXPONENT_UNIT / 2);
}

static Quotient root_atom(Algebra *algebra, Quotient base, mpq_srcptr exponent) {
    if (!mpz_fits_slong_p(mpq_numref(exponent)) ||
        mpz_cmp_ui(mpq_denref(exponent), MAX_EXPONENT) > 0) {
        algebra_give_up(algebra);
        return base;
    }
    Atom atom = {.kind = ATOM_ROOT,
                 .number = mpz_get_ui(mpq_denref(exponent)),
                 .n_arguments = 1,
                 .arguments = {base}};
    return quotient_of_atom(algebra, &atom, mpz_get_si(mpq_numref(exponent)));
}

// What (-1)^exponent is worth.
static Quotient power_of_minus_one(Algebra *algebra, mpq_srcptr exponent) {
    if (mpz_even_p(mpq_denref(exponent))) {
        return radical_turn(algebra, exponent);
    }
    return quotient_integer(algebra, mpz_odd_p(mpq_numref(exponent)) ? -1 : 1);
}

// Whether a term has real values wherever symbols are real: a symbol, a cosine or sine of them.
static bool is_real_atom(const Algebra *algebra, const Atom *atom) {
    bool is_circular = (atom->kind == ATOM_CALL && atom->function == FN_COS) ||
                       (atom->kind == ATOM_ROOT && atom->function == FN_SIN);
    if (!is_circular || !quotient_is_polynomial(atom->arguments[0])) {
        return atom->kind == ATOM_NAME;
    }
    for (const Term *term = atom->arguments[0].above; term; term = term->next) {
        for (uint32_t i = 0; i < term->n_factors; i++) {
            AtomKind kind = algebra->atoms[term->factors[i].atom].kind;
            if (kind != ATOM_NAME && kind != ATOM_PI) {
                return false;
            }
        }
    }
    return true;
}

// Takes the squares of real factors out of the root of one term: (x^2 z)^r = |x|^{2r} z^r.
static Quotient take_sizes(Algebra *algebra, Quotient *product, Quotient base,
                           mpq_srcptr exponent) {
    const Term *term = base.above;
    if (!term || term->next || !quotient_is_polynomial(base)) {
        return base;
    }
    Quotient rest = base;
    mpq_t units;
    mpq_init(units);
    for (uint32_t i = 0; i < term->n_factors && !algebra->is_full; i++) {
        Atom atom = algebra->atoms[term->factors[i].atom];
        long n = term->factors[i].exponent - term->factors[i].exponent % 2;
        mpq_set_si(units, n, 1);
        mpq_mul(units, units, exponent);
        if (n == 0 || mpz_cmp_ui(mpq_denref(units), 1) != 0 || !is_real_atom(algebra, &atom)) {
            continue;
        }
        Quotient one = quotient_of_atom(algebra, &atom, 1);
        Atom size = {.kind = ATOM_CALL, .function = FN_ABS, .n_arguments = 1, .arguments = {one}};
        multiply_power(algebra, product, &size, units);
        rest = quotient_multiply(algebra, rest, quotient_of_atom(algebra, &atom, -n));
    }
    mpq_clear(units);
    return rest;
}

// A fraction as exponent. A positive rational factor may be taken out of any root: (c z)^r = c^r
// z^r.
static Quotient take_root(Algebra *algebra, Quotient base, mpq_srcptr exponent) {
    if (mpz_cmp_ui(mpq_denref(exponent), EXPONENT_UNIT) > 0 ||
        EXPONENT_UNIT % mpz_get_ui(mpq_denref(exponent)) != 0) {
        return root_atom(algebra, base, exponent);
    }
    mpq_t content, inverse;
    mpq_inits(content, inverse, NULL);
    radical_content(base.above, content);
    mpq_inv(inverse, content);
    Quotient product = quotient_integer(algebra, 1), rest = base;
    if (multiply_root(algebra, &product, content, exponent)) {
        rest = quotient_scale(algebra, base, inverse);
    } else {
        product = quotient_integer(algebra, 1);
    }
    mpq_clears(content, inverse, NULL);
    if (is_positive_term(algebra, rest.above) && quotient_is_polynomial(rest) &&
        mpz_cmpabs_ui(mpq_numref(rest.above->coefficient), 1) == 0) {
        Quotient with = product;
        if (multiply_factors(algebra, &with, rest.above, exponent)) {
            return mpq_sgn(rest.above->coefficient) > 0
                       ? with
                       : quotient_multiply(algebra, with, power_of_minus_one(algebra, exponent));
        }
    }
    rest = take_sizes(algebra, &product, rest, exponent);
    return quotient_multiply(algebra, product, root_atom(algebra, rest, exponent));
}

Quotient radical_power(Algebra *algebra, Quotient base, mpq_srcptr exponent) {
    if (mpq_sgn(exponent) == 0) {
        return quotient_integer(algebra, 1);
    }
    if (!base.above || algebra->is_full) {
        if (mpq_sgn(exponent) < 0) {
            algebra_give_up(algebra);
        }
        return base;
    }
    if (mpz_cmp_ui(mpq_denref(exponent), 1) != 0) {
        return take_root(algebra, base, exponent);
    }
    if (mpz_cmpabs_ui(mpq_numref(exponent), MAX_INTEGER_POWER) > 0) {
        algebra_give_up(algebra);
        return base;
    }
    return quotient_raise(algebra, base, mpz_get_si(mpq_numref(exponent)));
}

// Whether a term is i pi, but for its coefficient.
static bool is_turn(const Algebra *algebra, const Term *term) {
    bool has_pi = false, has_i = false;
    for (uint32_t i = 0; i < term->n_factors; i++) {
        const Atom *atom = &algebra->atoms[term->factors[i].atom];
        has_pi |= atom->kind == ATOM_PI && term->factors[i].exponent == 1;
        has_i |= atom->kind == ATOM_TURN && term->factors[i].exponent == EXPONENT_UNIT / 2;
    }
    return has_pi && has_i && term->n_factors == 2;
}

static Polynomial without_coefficient(Algebra *algebra, const Term *term) {
    long exponent = 0;
    Polynomial monomial = polynomial_without(algebra, term, MAX_ATOMS, &exponent);
    if (monomial) {
        mpq_set_ui(monomial->coefficient, 1, 1);
    }
    return monomial;
}

// number ^ (scale * term), for a prime, or 0 for e.
static bool multiply_exponential(Algebra *algebra, Quotient *product, unsigned long number,
                                 long scale, const Term *term) {
    Atom atom = {.kind = ATOM_POWER, .number = number, .n_arguments = 1};
    if (number > 0 && term->n_factors == 0) {
        atom = (Atom){.kind = ATOM_PRIME, .number = number};
    } else if (number == 0 && is_turn(algebra, term)) {
        atom = (Atom){.kind = ATOM_TURN};
    } else {
        atom.arguments[0] =
            (Quotient){without_coefficient(algebra, term), polynomial_integer(algebra, 1)};
    }
    mpq_t units;
    mpq_init(units);
    mpq_set_si(units, scale * EXPONENT_UNIT, 1);
    mpq_mul(units, units, term->coefficient);
    bool is_done = multiply_power(algebra, product, &atom, units);
    mpq_clear(units);
    return is_done;
}

static Quotient exponential(Algebra *algebra, unsigned long number, long scale, Quotient exponent) {
    Quotient product = quotient_integer(algebra, 1);
    if (!quotient_is_polynomial(exponent)) {
        // Its denominator is more than a number: the whole is one atom, but for its sign.
        if (exponent.above && mpq_sgn(exponent.above->coefficient) < 0) {
            exponent = quotient_negative(algebra, exponent);
            scale = -scale;
        }
        Atom atom = {
            .kind = ATOM_POWER, .number = number, .n_arguments = 1, .arguments = {exponent}};
        return quotient_of_atom(algebra, &atom, scale * EXPONENT_UNIT);
    }
    for (const Term *term = exponent.above; term && !algebra->is_full; term = term->next) {
        if (!multiply_exponential(algebra, &product, number, scale, term)) {
            algebra_give_up(algebra);
        }
    }
    return product;
}

Quotient radical_exponential(Algebra *algebra, Quotient exponent) {
    return exponential(algebra, 0, 1, exponent);
}

// A positive number to any power: that of its primes.
static Quotient power_of_number(Algebra *algebra, mpq_srcptr number, Quotient exponent) {
    unsigned long primes[RADICAL_PRIMES];
    long exponents[RADICAL_PRIMES];
    uint32_t n = radical_split(algebra, number, primes, exponents);
    if (n == 0 && mpq_cmp_ui(number, 1, 1) != 0) {
        algebra_give_up(algebra);
    }
    Quotient product = quotient_integer(algebra, 1);
    for (uint32_t i = 0; i < n; i++) {
        Quotient power = exponential(algebra, primes[i], exponents[i], exponent);
        product = quotient_multiply(algebra, product, power);
    }
    return product;
}

// The integer that stands alone in a sum, 0: there is none.
static long integer_in(const Term *sum) {
    for (; sum; sum = sum->next) {
        if (sum->n_factors == 0 && mpz_cmp_ui(mpq_denref(sum->coefficient), 1) == 0 &&
            mpz_cmpabs_ui(mpq_numref(sum->coefficient), MAX_INTEGER_POWER) < 0) {
            return mpz_get_si(mpq_numref(sum->coefficient));
        }
    }
    return 0;
}

// z^{n + w} = z^n z^w and z^{n w} = (z^w)^n hold for every principal power and integer n.
static Quotient other_power(Algebra *algebra, Quotient base, Quotient exponent) {
    long whole = quotient_is_polynomial(exponent) ? integer_in(exponent.above) : 0;
    Quotient power = quotient_raise(algebra, base, whole);
    exponent = quotient_add(algebra, exponent, quotient_integer(algebra, -whole));
    long times = 1;
    if (exponent.above && !exponent.above->next && quotient_is_polynomial(exponent)) {
        mpq_srcptr factor = exponent.above->coefficient;
        times = mpz_fits_sint_p(mpq_numref(factor)) ? mpz_get_si(mpq_numref(factor)) : 1;
    } else if (exponent.above && mpq_sgn(exponent.above->coefficient) < 0) {
        times = -1;
    }
    mpq_t inverse;
    mpq_init(inverse);
    mpq_set_si(inverse, times < 0 ? -1 : 1, (unsigned long)labs(times));
    exponent = quotient_scale(algebra, exponent, inverse);
    mpq_clear(inverse);
    Atom atom = {.kind = ATOM_OTHER_POWER, .n_arguments = 2, .arguments = {base, exponent}};
    return quotient_multiply(algebra, power, quotient_of_atom(algebra, &atom, times));
}

Quotient radical_general_power(Algebra *algebra, Quotient base, Quotient exponent) {
    mpq_srcptr number = NULL;
    if (algebra->is_full || !base.above) {
        algebra_give_up(algebra);
        return base;
    }
    if (quotient_is_number(base, &number) && mpq_sgn(number) > 0) {
        return power_of_number(algebra, number, exponent);
    }
    return other_power(algebra, base, exponent);
}

Quotient radical_square_root(Algebra *algebra, unsigned long n) {
    Atom atom = {.kind = ATOM_PRIME, .number = n};
    return quotient_of_atom(algebra, &atom, EXPONENT_UNIT / 2);
}

// (sqrt(6) + sign sqrt(2)) / 4
static Quotient cosine_of_odd(Algebra *algebra, bool is_sum) {
    Quotient two = radical_square_root(algebra, 2), three = radical_square_root(algebra, 3);
    Quotient six = quotient_multiply(algebra, two, three);
    Quotient sum = quotient_add(algebra, six, is_sum ? two : quotient_negative(algebra, two));
    return quotient_divide(algebra, sum, quotient_integer(algebra, 4));
}

Quotient radical_cosine(Algebra *algebra, long twelfths) {
    long angle = labs(twelfths) % 24;
    angle = angle > 12 ? 24 - angle : angle;
    if (angle > 6) {
        return quotient_negative(algebra, radical_cosine(algebra, 12 - angle));
    }
    Quotient two = quotient_integer(algebra, 2);
    switch (angle) {
    case 0:
        return quotient_integer(algebra, 1);
    case 2:
        return quotient_divide(algebra, radical_square_root(algebra, 3), two);
    case 3:
        return quotient_divide(algebra, radical_square_root(algebra, 2), two);
    case 4:
        return quotient_divide(algebra, quotient_integer(algebra, 1), two);
    case 6:
        return quotient_integer(algebra, 0);
    default:
        return cosine_of_odd(algebra, angle == 1);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/polynomial.h"

#include <stdlib.h>

enum {
    MAX_TERMS = 3000,
    TERMS_PER_BLOCK = 16,
    MAX_EXPONENT = 1 << 29,
    MAX_COEFFICIENT_BITS = 8192,
    MAX_EFFORT = 600000,
    TERM_EFFORT = 100,
    STEP_EFFORT = 6
};

struct TermBlock {
    struct TermBlock *next;
    uint32_t n;
    Term terms[TERMS_PER_BLOCK];
};

void algebra_init(Algebra *algebra, Work *work) {
    algebra->work = work;
    algebra->is_full = false;
    algebra->n_terms = 0;
    algebra->effort = 0;
    algebra->spare = NULL;
    algebra->blocks = NULL;
    algebra->n_atoms = 0;
}

void algebra_finish(Algebra *algebra) {
    while (algebra->blocks) {
        struct TermBlock *block = algebra->blocks;
        algebra->blocks = block->next;
        for (uint32_t i = 0; i < block->n; i++) {
            mpq_clear(block->terms[i].coefficient);
        }
        free(block);
    }
}

Polynomial algebra_give_up(Algebra *algebra) {
    algebra->is_full = true;
    return NULL;
}

bool algebra_spend(Algebra *algebra, uint64_t units) {
    algebra->effort += units;
    if (algebra->effort > MAX_EFFORT || !work_spend(algebra->work, units)) {
        algebra->is_full = true;
    }
    return !algebra->is_full;
}

static bool is_same_quotient(const Quotient *a, const Quotient *b) {
    return polynomial_is_same(a->above, b->above) && polynomial_is_same(a->below, b->below);
}

static bool is_same_atom(const Atom *a, const Atom *b) {
    if (a->kind != b->kind || a->function != b->function || a->number != b->number ||
        a->n_arguments != b->n_arguments) {
        return false;
    }
    for (uint32_t i = 0; i < a->n_arguments; i++) {
        if (!is_same_quotient(&a->arguments[i], &b->arguments[i])) {
            return false;
        }
    }
    return true;
}

static bool has_symbol(const Algebra *algebra, const Term *polynomial) {
    for (; polynomial; polynomial = polynomial->next) {
        for (uint32_t i = 0; i < polynomial->n_factors; i++) {
            if (algebra->atoms[polynomial->factors[i].atom].has_symbol) {
                return true;
            }
        }
    }
    return false;
}

uint32_t algebra_atom(Algebra *algebra, const Atom *atom) {
    for (uint32_t i = 0; i < algebra->n_atoms; i++) {
        if (is_same_atom(&algebra->atoms[i], atom)) {
            return i;
        }
    }
    if (algebra->n_atoms == MAX_ATOMS || !algebra_spend(algebra, 20 * (algebra->n_atoms + 1))) {
        algebra_give_up(algebra);
        return 0;
    }
    Atom *made = &algebra->atoms[algebra->n_atoms];
    *made = *atom;
    made->has_symbol = atom->kind == ATOM_NAME;
    for (uint32_t i = 0; i < atom->n_arguments; i++) {
        made->has_symbol |= has_symbol(algebra, atom->arguments[i].above) ||
                            has_symbol(algebra, atom->arguments[i].below);
    }
    return algebra->n_atoms++;
}

static bool add_block(Algebra *algebra) {
    struct TermBlock *block = malloc(sizeof *block);
    if (block) {
        block->next = algebra->blocks;
        block->n = 0;
        algebra->blocks = block;
    }
    return block != NULL;
}

static Term *make_term(Algebra *algebra) {
    Term *term = algebra->spare;
    if (algebra->is_full) {
        return NULL;
    }
    if (term) {
        algebra->spare = term->next;
    } else {
        if (algebra->n_terms == MAX_TERMS ||
            (algebra->n_terms % TERMS_PER_BLOCK == 0 && !add_block(algebra))) {
            return algebra_give_up(algebra);
        }
        term = &algebra->blocks->terms[algebra->blocks->n++];
        algebra->n_terms++;
        mpq_init(term->coefficient);
    }
    term->next = NULL;
    term->n_factors = 0;
    return term;
}

static void release_term(Algebra *algebra, Term *term) {
    term->next = algebra->spare;
    algebra->spare = term;
}

void polynomial_release(Algebra *algebra, Polynomial polynomial) {
    while (polynomial) {
        Term *next = polynomial->next;
        release_term(algebra, polynomial);
        polynomial = next;
    }
}

Polynomial polynomial_constant(Algebra *algebra, mpq_srcptr value) {
    Term *term = mpq_sgn(value) ? make_term(algebra) : NULL;
    if (term) {
        mpq_set(term->coefficient, value);
    }
    return term;
}

Polynomial polynomial_integer(Algebra *algebra, long value) {
    Term *term = value ? make_term(algebra) : NULL;
    if (term) {
        mpq_set_si(term->coefficient, value, 1);
    }
    return term;
}

// Below 0, 0, above 0 as a stands before b, is b, stands behind it.
static int order(const Term *a, const Term *b) {
    for (uint32_t i = 0; i < a->n_factors && i < b->n_factors; i++) {
        const Factor *left = &a->factors[i], *right = &b->factors[i];
        if (left->atom != right->atom) {
            return left->atom < right->atom ? -1 : 1;
        }
        if (left->exponent != right->exponent) {
            return left->exponent > right->exponent ? -1 : 1;
        }
    }
    return (a->n_factors < b->n_factors) - (a->n_factors > b->n_factors);
}

static bool is_small(mpq_srcptr number) {
    return mpz_sizeinbase(mpq_numref(number), 2) <= MAX_COEFFICIENT_BITS &&
           mpz_sizeinbase(mpq_denref(number), 2) <= MAX_COEFFICIENT_BITS;
}

// Adds the term, which is given away.
static void insert(Algebra *algebra, Polynomial *polynomial, Term *term) {
    Term **at = polynomial;
    uint64_t n_steps = 1;
    int way = -1;
    for (; *at; at = &(*at)->next, n_steps++) {
        way = order(term, *at);
        if (way <= 0) {
            break;
        }
    }
    algebra_spend(algebra, STEP_EFFORT * n_steps);
    if (!*at || way < 0) {
        term->next = *at;
        *at = term;
        return;
    }
    Term *same = *at;
    mpq_add(same->coefficient, same->coefficient, term->coefficient);
    release_term(algebra, term);
    if (!is_small(same->coefficient)) {
        algebra->is_full = true;
    }
    if (mpq_sgn(same->coefficient) == 0) {
        *at = same->next;
        release_term(algebra, same);
    }
}

// coefficient *= base ^ exponent
static void scale_by_power(Algebra *algebra, mpq_ptr coefficient, unsigned long base,
                           long exponent) {
    mpz_t power;
    if (labs(exponent) > MAX_COEFFICIENT_BITS) {
        algebra->is_full = true;
        return;
    }
    mpz_init(power);
    mpz_ui_pow_ui(power, base, (unsigned long)labs(exponent));
    mpz_ptr end = exponent > 0 ? mpq_numref(coefficient) : mpq_denref(coefficient);
    mpz_mul(end, end, power);
    mpq_canonicalize(coefficient);
    mpz_clear(power);
}

static long floor_divided(long a, long b) {
    return a / b - (a % b < 0);
}

// Applies the relation of an atom to its exponent.
static void reduce(Algebra *algebra, Term *term, Factor *factor) {
    const Atom *atom = &algebra->atoms[factor->atom];
    if (atom->kind != ATOM_PRIME && atom->kind != ATOM_TURN) {
        return;
    }
    long n_periods = floor_divided(factor->exponent, EXPONENT_UNIT);
    if (n_periods == 0) {
        return;
    }
    factor->exponent -= (int32_t)(n_periods * EXPONENT_UNIT);
    if (atom->kind == ATOM_PRIME) {
        scale_by_power(algebra, term->coefficient, atom->number, n_periods);
    } else if (n_periods % 2 != 0) {
        mpq_neg(term->coefficient, term->coefficient);
    }
}

static void append(Algebra *algebra, Term *term, Factor factor) {
    reduce(algebra, term, &factor);
    if (factor.exponent == 0) {
        return;
    }
    if (term->n_factors == TERM_FACTORS || abs(factor.exponent) > MAX_EXPONENT) {
        algebra->is_full = true;
        return;
    }
    term->factors[term->n_factors++] = factor;
}

Polynomial polynomial_power_of_atom(Algebra *algebra, uint32_t atom, long exponent) {
    if (labs(exponent) > MAX_EXPONENT) {
        return algebra_give_up(algebra);
    }
    Term *term = make_term(algebra);
    if (term) {
        mpq_set_ui(term->coefficient, 1, 1);
        append(algebra, term, (Factor){atom, (int32_t)exponent});
    }
    return term;
}

static Term *copy_term(Algebra *algebra, const Term *term) {
    Term *copy = make_term(algebra);
    if (copy) {
        mpq_set(copy->coefficient, term->coefficient);
        copy->n_factors = term->n_factors;
        for (uint32_t i = 0; i < term->n_factors; i++) {
            copy->factors[i] = term->factors[i];
        }
    }
    return copy;
}

Polynomial polynomial_copy(Algebra *algebra, const Term *polynomial) {
    Polynomial copy = NULL;
    for (Term **end = &copy; polynomial; polynomial = polynomial->next) {
        *end = copy_term(algebra, polynomial);
        if (!*end) {
            return copy;
        }
        end = &(*end)->next;
    }
    return copy;
}

Polynomial polynomial_add(Algebra *algebra, const Term *a, const Term *b) {
    Polynomial sum = polynomial_copy(algebra, a);
    for (; b && !algebra->is_full; b = b->next) {
        Term *term = copy_term(algebra, b);
        if (term) {
            insert(algebra, &sum, term);
        }
    }
    return sum;
}

static Term *multiply_terms(Algebra *algebra, const Term *a, const Term *b) {
    Term *product = make_term(algebra);
    if (!product || !algebra_spend(algebra, TERM_EFFORT)) {
        return NULL;
    }
    mpq_mul(product->coefficient, a->coefficient, b->coefficient);
    uint32_t i = 0, j = 0;
    while (i < a->n_factors || j < b->n_factors) {
        Factor factor = i < a->n_factors ? a->factors[i] : b->factors[j];
        if (i < a->n_factors && j < b->n_factors && a->factors[i].atom == b->factors[j].atom) {
            factor.exponent += b->factors[j++].exponent;
            i++;
        } else if (i == a->n_factors ||
                   (j < b->n_factors && b->factors[j].atom < a->factors[i].atom)) {
            factor = b->factors[j++];
        } else {
            i++;
        }
        append(algebra, product, factor);
    }
    if (!is_small(product->coefficient)) {
        algebra->is_full = true;
    }
    return product;
}

Polynomial polynomial_multiply(Algebra *algebra, const Term *a, const Term *b) {
    Polynomial product = NULL;
    for (; a; a = a->next) {
        for (const Term *with = b; with; with = with->next) {
            Term *term = multiply_terms(algebra, a, with);
            if (!term || algebra->is_full) {
                return product;
            }
            insert(algebra, &product, term);
        }
    }
    return product;
}

void polynomial_scale(Algebra *algebra, Polynomial polynomial, mpq_srcptr factor) {
    for (; polynomial; polynomial = polynomial->next) {
        mpq_mul(polynomial->coefficient, polynomial->coefficient, factor);
        if (!is_small(polynomial->coefficient) || !algebra_spend(algebra, TERM_EFFORT)) {
            algebra->is_full = true;
            return;
        }
    }
}

static Polynomial raise_term(Algebra *algebra, const Term *base, long exponent) {
    Term *power = make_term(algebra);
    size_t bits = mpz_sizeinbase(mpq_numref(base->coefficient), 2) +
                  mpz_sizeinbase(mpq_denref(base->coefficient), 2) - 2;
    unsigned long n = (unsigned long)labs(exponent);
    if (!power || n > MAX_EXPONENT || bits * n > MAX_COEFFICIENT_BITS) {
        return algebra_give_up(algebra);
    }
    mpz_pow_ui(mpq_numref(power->coefficient), mpq_numref(base->coefficient), n);
    mpz_pow_ui(mpq_denref(power->coefficient), mpq_denref(base->coefficient), n);
    if (exponent < 0) {
        mpq_inv(power->coefficient, power->coefficient);
    }
    for (uint32_t i = 0; i < base->n_factors && !algebra->is_full; i++) {
        Factor factor = base->factors[i];
        if (labs(exponent) > MAX_EXPONENT / abs(factor.exponent)) {
            return algebra_give_up(algebra);
        }
        factor.exponent = (int32_t)(factor.exponent * exponent);
        append(algebra, power, factor);
    }
    return power;
}

Polynomial polynomial_raise(Algebra *algebra, const Term *base, long exponent) {
    if (base && !base->next) {
        return raise_term(algebra, base, exponent);
    }
    Polynomial power = polynomial_integer(algebra, 1);
    for (long i = 0; i < exponent && !algebra->is_full; i++) {
        Polynomial next = polynomial_multiply(algebra, power, base);
        polynomial_release(algebra, power);
        power = next;
    }
    return power;
}

bool polynomial_is_same(const Term *a, const Term *b) {
    for (; a && b; a = a->next, b = b->next) {
        if (order(a, b) != 0 || !mpq_equal(a->coefficient, b->coefficient)) {
            return false;
        }
    }
    return !a && !b;
}

mpq_srcptr polynomial_number(const Term *polynomial) {
    return polynomial && !polynomial->next && polynomial->n_factors == 0 ? polynomial->coefficient
                                                                         : NULL;
}

Polynomial polynomial_without(Algebra *algebra, const Term *term, uint32_t atom, long *exponent) {
    Term *rest = make_term(algebra);
    *exponent = 0;
    if (!rest) {
        return NULL;
    }
    mpq_set(rest->coefficient, term->coefficient);
    for (uint32_t i = 0; i < term->n_factors; i++) {
        if (term->factors[i].atom == atom) {
            *exponent = term->factors[i].exponent;
        } else {
            rest->factors[rest->n_factors++] = term->factors[i];
        }
    }
    return rest;
}

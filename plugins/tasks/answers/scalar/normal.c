/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/normal.h"

#include "scalar/exact.h"
#include "scalar/radical.h"
#include "scalar/step.h"

enum { NODE_EFFORT = 100 };

typedef struct Normal {
    Algebra algebra;
    const Survey *survey;
} Normal;

static Quotient convert(Normal *normal, const Node *node);

static Quotient give_up(Normal *normal) {
    algebra_give_up(&normal->algebra);
    return (Quotient){NULL, NULL};
}

static Quotient fold(Normal *normal, const Node *node) {
    Algebra *algebra = &normal->algebra;
    Quotient value = convert(normal, node->child[0]);
    for (uint32_t i = 1; i < node->n_children && !algebra->is_full; i++) {
        Quotient operand = convert(normal, node->child[i]);
        if (node->kind == NODE_SUM) {
            value = quotient_add(algebra, value, operand);
        } else if (node->kind == NODE_PRODUCT) {
            value = quotient_multiply(algebra, value, operand);
        } else {
            value = quotient_divide(algebra, value, operand);
        }
    }
    return value;
}

static Quotient power(Normal *normal, const Node *node) {
    Algebra *algebra = &normal->algebra;
    Quotient exponent = convert(normal, node->child[1]);
    if (node->kind == NODE_ROOT && !algebra->is_full) {
        exponent = quotient_divide(algebra, quotient_integer(algebra, 1), exponent);
    }
    mpq_srcptr number = NULL;
    if (!algebra->is_full && quotient_is_number(exponent, &number)) {
        Quotient base = convert(normal, node->child[0]);
        return number ? radical_power(algebra, base, number) : quotient_integer(algebra, 1);
    }
    if (node->child[0]->kind == NODE_E && !algebra->is_full) {
        return radical_exponential(algebra, exponent);
    }
    return radical_general_power(algebra, convert(normal, node->child[0]), exponent);
}

static bool is_negative(Quotient quotient) {
    return quotient.above && mpq_sgn(quotient.above->coefficient) < 0;
}

// The cosine and the sine of one angle.
typedef struct Circle {
    Quotient cosine, sine;
} Circle;

enum { MAX_TURNS = 8, MAX_ANGLES = 4 };

// What a term is of pi, in twelfths. False: it is not a whole number of these.
static bool twelfths_of_pi(const Algebra *algebra, const Term *term, long *twelfths) {
    if (term->n_factors != 1 || term->factors[0].exponent != 1 ||
        algebra->atoms[term->factors[0].atom].kind != ATOM_PI ||
        mpz_cmp_ui(mpq_denref(term->coefficient), 12) > 0 ||
        12 % mpz_get_ui(mpq_denref(term->coefficient)) != 0) {
        return false;
    }
    unsigned long below = mpz_get_ui(mpq_denref(term->coefficient));
    unsigned long above = mpz_fdiv_ui(mpq_numref(term->coefficient), 24 * below);
    *twelfths = (long)(above * (12 / below));
    return true;
}

// sin^2 = 1 - cos^2
static Circle circle_of_atoms(Algebra *algebra, Quotient angle) {
    if (is_negative(angle)) {
        Circle circle = circle_of_atoms(algebra, quotient_negative(algebra, angle));
        circle.sine = quotient_negative(algebra, circle.sine);
        return circle;
    }
    Quotient cosine = quotient_of_call(algebra, FN_COS, &angle, 1);
    Quotient square = quotient_multiply(algebra, cosine, cosine);
    square =
        quotient_add(algebra, quotient_integer(algebra, 1), quotient_negative(algebra, square));
    Atom sine = {.kind = ATOM_ROOT,
                 .function = FN_SIN,
                 .number = 2,
                 .n_arguments = 2,
                 .arguments = {angle, square}};
    return (Circle){cosine, quotient_of_atom(algebra, &sine, 1)};
}

static Circle add_circles(Algebra *algebra, Circle a, Circle b) {
    Quotient sines = quotient_multiply(algebra, a.sine, b.sine);
    return (Circle){
        quotient_add(algebra, quotient_multiply(algebra, a.cosine, b.cosine),
                     quotient_negative(algebra, sines)),
        quotient_add(algebra, quotient_multiply(algebra, a.sine, b.cosine),
                     quotient_multiply(algebra, a.cosine, b.sine)),
    };
}

// A term p/q times an angle is p times the q-th part of it, unless p is large.
static Circle circle_of_term(Algebra *algebra, const Term *term) {
    long twelfths = 0, exponent = 0;
    if (twelfths_of_pi(algebra, term, &twelfths)) {
        return (Circle){radical_cosine(algebra, twelfths), radical_cosine(algebra, twelfths - 6)};
    }
    Quotient part = {polynomial_without(algebra, term, MAX_ATOMS, &exponent),
                     polynomial_integer(algebra, 1)};
    unsigned long turns = mpz_get_ui(mpq_numref(term->coefficient));
    if (!part.above || mpz_cmpabs_ui(mpq_numref(term->coefficient), MAX_TURNS) > 0) {
        return circle_of_atoms(algebra, part);
    }
    mpz_set_si(mpq_numref(part.above->coefficient), mpq_sgn(term->coefficient));
    Circle step = circle_of_atoms(algebra, part), circle = step;
    for (unsigned long i = 1; i < turns && !algebra->is_full; i++) {
        circle = add_circles(algebra, circle, step);
    }
    return circle;
}

static Circle circle_of(Algebra *algebra, Quotient angle) {
    uint32_t n = 0;
    for (const Term *term = angle.above; term; term = term->next) {
        n++;
    }
    if (n > MAX_ANGLES || !quotient_is_polynomial(angle)) {
        return circle_of_atoms(algebra, angle);
    }
    Circle circle = {quotient_integer(algebra, 1), quotient_integer(algebra, 0)};
    for (const Term *term = angle.above; term && !algebra->is_full; term = term->next) {
        circle = add_circles(algebra, circle, circle_of_term(algebra, term));
    }
    return circle;
}

static Quotient trigonometric(Algebra *algebra, Function function, Quotient angle) {
    Circle circle = circle_of(algebra, angle);
    Quotient one = quotient_integer(algebra, 1);
    switch (function) {
    case FN_SIN:
        return circle.sine;
    case FN_COS:
        return circle.cosine;
    case FN_TAN:
        return quotient_divide(algebra, circle.sine, circle.cosine);
    case FN_COT:
        return quotient_divide(algebra, circle.cosine, circle.sine);
    case FN_SEC:
        return quotient_divide(algebra, one, circle.cosine);
    default:
        return quotient_divide(algebra, one, circle.sine);
    }
}

static Quotient half(Algebra *algebra, Quotient value) {
    return quotient_divide(algebra, value, quotient_integer(algebra, 2));
}

static Quotient hyperbolic(Algebra *algebra, Function function, Quotient argument) {
    Quotient up = radical_exponential(algebra, argument);
    Quotient down = radical_exponential(algebra, quotient_negative(algebra, argument));
    Quotient minus = quotient_negative(algebra, down);
    if (function == FN_COSH) {
        return half(algebra, quotient_add(algebra, up, down));
    }
    if (function == FN_SINH) {
        return half(algebra, quotient_add(algebra, up, minus));
    }
    return quotient_divide(algebra, quotient_add(algebra, up, minus),
                           quotient_add(algebra, up, down));
}

static Quotient log_of_prime(Algebra *algebra, unsigned long prime) {
    Quotient argument = quotient_integer(algebra, (long)prime);
    return quotient_of_call(algebra, FN_LN, &argument, 1);
}

static Quotient log_of_number(Algebra *algebra, mpq_srcptr number) {
    unsigned long primes[RADICAL_PRIMES];
    long exponents[RADICAL_PRIMES];
    uint32_t n = radical_split(algebra, number, primes, exponents);
    Quotient sum = quotient_integer(algebra, 0);
    for (uint32_t i = 0; i < n; i++) {
        Quotient term = quotient_multiply(algebra, quotient_integer(algebra, exponents[i]),
                                          log_of_prime(algebra, primes[i]));
        sum = quotient_add(algebra, sum, term);
    }
    if (n == 0 && mpq_cmp_ui(number, 1, 1) != 0) {
        algebra_give_up(algebra);
    }
    return sum;
}

// The logarithm of a positive atom.
static Quotient log_of_atom(Algebra *algebra, const Atom *atom, long exponent) {
    bool is_plain = atom->kind == ATOM_PI || atom->kind == ATOM_CALL;
    Quotient log = quotient_integer(algebra, 1);
    if (is_plain) {
        Quotient argument = quotient_of_atom(algebra, atom, 1);
        log = quotient_of_call(algebra, FN_LN, &argument, 1);
    } else if (atom->kind == ATOM_PRIME) {
        log = log_of_prime(algebra, atom->number);
    }
    log = quotient_multiply(algebra, log, quotient_integer(algebra, exponent));
    return is_plain ? log : quotient_divide(algebra, log, quotient_integer(algebra, EXPONENT_UNIT));
}

// A product of positive numbers has the sum of their logarithms.
static Quotient logarithm(Algebra *algebra, Quotient argument) {
    const Term *term = argument.above;
    bool is_positive =
        quotient_is_polynomial(argument) && term && !term->next && mpq_sgn(term->coefficient) > 0;
    for (uint32_t i = 0; is_positive && i < term->n_factors; i++) {
        const Atom *atom = &algebra->atoms[term->factors[i].atom];
        is_positive = radical_is_positive(atom) && (atom->kind != ATOM_POWER || atom->number == 0);
    }
    if (!is_positive) {
        return quotient_of_call(algebra, FN_LN, &argument, 1);
    }
    Quotient sum = log_of_number(algebra, term->coefficient);
    for (uint32_t i = 0; i < term->n_factors && !algebra->is_full; i++) {
        Atom atom = algebra->atoms[term->factors[i].atom];
        sum = quotient_add(algebra, sum, log_of_atom(algebra, &atom, term->factors[i].exponent));
    }
    return sum;
}

static Quotient absolute(Algebra *algebra, Quotient argument);

// |a^n b| = |a|^n |b|
static Quotient absolute_of_term(Algebra *algebra, const Term *term) {
    mpq_t content;
    mpq_init(content);
    mpq_abs(content, term->coefficient);
    Quotient size = quotient_number(algebra, content);
    mpq_clear(content);
    for (uint32_t i = 0; i < term->n_factors && !algebra->is_full; i++) {
        Atom atom = algebra->atoms[term->factors[i].atom];
        bool is_positive = radical_is_positive(&atom);
        if (atom.kind == ATOM_TURN) {
            continue; // on the unit circle
        }
        Quotient factor =
            quotient_of_atom(algebra, &atom, is_positive ? term->factors[i].exponent : 1);
        if (!is_positive) {
            factor = quotient_of_call(algebra, FN_ABS, &factor, 1);
            factor = quotient_raise(algebra, factor, term->factors[i].exponent);
        }
        size = quotient_multiply(algebra, size, factor);
    }
    return size;
}

static Quotient absolute(Algebra *algebra, Quotient argument) {
    if (is_negative(argument)) {
        argument = quotient_negative(algebra, argument);
    }
    if (!algebra->is_full && !quotient_is_polynomial(argument)) {
        Quotient one = quotient_integer(algebra, 1);
        Quotient above = {argument.above, one.below}, below = {argument.below, one.below};
        return quotient_divide(algebra, absolute(algebra, above), absolute(algebra, below));
    }
    if (argument.above && !argument.above->next) {
        return absolute_of_term(algebra, argument.above);
    }
    mpq_srcptr number = NULL;
    if (quotient_is_number(argument, &number) || algebra->is_full) {
        return argument;
    }
    mpq_t content, inverse;
    mpq_inits(content, inverse, NULL);
    radical_content(argument.above, content);
    mpq_inv(inverse, content);
    Quotient rest = quotient_scale(algebra, argument, inverse);
    Quotient size = quotient_scale(algebra, quotient_of_call(algebra, FN_ABS, &rest, 1), content);
    mpq_clears(content, inverse, NULL);
    return size;
}

static bool is_odd(Function function) {
    return function == FN_ARCSIN || function == FN_ARCTAN || function == FN_ARSINH ||
           function == FN_ARTANH;
}

static Quotient function_of(Algebra *algebra, Function function, Quotient argument) {
    switch (function) {
    case FN_SIN:
    case FN_COS:
    case FN_TAN:
    case FN_COT:
    case FN_SEC:
    case FN_CSC:
        return trigonometric(algebra, function, argument);
    case FN_SINH:
    case FN_COSH:
    case FN_TANH:
        return hyperbolic(algebra, function, argument);
    case FN_LN:
        return logarithm(algebra, argument);
    case FN_ABS:
        return absolute(algebra, argument);
    case FN_FLOOR:
        return step_floor(algebra, argument);
    case FN_CEIL:
        argument = step_floor(algebra, quotient_negative(algebra, argument));
        return quotient_negative(algebra, argument);
    case FN_FACTORIAL:
        return step_factorial(algebra, argument);
    default:
        break;
    }
    if (is_odd(function) && is_negative(argument)) {
        argument = quotient_negative(algebra, argument);
        return quotient_negative(algebra, quotient_of_call(algebra, function, &argument, 1));
    }
    return quotient_of_call(algebra, function, &argument, 1);
}

// Floors, factorials and the like come out as numbers, or are atoms.
static bool set_exact(Normal *normal, const Node *node, Quotient *value) {
    mpq_t number;
    mpq_init(number);
    bool is_exact = exact_value(normal->algebra.work, NULL, node, number) == EXACT_VALUE;
    if (is_exact) {
        *value = quotient_number(&normal->algebra, number);
    }
    mpq_clear(number);
    return is_exact;
}

static Quotient call(Normal *normal, const Node *node) {
    Algebra *algebra = &normal->algebra;
    Quotient arguments[ATOM_ARGUMENTS];
    Quotient value;
    if (set_exact(normal, node, &value)) {
        return value;
    }
    if (node->n_children == 0 || node->n_children > ATOM_ARGUMENTS) {
        return give_up(normal);
    }
    for (uint32_t i = 0; i < node->n_children; i++) {
        arguments[i] = convert(normal, node->child[i]);
    }
    if (algebra->is_full) {
        return give_up(normal);
    }
    if (node->n_children == 1) {
        return function_of(algebra, node->function, arguments[0]);
    }
    if (node->function == FN_LOG && node->n_children == 2) {
        return quotient_divide(algebra, logarithm(algebra, arguments[0]),
                               logarithm(algebra, arguments[1]));
    }
    if (node->function == FN_BINOMIAL && node->n_children == 2) {
        return step_binomial(algebra, arguments[0], arguments[1]);
    }
    return quotient_of_call(algebra, node->function, arguments, node->n_children);
}

static Quotient name(Normal *normal, const Node *node) {
    Atom atom = {.kind = ATOM_NAME, .number = survey_index(normal->survey, node)};
    return quotient_of_atom(&normal->algebra, &atom, 1);
}

static Quotient constant(Algebra *algebra, NodeKind kind) {
    if (kind == NODE_I) {
        return radical_i(algebra);
    }
    if (kind == NODE_E) {
        return radical_exponential(algebra, quotient_integer(algebra, 1));
    }
    Atom atom = {.kind = ATOM_PI};
    return quotient_of_atom(algebra, &atom, 1);
}

static Quotient convert(Normal *normal, const Node *node) {
    Algebra *algebra = &normal->algebra;
    if (!algebra_spend(algebra, NODE_EFFORT)) {
        return give_up(normal);
    }
    switch (node->kind) {
    case NODE_NUMBER:
        return quotient_number(algebra, node->number);
    case NODE_SYMBOL:
        return name(normal, node);
    case NODE_PI:
    case NODE_E:
    case NODE_I:
        return constant(algebra, node->kind);
    case NODE_SUM:
    case NODE_PRODUCT:
    case NODE_QUOTIENT:
        return fold(normal, node);
    case NODE_NEGATIVE:
        return quotient_negative(algebra, convert(normal, node->child[0]));
    case NODE_POWER:
    case NODE_ROOT:
        return power(normal, node);
    case NODE_CALL:
        return node->function == FN_OPAQUE ? name(normal, node) : call(normal, node);
    default:
        return give_up(normal);
    }
}

static void normal_init(Normal *normal, Work *work, const Survey *survey) {
    algebra_init(&normal->algebra, work);
    normal->survey = survey;
}

bool normal_is_equal(Work *work, const Survey *survey, const Node *a, const Node *b) {
    Normal normal;
    normal_init(&normal, work, survey);
    Algebra *algebra = &normal.algebra;
    Quotient left = convert(&normal, a), right = convert(&normal, b);
    Quotient difference = quotient_add(algebra, left, quotient_negative(algebra, right));
    bool is_equal = !algebra->is_full && polynomial_is_zero(algebra, difference.above);
    algebra_finish(algebra);
    return is_equal;
}

// Multiplies by the powers of symbols, and of what depends on them, that stand in denominators.
static Polynomial clear_denominators(Algebra *algebra, Polynomial polynomial) {
    for (uint32_t i = 0; i < algebra->n_atoms; i++) {
        long least = 0;
        for (const Term *term = polynomial; term; term = term->next) {
            for (uint32_t j = 0; j < term->n_factors; j++) {
                const Factor *factor = &term->factors[j];
                least = factor->atom == i && factor->exponent < least ? factor->exponent : least;
            }
        }
        if (least < 0 && algebra->atoms[i].has_symbol) {
            Polynomial factor = polynomial_power_of_atom(algebra, i, -least);
            polynomial = polynomial_multiply(algebra, polynomial, factor);
        }
    }
    return polynomial;
}

// Atoms that are known to be independent, but for pi and e.
static bool is_plain(AtomKind kind) {
    return kind == ATOM_NAME || kind == ATOM_PI || kind == ATOM_PRIME || kind == ATOM_TURN;
}

static bool has_same_symbols(const Algebra *algebra, const Term *a, const Term *b) {
    uint32_t i = 0, j = 0;
    for (;; i++, j++) {
        while (i < a->n_factors && !algebra->atoms[a->factors[i].atom].has_symbol) {
            i++;
        }
        while (j < b->n_factors && !algebra->atoms[b->factors[j].atom].has_symbol) {
            j++;
        }
        if (i == a->n_factors || j == b->n_factors) {
            return i == a->n_factors && j == b->n_factors;
        }
        if (a->factors[i].atom != b->factors[j].atom ||
            a->factors[i].exponent != b->factors[j].exponent) {
            return false;
        }
    }
}

// The coefficient, free of symbols, of the symbols of `like`. NULL: 0, or not known not to be 0.
static Polynomial coefficient_of(Algebra *algebra, const Term *polynomial, const Term *like) {
    Polynomial sum = NULL;
    for (const Term *term = polynomial; term && !algebra->is_full; term = term->next) {
        if (!has_same_symbols(algebra, term, like)) {
            continue;
        }
        Polynomial part = polynomial_integer(algebra, 1);
        polynomial_scale(algebra, part, term->coefficient);
        for (uint32_t i = 0; i < term->n_factors; i++) {
            Factor factor = term->factors[i];
            const Atom *atom = &algebra->atoms[factor.atom];
            if (atom->has_symbol) {
                continue;
            }
            if (!is_plain(atom->kind)) {
                algebra_give_up(algebra);
            }
            part = polynomial_multiply(
                algebra, part, polynomial_power_of_atom(algebra, factor.atom, factor.exponent));
        }
        sum = polynomial_add(algebra, sum, part);
    }
    return sum;
}

static bool is_plain_polynomial(const Algebra *algebra) {
    for (uint32_t i = 0; i < algebra->n_atoms; i++) {
        if (!is_plain(algebra->atoms[i].kind)) {
            return false;
        }
    }
    return true;
}

static NormalAnswer compare_up_to_constant(Algebra *algebra, Polynomial a, Polynomial b) {
    if (algebra->is_full || !a || !b) {
        return NORMAL_UNKNOWN;
    }
    Polynomial left = coefficient_of(algebra, a, a), right = coefficient_of(algebra, b, a);
    if (algebra->is_full || !left) {
        return NORMAL_UNKNOWN;
    }
    Polynomial difference = NULL;
    if (right) {
        Polynomial minus = polynomial_integer(algebra, -1);
        difference = polynomial_add(
            algebra, polynomial_multiply(algebra, a, right),
            polynomial_multiply(algebra, polynomial_multiply(algebra, b, left), minus));
    }
    if (right && polynomial_is_zero(algebra, difference)) {
        return NORMAL_YES;
    }
    return !algebra->is_full && is_plain_polynomial(algebra) ? NORMAL_NO : NORMAL_UNKNOWN;
}

NormalAnswer normal_proportional(Work *work, const Survey *survey, const Node *a, const Node *b,
                                 bool is_of_numerators) {
    Normal normal;
    normal_init(&normal, work, survey);
    Algebra *algebra = &normal.algebra;
    Quotient left = convert(&normal, a), right = convert(&normal, b);
    Polynomial first = NULL, second = NULL;
    if (!algebra->is_full && is_of_numerators) {
        first = clear_denominators(algebra, left.above);
        second = clear_denominators(algebra, right.above);
    } else if (!algebra->is_full) {
        first = polynomial_multiply(algebra, left.above, right.below);
        second = polynomial_multiply(algebra, right.above, left.below);
    }
    NormalAnswer answer = compare_up_to_constant(algebra, first, second);
    algebra_finish(algebra);
    return answer;
}

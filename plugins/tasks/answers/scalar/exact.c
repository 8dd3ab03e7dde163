/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/exact.h"

#include <math.h>

static const double log2_of_e = 1.4426950408889634;

typedef struct Exact {
    Work *work;
    const Point *point;
} Exact;

static Exactness evaluate(const Exact *exact, const Node *node, mpq_ptr value);

static size_t bits_of(mpq_srcptr number) {
    size_t above = mpz_sizeinbase(mpq_numref(number), 2);
    size_t below = mpz_sizeinbase(mpq_denref(number), 2);
    return above > below ? above : below;
}

// Nanoseconds as measured, in limbs.
static uint64_t effort_of_product(uint64_t a, uint64_t b) {
    return 20 + a + b + a * b / 6;
}

static uint64_t effort_of_divisor(uint64_t a, uint64_t b) {
    uint64_t least = a < b ? a : b;
    return least <= 1 ? 20 + a + b : 150 * least + a * b * 5 / 4;
}

// What it takes to add, multiply or divide two numbers at most.
static bool spend(const Exact *exact, mpq_srcptr a, mpq_srcptr b) {
    uint64_t above = mpz_size(mpq_numref(a)), below = mpz_size(mpq_denref(a));
    uint64_t other_above = mpz_size(mpq_numref(b)), other_below = mpz_size(mpq_denref(b));
    return work_spend(exact->work, 60 + effort_of_product(above, other_above) +
                                       effort_of_divisor(above, other_below) +
                                       effort_of_divisor(below, other_above) +
                                       effort_of_divisor(below, other_below));
}

// A sum of integers takes next to nothing.
static bool spend_on_sum(const Exact *exact, mpq_srcptr a, mpq_srcptr b) {
    bool is_integer = mpz_cmp_ui(mpq_denref(a), 1) == 0 && mpz_cmp_ui(mpq_denref(b), 1) == 0;
    return is_integer ? work_spend(exact->work, 60 + mpz_size(mpq_numref(a)) / 2)
                      : spend(exact, a, b);
}

static Exactness bounded(mpq_srcptr value) {
    return bits_of(value) <= WORK_MAX_BITS ? EXACT_VALUE : EXACT_UNKNOWN;
}

// value = value (operation) operand
static Exactness combine(const Exact *exact, NodeKind operation, mpq_ptr value,
                         mpq_srcptr operand) {
    if (!(operation == NODE_SUM ? spend_on_sum(exact, value, operand)
                                : spend(exact, value, operand))) {
        return EXACT_UNKNOWN;
    }
    if (operation == NODE_SUM) {
        mpq_add(value, value, operand);
    } else if (operation == NODE_PRODUCT) {
        mpq_mul(value, value, operand);
    } else if (mpq_sgn(operand) == 0) {
        return EXACT_UNDEFINED;
    } else {
        mpq_div(value, value, operand);
    }
    return bounded(value);
}

static Exactness fold(const Exact *exact, const Node *node, mpq_ptr value) {
    mpq_t operand;
    mpq_init(operand);
    Exactness result = evaluate(exact, node->child[0], value);
    for (uint32_t i = 1; i < node->n_children && result == EXACT_VALUE; i++) {
        const Node *child = node->child[i];
        if (child->kind == NODE_NUMBER) {
            result = combine(exact, node->kind, value, child->number);
            continue;
        }
        result = evaluate(exact, child, operand);
        if (result == EXACT_VALUE) {
            result = combine(exact, node->kind, value, operand);
        }
    }
    mpq_clear(operand);
    return result;
}

static bool is_integer(mpq_srcptr number) {
    return mpz_cmp_ui(mpq_denref(number), 1) == 0;
}

static bool is_unit(mpq_srcptr number) {
    return is_integer(number) && mpz_cmpabs_ui(mpq_numref(number), 1) == 0;
}

// value = value ^ exponent, for a value other than 0. The result has at least
// (bits - 1) * |exponent| bits, which is known before it is computed.
static Exactness raise(const Exact *exact, mpq_ptr value, mpz_srcptr exponent) {
    if (is_unit(value)) {
        if (mpz_even_p(exponent)) {
            mpq_abs(value, value);
        }
        return EXACT_VALUE;
    }
    if (mpz_cmpabs_ui(exponent, WORK_MAX_BITS) > 0) {
        return EXACT_UNKNOWN;
    }
    unsigned long n = mpz_get_ui(exponent);
    if ((bits_of(value) - 1) * n >= WORK_MAX_BITS) {
        return EXACT_UNKNOWN;
    }
    uint64_t limbs = bits_of(value) * n / 64 + 1;
    if (!work_spend(exact->work, 60 + limbs * 8 + limbs * limbs / 16)) {
        return EXACT_UNKNOWN;
    }
    mpz_pow_ui(mpq_numref(value), mpq_numref(value), n);
    mpz_pow_ui(mpq_denref(value), mpq_denref(value), n);
    if (mpz_sgn(exponent) < 0) {
        mpq_inv(value, value);
    }
    return bounded(value);
}

// value = the n-th root of value, where that is rational.
static Exactness take_root(const Exact *exact, mpq_ptr value, mpz_srcptr index) {
    bool is_even = mpz_even_p(index);
    if (mpq_sgn(value) < 0 && is_even) {
        return EXACT_UNKNOWN;
    }
    if (is_unit(value)) {
        return EXACT_VALUE;
    }
    if (mpz_cmp_ui(index, bits_of(value)) > 0) {
        return EXACT_UNKNOWN;
    }
    uint64_t limbs = bits_of(value) / 64 + 1;
    if (!work_spend(exact->work, 500 + limbs * 10 + limbs * limbs / 8)) {
        return EXACT_UNKNOWN;
    }
    unsigned long n = mpz_get_ui(index);
    bool is_exact = mpz_root(mpq_denref(value), mpq_denref(value), n) != 0;
    is_exact = is_exact && mpz_root(mpq_numref(value), mpq_numref(value), n) != 0;
    return is_exact ? EXACT_VALUE : EXACT_UNKNOWN;
}

static Exactness power_of(const Exact *exact, mpq_ptr value, mpq_srcptr exponent) {
    int sign = mpq_sgn(exponent);
    if (sign == 0) {
        mpq_set_ui(value, 1, 1);
        return EXACT_VALUE;
    }
    if (mpq_sgn(value) == 0) {
        return sign > 0 ? EXACT_VALUE : EXACT_UNDEFINED;
    }
    if (!is_integer(exponent)) {
        Exactness result = take_root(exact, value, mpq_denref(exponent));
        if (result != EXACT_VALUE) {
            return result;
        }
    }
    return raise(exact, value, mpq_numref(exponent));
}

// A symbol's power with a fraction in a symbolic exponent is no odd root: see interval.c.
static bool is_no_root(const Exact *exact, const Node *node, mpq_srcptr value,
                       mpq_srcptr exponent) {
    return exact->point && node->kind == NODE_POWER && mpq_sgn(value) < 0 &&
           !is_integer(exponent) && node_has_symbol(node->child[1]);
}

static Exactness power(const Exact *exact, const Node *node, mpq_ptr value) {
    mpq_t exponent;
    mpq_init(exponent);
    Exactness result = evaluate(exact, node->child[1], exponent);
    if (result == EXACT_VALUE && node->kind == NODE_ROOT) {
        if (mpq_sgn(exponent) == 0) {
            result = EXACT_UNDEFINED;
        } else {
            mpq_inv(exponent, exponent);
        }
    }
    if (result == EXACT_VALUE) {
        result = evaluate(exact, node->child[0], value);
    }
    if (result == EXACT_VALUE) {
        result = is_no_root(exact, node, value, exponent) ? EXACT_UNKNOWN
                                                          : power_of(exact, value, exponent);
    }
    mpq_clear(exponent);
    return result;
}

static double log2_of(mpz_srcptr number) {
    long exponent = 0;
    double fraction = mpz_get_d_2exp(&exponent, number);
    return log2(fabs(fraction)) + (double)exponent;
}

static Exactness factorial(const Exact *exact, mpq_ptr value) {
    if (!is_integer(value) || mpq_sgn(value) < 0 ||
        mpz_cmp_ui(mpq_numref(value), WORK_MAX_BITS) > 0) {
        return EXACT_UNKNOWN;
    }
    unsigned long n = mpz_get_ui(mpq_numref(value));
    // Stirling's bound. lgamma() would write to a global.
    double bits = ((double)n + 0.5) * log2((double)n + 1.0) - (double)n * log2_of_e + 2.0;
    if (bits > WORK_MAX_BITS || !work_spend(exact->work, 100 + (uint64_t)bits * 2)) {
        return EXACT_UNKNOWN;
    }
    mpz_fac_ui(mpq_numref(value), n);
    return EXACT_VALUE;
}

// value = value over k
static Exactness binomial(const Exact *exact, mpq_ptr value, mpq_ptr k) {
    if (!is_integer(value) || !is_integer(k)) {
        return EXACT_UNKNOWN;
    }
    mpz_ptr n = mpq_numref(value);
    if (mpq_sgn(value) >= 0) {
        if (mpq_sgn(k) < 0 || mpz_cmp(mpq_numref(k), n) > 0) {
            mpq_set_ui(value, 0, 1);
            return EXACT_VALUE;
        }
        mpz_t rest;
        mpz_init(rest);
        mpz_sub(rest, n, mpq_numref(k));
        if (mpz_cmp(rest, mpq_numref(k)) < 0) {
            mpz_swap(rest, mpq_numref(k));
        }
        mpz_clear(rest);
    }
    if (mpq_sgn(k) < 0 || mpz_cmp_ui(mpq_numref(k), WORK_MAX_BITS) > 0) {
        return EXACT_UNKNOWN;
    }
    // |n| over k is at most (e (|n| + k) / k)^k.
    unsigned long below = mpz_get_ui(mpq_numref(k));
    double size = mpz_sgn(n) ? log2_of(n) : 0.0;
    double wider = below ? log2((double)below) : 0.0;
    double bits = (double)below * (fmax(size, wider) + 2.5 - wider);
    if (bits > WORK_MAX_BITS || !work_spend(exact->work, 200 + (uint64_t)(bits * bits / 4096.0))) {
        return EXACT_UNKNOWN;
    }
    mpz_bin_ui(n, n, below);
    return EXACT_VALUE;
}

static bool find_power(const Exact *exact, mpq_srcptr base, mpq_ptr value, double ratio,
                       long below) {
    long above = lround(ratio * (double)below);
    if (fabs(ratio * (double)below - (double)above) > 1e-9) {
        return false;
    }
    mpq_t power, target;
    mpq_inits(power, target, NULL);
    mpq_set(power, base);
    mpq_set(target, value);
    mpz_t exponent;
    mpz_init_set_si(exponent, above);
    bool is_found = raise(exact, power, exponent) == EXACT_VALUE;
    mpz_set_si(exponent, below);
    is_found = is_found && raise(exact, target, exponent) == EXACT_VALUE;
    is_found = is_found && mpq_equal(power, target);
    if (is_found) {
        mpq_set_si(value, above, (unsigned long)below);
        mpq_canonicalize(value);
    }
    mpz_clear(exponent);
    mpq_clears(power, target, NULL);
    return is_found;
}

// value = the logarithm of value to the base, where that has a small denominator.
static Exactness logarithm(const Exact *exact, mpq_ptr value, mpq_srcptr base) {
    if (mpq_sgn(value) == 0) {
        return EXACT_UNDEFINED;
    }
    if (mpq_sgn(value) < 0 || mpq_sgn(base) <= 0 || mpq_cmp_ui(base, 1, 1) == 0) {
        return EXACT_UNKNOWN;
    }
    double above = log2_of(mpq_numref(value)) - log2_of(mpq_denref(value));
    double ratio = above / (log2_of(mpq_numref(base)) - log2_of(mpq_denref(base)));
    if (!(fabs(ratio) <= WORK_MAX_BITS)) {
        return EXACT_UNKNOWN;
    }
    for (long below = 1; below <= 12; below++) {
        if (find_power(exact, base, value, ratio, below)) {
            return EXACT_VALUE;
        }
    }
    return EXACT_UNKNOWN;
}

static void round_down(mpq_ptr value) {
    mpz_fdiv_q(mpq_numref(value), mpq_numref(value), mpq_denref(value));
    mpz_set_ui(mpq_denref(value), 1);
}

static void round_up(mpq_ptr value) {
    mpz_cdiv_q(mpq_numref(value), mpq_numref(value), mpq_denref(value));
    mpz_set_ui(mpq_denref(value), 1);
}

static Exactness modulo(const Exact *exact, mpq_ptr value, mpq_srcptr modulus) {
    if (mpq_sgn(modulus) == 0) {
        return EXACT_UNDEFINED;
    }
    if (!spend(exact, value, modulus)) {
        return EXACT_UNKNOWN;
    }
    mpq_t quotient;
    mpq_init(quotient);
    mpq_div(quotient, value, modulus);
    round_down(quotient);
    mpq_mul(quotient, quotient, modulus);
    mpq_sub(value, value, quotient);
    mpq_clear(quotient);
    return bounded(value);
}

static Exactness divisor(const Exact *exact, Function function, mpq_ptr value, mpq_srcptr other) {
    if (!is_integer(value) || !is_integer(other) || !spend(exact, value, other)) {
        return EXACT_UNKNOWN;
    }
    if (function == FN_GCD) {
        mpz_gcd(mpq_numref(value), mpq_numref(value), mpq_numref(other));
    } else {
        mpz_lcm(mpq_numref(value), mpq_numref(value), mpq_numref(other));
    }
    return bounded(value);
}

static Exactness call_of_two(const Exact *exact, Function function, mpq_ptr value, mpq_ptr other) {
    switch (function) {
    case FN_LOG:
        return logarithm(exact, value, other);
    case FN_BINOMIAL:
        return binomial(exact, value, other);
    case FN_MOD:
        return modulo(exact, value, other);
    case FN_GCD:
    case FN_LCM:
        return divisor(exact, function, value, other);
    case FN_MAX:
    case FN_MIN:
        if ((mpq_cmp(other, value) > 0) == (function == FN_MAX)) {
            mpq_set(value, other);
        }
        return EXACT_VALUE;
    default:
        return EXACT_UNKNOWN;
    }
}

static Exactness call_of_one(const Exact *exact, Function function, mpq_ptr value) {
    switch (function) {
    case FN_ABS:
        mpq_abs(value, value);
        return EXACT_VALUE;
    case FN_FLOOR:
        round_down(value);
        return EXACT_VALUE;
    case FN_CEIL:
        round_up(value);
        return EXACT_VALUE;
    case FN_FACTORIAL:
        return factorial(exact, value);
    case FN_MAX:
    case FN_MIN:
        return EXACT_VALUE;
    case FN_GCD:
    case FN_LCM:
        mpq_abs(value, value);
        return is_integer(value) ? EXACT_VALUE : EXACT_UNKNOWN;
    case FN_SIN:
    case FN_TAN:
    case FN_ARCSIN:
    case FN_ARCTAN:
    case FN_SINH:
    case FN_TANH:
    case FN_ARSINH:
    case FN_ARTANH:
        return mpq_sgn(value) == 0 ? EXACT_VALUE : EXACT_UNKNOWN;
    case FN_LN:
        if (mpq_cmp_ui(value, 1, 1) == 0) {
            mpq_set_ui(value, 0, 1);
            return EXACT_VALUE;
        }
        return mpq_sgn(value) == 0 ? EXACT_UNDEFINED : EXACT_UNKNOWN;
    default:
        return EXACT_UNKNOWN;
    }
}

static Exactness call(const Exact *exact, const Node *node, mpq_ptr value) {
    if (node->n_children == 0) {
        return EXACT_UNKNOWN;
    }
    Exactness result = evaluate(exact, node->child[0], value);
    if (node->n_children == 1) {
        return result == EXACT_VALUE ? call_of_one(exact, node->function, value) : result;
    }
    mpq_t other;
    mpq_init(other);
    for (uint32_t i = 1; i < node->n_children && result == EXACT_VALUE; i++) {
        result = evaluate(exact, node->child[i], other);
        if (result == EXACT_VALUE) {
            result = call_of_two(exact, node->function, value, other);
        }
    }
    mpq_clear(other);
    return result;
}

static Exactness name_value(const Exact *exact, const Node *node, mpq_ptr value) {
    if (!exact->point) {
        return EXACT_UNKNOWN;
    }
    mpq_set(value, exact->point->values[survey_index(exact->point->survey, node)]);
    return EXACT_VALUE;
}

static Exactness evaluate(const Exact *exact, const Node *node, mpq_ptr value) {
    if (!work_spend(exact->work, 20)) {
        return EXACT_UNKNOWN;
    }
    Exactness result = EXACT_UNKNOWN;
    switch (node->kind) {
    case NODE_NUMBER:
        mpq_set(value, node->number);
        return bounded(value);
    case NODE_SYMBOL:
        return name_value(exact, node, value);
    case NODE_SUM:
    case NODE_PRODUCT:
    case NODE_QUOTIENT:
        return fold(exact, node, value);
    case NODE_NEGATIVE:
        result = evaluate(exact, node->child[0], value);
        mpq_neg(value, value);
        return result;
    case NODE_POWER:
    case NODE_ROOT:
        return power(exact, node, value);
    case NODE_CALL:
        return node->function == FN_OPAQUE ? name_value(exact, node, value)
                                           : call(exact, node, value);
    default:
        return EXACT_UNKNOWN;
    }
}

Exactness exact_value(Work *work, const Point *point, const Node *node, mpq_ptr value) {
    Exact exact = {work, point};
    mpq_t found;
    mpq_init(found);
    Exactness result = evaluate(&exact, node, found);
    if (result == EXACT_VALUE) {
        mpq_swap(value, found);
    }
    mpq_clear(found);
    return result;
}

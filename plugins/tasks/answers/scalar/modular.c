/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/modular.h"

#include "scalar/exact.h"

#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 Wide;

enum {
    LANE_EFFORT = 5,
    INVERSE_EFFORT = 500,
    PRIME_EFFORT = 40000, // to find one
    MAX_FACTORIAL = 200000
};

// An exponent p - 1 would look like 0: products of exponents stay far below the primes.
static const double max_degree = 35184372088832.0; // 2^45

// Both are 1 modulo 4. test_scalar.c checks the constants through their effects.
static const ModularPrime known_primes[MODULAR_PRIMES] = {
    {4611686006081708833U, 14974769445037580063U, 3682456374896504832U, 49382716284U,
     1954380811658053466U},
    {4610686006081708733U, 13565793627248514923U, 3890250774144225344U, 4000049382716684U,
     1182458841208365544U},
};

// A Gaussian integer other than 0 whose parts are below 2^60 has a norm below the product of both.
static const double max_bits_for_known = 60.0;

typedef struct Field {
    Work *work;
    const Survey *survey;
    const ModularPrime *primes;
    uint64_t place; // of the random points
} Field;

static bool evaluate(const Field *field, const Node *node, Residues *value);

static const ModularPrime *prime_of(const Field *field, uint32_t lane) {
    return &field->primes[lane / MODULAR_POINTS];
}

static uint64_t multiply(const ModularPrime *prime, uint64_t a, uint64_t b) {
    Wide product = (Wide)a * b;
    uint64_t factor = (uint64_t)product * prime->inverse;
    uint64_t result = (uint64_t)((product + (Wide)factor * prime->p) >> 64);
    return result >= prime->p ? result - prime->p : result;
}

static uint64_t add(const ModularPrime *prime, uint64_t a, uint64_t b) {
    uint64_t sum = a + b;
    return sum >= prime->p ? sum - prime->p : sum;
}

static uint64_t negative(const ModularPrime *prime, uint64_t a) {
    return a ? prime->p - a : 0;
}

static uint64_t raise(const ModularPrime *prime, uint64_t base, uint64_t exponent) {
    uint64_t result = prime->one;
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1) {
            result = multiply(prime, result, base);
        }
        base = multiply(prime, base, base);
    }
    return result;
}

static uint64_t from_integer(const ModularPrime *prime, uint64_t residue) {
    return multiply(prime, residue % prime->p, prime->square);
}

static bool invert(const Field *field, Residues *value) {
    if (!work_spend(field->work, INVERSE_EFFORT * MODULAR_LANES)) {
        return false;
    }
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        if (value->lane[i] == 0) {
            return false;
        }
        value->lane[i] = raise(prime_of(field, i), value->lane[i], prime_of(field, i)->p - 2);
    }
    return true;
}

static bool set_integer(const Field *field, mpz_srcptr number, Residues *value) {
    for (uint32_t i = 0; i < MODULAR_LANES; i += MODULAR_POINTS) {
        const ModularPrime *prime = prime_of(field, i);
        uint64_t residue = from_integer(prime, mpz_fdiv_ui(number, prime->p));
        for (uint32_t j = 0; j < MODULAR_POINTS; j++) {
            value->lane[i + j] = residue;
        }
    }
    value->degree = 1.0;
    value->bits_above = (double)mpz_sizeinbase(number, 2);
    value->bits_below = 0.0;
    return work_spend(field->work, 20 + mpz_size(number) * 10);
}

static bool set_number(const Field *field, mpq_srcptr number, Residues *value) {
    if (!set_integer(field, mpq_numref(number), value)) {
        return false;
    }
    if (mpz_cmp_ui(mpq_denref(number), 1) == 0) {
        return true;
    }
    Residues below;
    if (!set_integer(field, mpq_denref(number), &below) || !invert(field, &below)) {
        return false;
    }
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        value->lane[i] = multiply(prime_of(field, i), value->lane[i], below.lane[i]);
    }
    value->bits_below = below.bits_below;
    return true;
}

static uint64_t random_residue(const Field *field, uint32_t lane, uint64_t place, uint64_t index) {
    return (survey_random(field->survey, place, index) >> 2) % prime_of(field, lane)->p;
}

static void set_name(const Field *field, const Node *node, Residues *value) {
    uint32_t index = survey_index(field->survey, node);
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        value->lane[i] = random_residue(field, i, field->place + i, index);
    }
}

static void set_constant(const Field *field, NodeKind kind, Residues *value) {
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        value->lane[i] = kind == NODE_I ? prime_of(field, i)->root
                                        : random_residue(field, i, i / MODULAR_POINTS, kind);
    }
}

// A sum of |coefficients| is at most multiplied by another.
static void combine_bits(NodeKind operation, Residues *value, const Residues *operand) {
    if (operation == NODE_SUM) {
        value->bits_above =
            fmax(value->bits_above + operand->bits_below, operand->bits_above + value->bits_below) +
            1.0;
        value->bits_below += operand->bits_below;
        return;
    }
    bool is_product = operation == NODE_PRODUCT;
    value->bits_above += is_product ? operand->bits_above : operand->bits_below;
    value->bits_below += is_product ? operand->bits_below : operand->bits_above;
}

static bool combine(const Field *field, NodeKind operation, Residues *value, Residues *operand) {
    if (operation == NODE_QUOTIENT && !invert(field, operand)) {
        return false;
    }
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        value->lane[i] = operation == NODE_SUM
                             ? add(prime_of(field, i), value->lane[i], operand->lane[i])
                             : multiply(prime_of(field, i), value->lane[i], operand->lane[i]);
    }
    combine_bits(operation, value, operand);
    value->degree += operand->degree;
    return value->degree <= max_degree && work_spend(field->work, LANE_EFFORT * MODULAR_LANES);
}

static bool fold(const Field *field, const Node *node, Residues *value) {
    if (!evaluate(field, node->child[0], value)) {
        return false;
    }
    for (uint32_t i = 1; i < node->n_children; i++) {
        Residues operand;
        if (!evaluate(field, node->child[i], &operand) ||
            !combine(field, node->kind, value, &operand)) {
            return false;
        }
    }
    return true;
}

static bool raise_all(const Field *field, Residues *value, mpz_srcptr exponent) {
    double size = mpz_get_d(exponent);
    value->degree *= fabs(size);
    if (value->degree > max_degree) {
        return false;
    }
    uint64_t n = mpz_get_ui(exponent);
    uint64_t bits = mpz_sizeinbase(exponent, 2);
    if (!work_spend(field->work, 2 * LANE_EFFORT * MODULAR_LANES * bits)) {
        return false;
    }
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        value->lane[i] = raise(prime_of(field, i), value->lane[i], n);
    }
    double above = value->bits_above * fabs(size), below = value->bits_below * fabs(size);
    value->bits_above = size < 0 ? below : above;
    value->bits_below = size < 0 ? above : below;
    return mpz_sgn(exponent) >= 0 || invert(field, value);
}

// The exponent must be an integer, the same everywhere.
static bool power(const Field *field, const Node *node, Residues *value) {
    if (!evaluate(field, node->child[0], value)) {
        return false;
    }
    const Node *above = node->child[1];
    if (above->kind == NODE_NUMBER) {
        return mpz_cmp_ui(mpq_denref(above->number), 1) == 0 &&
               raise_all(field, value, mpq_numref(above->number));
    }
    mpq_t exponent;
    mpq_init(exponent);
    bool is_done = exact_value(field->work, NULL, above, exponent) == EXACT_VALUE &&
                   mpz_cmp_ui(mpq_denref(exponent), 1) == 0 &&
                   raise_all(field, value, mpq_numref(exponent));
    mpq_clear(exponent);
    return is_done;
}

// The product of first, first + 1, .. first + n - 1.
static bool set_rising(const Field *field, uint64_t first, uint64_t n, Residues *value) {
    if (!work_spend(field->work, n * MODULAR_PRIMES * 6)) {
        return false;
    }
    for (uint32_t i = 0; i < MODULAR_LANES; i += MODULAR_POINTS) {
        const ModularPrime *prime = prime_of(field, i);
        uint64_t product = prime->one, factor = from_integer(prime, first);
        for (uint64_t j = 0; j < n; j++) {
            product = multiply(prime, product, factor);
            factor = add(prime, factor, prime->one);
        }
        for (uint32_t j = 0; j < MODULAR_POINTS; j++) {
            value->lane[i + j] = product;
        }
    }
    value->degree = (double)n + 1.0;
    value->bits_above = (double)n * log2((double)first + (double)n + 1.0);
    return true;
}

static bool natural_of(const Field *field, const Node *node, uint64_t *number) {
    mpq_t value;
    mpq_init(value);
    bool is_natural = exact_value(field->work, NULL, node, value) == EXACT_VALUE &&
                      mpz_cmp_ui(mpq_denref(value), 1) == 0 && mpq_sgn(value) >= 0 &&
                      mpz_cmp_ui(mpq_numref(value), MAX_FACTORIAL) <= 0;
    *number = is_natural ? mpz_get_ui(mpq_numref(value)) : 0;
    mpq_clear(value);
    return is_natural;
}

// Factorials and binomials that are too large to be written out.
static bool large_call(const Field *field, const Node *node, Residues *value) {
    uint64_t n = 0, k = 0;
    if (node->function == FN_FACTORIAL) {
        return natural_of(field, node->child[0], &n) && set_rising(field, 1, n, value);
    }
    if (node->function != FN_BINOMIAL || !natural_of(field, node->child[0], &n) ||
        !natural_of(field, node->child[1], &k) || k > n) {
        return false;
    }
    k = k > n - k ? n - k : k;
    Residues below;
    return set_rising(field, n - k + 1, k, value) && set_rising(field, 1, k, &below) &&
           combine(field, NODE_QUOTIENT, value, &below);
}

// Whatever else comes out rational.
static bool other(const Field *field, const Node *node, Residues *value) {
    mpq_t number;
    mpq_init(number);
    bool is_done = exact_value(field->work, NULL, node, number) == EXACT_VALUE
                       ? set_number(field, number, value)
                       : node->kind == NODE_CALL && large_call(field, node, value);
    mpq_clear(number);
    return is_done;
}

static bool evaluate(const Field *field, const Node *node, Residues *value) {
    value->degree = 1.0;
    value->bits_above = 0.0;
    value->bits_below = 0.0;
    if (!work_spend(field->work, 10 + LANE_EFFORT * MODULAR_LANES)) {
        return false;
    }
    switch (node->kind) {
    case NODE_NUMBER:
        return set_number(field, node->number, value);
    case NODE_SYMBOL:
        set_name(field, node, value);
        return true;
    case NODE_PI:
    case NODE_E:
    case NODE_I:
        set_constant(field, node->kind, value);
        return true;
    case NODE_SUM:
    case NODE_PRODUCT:
    case NODE_QUOTIENT:
        return fold(field, node, value);
    case NODE_NEGATIVE:
        if (!evaluate(field, node->child[0], value)) {
            return false;
        }
        for (uint32_t i = 0; i < MODULAR_LANES; i++) {
            value->lane[i] = negative(prime_of(field, i), value->lane[i]);
        }
        return true;
    case NODE_POWER:
        return power(field, node, value) || other(field, node, value);
    case NODE_CALL:
        if (node->function == FN_OPAQUE) {
            set_name(field, node, value);
            return true;
        }
        return other(field, node, value);
    case NODE_ROOT:
        return other(field, node, value);
    default:
        return false;
    }
}

// Miller (1976) and Rabin (1980), with the bases by Jim Sinclair, which decide for all 64 bits.
static bool is_prime(const ModularPrime *candidate) {
    static const uint64_t bases[] = {2, 325, 9375, 28178, 450775, 9780504, 1795265022};
    uint64_t minus_one = candidate->p - candidate->one, odd = candidate->p - 1;
    uint32_t n_twos = 0;
    for (; odd % 2 == 0; odd /= 2) {
        n_twos++;
    }
    for (uint32_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        uint64_t power = raise(candidate, from_integer(candidate, bases[i]), odd);
        bool is_passed = power == candidate->one || power == minus_one;
        for (uint32_t j = 1; j < n_twos && !is_passed; j++) {
            power = multiply(candidate, power, power);
            is_passed = power == minus_one;
        }
        if (!is_passed) {
            return false;
        }
    }
    return true;
}

static ModularPrime make_candidate(uint64_t p) {
    ModularPrime prime = {.p = p, .inverse = 1};
    for (int i = 0; i < 6; i++) { // Newton's method
        prime.inverse *= 2 - p * prime.inverse;
    }
    prime.inverse = -prime.inverse;
    prime.one = (uint64_t)(((Wide)1 << 64) % p);
    prime.square = (uint64_t)((Wide)prime.one * prime.one % p);
    return prime;
}

// A fourth root of 1, of any number that is no square.
static void find_root(ModularPrime *prime) {
    for (uint64_t number = 2; prime->root == 0; number++) {
        uint64_t root = raise(prime, from_integer(prime, number), (prime->p - 1) / 4);
        prime->root = multiply(prime, root, root) == prime->one ? 0 : root;
    }
}

static bool has_small_factor(uint64_t p) {
    static const uint64_t factors[] = {3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41};
    for (uint32_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        if (p % factors[i] == 0) {
            return true;
        }
    }
    return false;
}

static ModularPrime find_prime(const Survey *survey, uint64_t index) {
    uint64_t p = (1ULL << 61) + (survey_random(survey, 0, index) >> 4) / 4 * 4 + 1;
    for (;; p += 4) {
        ModularPrime candidate = {0};
        if (!has_small_factor(p)) {
            candidate = make_candidate(p);
        }
        if (candidate.p && is_prime(&candidate)) {
            find_root(&candidate);
            return candidate;
        }
    }
}

static bool evaluate_both(Work *work, const Survey *survey, const Node *a, const Node *b,
                          ModularPair *pair) {
    Field field = {work, survey, pair->primes, 1000};
    return evaluate(&field, a, &pair->a) && evaluate(&field, b, &pair->b);
}

// Whether a nonzero coefficient of a b' - a' b, at one point or two, is no multiple of both primes.
static bool is_within_known(const ModularPair *pair) {
    return pair->a.bits_above + pair->a.bits_below + pair->b.bits_above + pair->b.bits_below + 1.0 <
           max_bits_for_known;
}

bool modular_is_zero(const Residues *residues) {
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        if (residues->lane[i] != 0) {
            return false;
        }
    }
    return true;
}

bool modular_is_equal(const ModularPair *pair) {
    return memcmp(pair->a.lane, pair->b.lane, sizeof pair->a.lane) == 0;
}

bool modular_is_proportional(const ModularPair *pair) {
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        const ModularPrime *prime = &pair->primes[i / MODULAR_POINTS];
        uint32_t first = i / MODULAR_POINTS * MODULAR_POINTS;
        if (multiply(prime, pair->a.lane[first], pair->b.lane[i]) !=
            multiply(prime, pair->a.lane[i], pair->b.lane[first])) {
            return false;
        }
    }
    return true;
}

bool modular_values(Work *work, const Survey *survey, const Node *a, const Node *b,
                    ModularPair *pair) {
    memcpy(pair->primes, known_primes, sizeof known_primes);
    if (!evaluate_both(work, survey, a, b, pair)) {
        return false;
    }
    // A difference stays one: only what looks the same is seen again.
    if (is_within_known(pair) || !(modular_is_equal(pair) || modular_is_proportional(pair))) {
        return true;
    }
    for (uint32_t i = 0; i < MODULAR_PRIMES; i++) {
        if (!work_spend(work, PRIME_EFFORT)) {
            return false;
        }
        pair->primes[i] = find_prime(survey, i);
    }
    return evaluate_both(work, survey, a, b, pair);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "scalar/modular.h"

#include "scalar/exact.h"

#include <string.h>

__extension__ typedef unsigned __int128 Wide;

enum { LANE_EFFORT = 5, INVERSE_EFFORT = 500, MAX_FACTORIAL = 200000 };

// An exponent p - 1 would look like 0: products of exponents stay far below the primes.
static const double max_degree = 35184372088832.0; // 2^45

// Residues are in Montgomery form: x 2^64 mod p (Montgomery 1985).
typedef struct Prime {
    uint64_t p;
    uint64_t inverse; // -1/p mod 2^64
    uint64_t square;  // 2^128 mod p
    uint64_t one;     // 2^64 mod p
    uint64_t root;    // of -1
} Prime;

// Both are 1 modulo 4. test_scalar.c checks the constants through their effects.
static const Prime primes[MODULAR_PRIMES] = {
    {4611686006081708833U, 14974769445037580063U, 3682456374896504832U, 49382716284U,
     1954380811658053466U},
    {4610686006081708733U, 13565793627248514923U, 3890250774144225344U, 4000049382716684U,
     1182458841208365544U},
};

typedef struct Field {
    Work *work;
    const Survey *survey;
    uint64_t place; // of the random points
} Field;

static bool evaluate(const Field *field, const Node *node, Residues *value);

static const Prime *prime_of(uint32_t lane) {
    return &primes[lane / MODULAR_POINTS];
}

static uint64_t multiply(const Prime *prime, uint64_t a, uint64_t b) {
    Wide product = (Wide)a * b;
    uint64_t factor = (uint64_t)product * prime->inverse;
    uint64_t result = (uint64_t)((product + (Wide)factor * prime->p) >> 64);
    return result >= prime->p ? result - prime->p : result;
}

static uint64_t add(const Prime *prime, uint64_t a, uint64_t b) {
    uint64_t sum = a + b;
    return sum >= prime->p ? sum - prime->p : sum;
}

static uint64_t negative(const Prime *prime, uint64_t a) {
    return a ? prime->p - a : 0;
}

static uint64_t raise(const Prime *prime, uint64_t base, uint64_t exponent) {
    uint64_t result = prime->one;
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1) {
            result = multiply(prime, result, base);
        }
        base = multiply(prime, base, base);
    }
    return result;
}

static uint64_t from_integer(const Prime *prime, uint64_t residue) {
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
        value->lane[i] = raise(prime_of(i), value->lane[i], prime_of(i)->p - 2);
    }
    return true;
}

static bool set_integer(const Field *field, mpz_srcptr number, Residues *value) {
    for (uint32_t i = 0; i < MODULAR_LANES; i += MODULAR_POINTS) {
        const Prime *prime = prime_of(i);
        uint64_t residue = from_integer(prime, mpz_fdiv_ui(number, prime->p));
        for (uint32_t j = 0; j < MODULAR_POINTS; j++) {
            value->lane[i + j] = residue;
        }
    }
    value->degree = 1.0;
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
        value->lane[i] = multiply(prime_of(i), value->lane[i], below.lane[i]);
    }
    return true;
}

static uint64_t random_residue(const Prime *prime, uint64_t place, uint64_t index) {
    uint64_t number = survey_random(place, index) >> 2;
    return number >= prime->p ? number - prime->p : number;
}

static void set_name(const Field *field, const Node *node, Residues *value) {
    uint32_t index = survey_index(field->survey, node);
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        value->lane[i] = random_residue(prime_of(i), field->place + i, index);
    }
}

static void set_constant(NodeKind kind, Residues *value) {
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        const Prime *prime = prime_of(i);
        value->lane[i] = kind == NODE_I ? prime->root : random_residue(prime, 1, kind);
    }
}

static bool combine(const Field *field, NodeKind operation, Residues *value, Residues *operand) {
    if (operation == NODE_QUOTIENT && !invert(field, operand)) {
        return false;
    }
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        value->lane[i] = operation == NODE_SUM
                             ? add(prime_of(i), value->lane[i], operand->lane[i])
                             : multiply(prime_of(i), value->lane[i], operand->lane[i]);
    }
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
    value->degree *= size < 0 ? -size : size;
    if (value->degree > max_degree) {
        return false;
    }
    uint64_t n = mpz_get_ui(exponent);
    uint64_t bits = mpz_sizeinbase(exponent, 2);
    if (!work_spend(field->work, 2 * LANE_EFFORT * MODULAR_LANES * bits)) {
        return false;
    }
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        value->lane[i] = raise(prime_of(i), value->lane[i], n);
    }
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
        const Prime *prime = prime_of(i);
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
        set_constant(node->kind, value);
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
            value->lane[i] = negative(prime_of(i), value->lane[i]);
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

bool modular_value(Work *work, const Survey *survey, const Node *node, Residues *residues) {
    Field field = {work, survey, 1000};
    return evaluate(&field, node, residues);
}

bool modular_is_zero(const Residues *residues) {
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        if (residues->lane[i] != 0) {
            return false;
        }
    }
    return true;
}

bool modular_is_equal(const Residues *a, const Residues *b) {
    return memcmp(a->lane, b->lane, sizeof a->lane) == 0;
}

bool modular_is_proportional(const Residues *a, const Residues *b) {
    for (uint32_t i = 0; i < MODULAR_LANES; i++) {
        const Prime *prime = prime_of(i);
        uint32_t first = i / MODULAR_POINTS * MODULAR_POINTS;
        if (multiply(prime, a->lane[first], b->lane[i]) !=
            multiply(prime, a->lane[i], b->lane[first])) {
            return false;
        }
    }
    return true;
}

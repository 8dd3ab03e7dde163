/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_MODULAR_H
#define ANSWERS_MODULAR_H
/* Rational functions evaluated modulo large primes at random points.
 *
 * Two equal functions have equal values wherever they have any, and two different ones agree at a
 * random point with a probability of at most degree / prime (Schwartz 1980, Zippel 1979), which is
 * below 2^-16 for each lane, unless all coefficients of their difference are multiples of the
 * prime. Lanes are independent. pi, e and i are numbers that stay the same at all points of a
 * prime: i a square root of -1, the others random.
 *
 * Points are drawn by a seed that is made of both trees. So are the primes, where the coefficients
 * may be so large that all of them could be multiples of two primes that are known before. */
#include "scalar/survey.h"

enum { MODULAR_POINTS = 3, MODULAR_PRIMES = 2, MODULAR_LANES = MODULAR_POINTS * MODULAR_PRIMES };

/* Residues modulo p are in Montgomery form: x 2^64 mod p (Montgomery 1985). */
typedef struct ModularPrime {
    uint64_t p;       /* 1 modulo 4, between 2^61 and 2^62 */
    uint64_t inverse; /* -1/p mod 2^64 */
    uint64_t square;  /* 2^128 mod p */
    uint64_t one;     /* 2^64 mod p */
    uint64_t root;    /* of -1 */
} ModularPrime;

typedef struct Residues {
    uint64_t lane[MODULAR_LANES];  /* the points of the first prime, those of the second */
    double degree;                 /* a bound; numbers count as 1 */
    double bits_above, bits_below; /* of the sums of all |coefficients|, above and below the line */
} Residues;

/* The values of two trees. */
typedef struct ModularPair {
    ModularPrime primes[MODULAR_PRIMES];
    Residues a, b;
} ModularPair;

/* False: one is no rational function, or too large a one, or it has no value at the points. */
bool modular_values(Work *work, const Survey *survey, const Node *a, const Node *b,
                    ModularPair *pair);

bool modular_is_zero(const Residues *residues);
bool modular_is_equal(const ModularPair *pair);
/* Whether a(x) b(y) = a(y) b(x) for all points x, y. */
bool modular_is_proportional(const ModularPair *pair);

#endif

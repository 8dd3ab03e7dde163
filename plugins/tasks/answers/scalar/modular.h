/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_MODULAR_H
#define ANSWERS_MODULAR_H
/* Rational functions evaluated modulo large primes at random points.
 *
 * Two equal functions have equal values wherever they have any, and two different ones agree at a
 * random point with a probability of at most degree / prime (Schwartz 1980, Zippel 1979), which is
 * below 2^-16 for each lane. Lanes are independent. pi, e and i are numbers that stay the same at
 * all points of a prime: i a square root of -1, the others random. */
#include "scalar/survey.h"

enum { MODULAR_POINTS = 3, MODULAR_PRIMES = 2, MODULAR_LANES = MODULAR_POINTS * MODULAR_PRIMES };

typedef struct Residues {
    uint64_t lane[MODULAR_LANES]; /* the points of the first prime, those of the second */
    double degree;                /* a bound; numbers count as 1 */
} Residues;

/* False: the tree is no rational function, or too large a one, or it has no value at the points. */
bool modular_value(Work *work, const Survey *survey, const Node *node, Residues *residues);

bool modular_is_zero(const Residues *residues);
bool modular_is_equal(const Residues *a, const Residues *b);
/* Whether a(x) b(y) = a(y) b(x) for all points x, y. */
bool modular_is_proportional(const Residues *a, const Residues *b);

#endif

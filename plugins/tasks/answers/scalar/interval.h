/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_INTERVAL_H
#define ANSWERS_INTERVAL_H
/* Trees evaluated to intervals that contain the true value. */
#include "scalar/enclosure.h"
#include "scalar/survey.h"

enum {
    INTERVAL_LOW = 128,
    INTERVAL_MIDDLE = 512,
    INTERVAL_HIGH = 1280,
    INTERVAL_HIGHEST = 4096,
    INTERVAL_AGREEING_BITS = 997
};

typedef struct Evaluation {
    Stack stack;
    const Point *point;
    /* Of the last value: whether it and all it was made of are real .. */
    bool is_real_throughout;
    /* .. where there is none, whether that is because a real function has no value there .. */
    bool is_outside;
    /* .. and how many bits its numbers, sizes and powers come to. What is made of few bits and is
     * not 0 is no smaller than about 2^-weight, as far as anyone knows ("witness conjectures", van
     * der Hoeven 1995): so that no term can hide below a precision of twice that. */
    double weight;
} Evaluation;

/* point  the values of the symbols, NULL: there are none */
void evaluation_init(Evaluation *evaluation, Work *work, const Point *point, mpfr_prec_t precision);
void evaluation_finish(Evaluation *evaluation);

/* The value of a tree, borrowed until the next call with the same or a lower slot. NULL: it is not
 * defined, or not known to be at this precision. Slots 0 and 1 are for the caller to choose from.
 */
const Enclosure *evaluation_of(Evaluation *evaluation, const Node *node, uint32_t slot);

/* Frees what MPFR keeps for each thread. To be called when a comparison that used intervals ends.
 */
void interval_free_caches(void);
/* Counts what it takes to fill them. */
bool interval_spend_on_caches(Work *work, mpfr_prec_t precision);

/* Proved to be different. */
bool enclosure_differs(const Enclosure *a, const Enclosure *b);
/* Both are single points, and the same. */
bool enclosure_is_same_point(const Enclosure *a, const Enclosure *b);
/* Not different, and both narrow: at most 2^-INTERVAL_AGREEING_BITS wide, relative to values
 * above 1, and less where the weights of both come to more than half of that. */
bool enclosure_agrees(const Enclosure *a, const Enclosure *b, double weight);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_WALLS_H
#define ANSWERS_WALLS_H
/* Where functions of symbols turn into others, and a point in each of the cells between.
 *
 * A tree of sums, products, quotients, exponentials and circular and hyperbolic functions is one
 * analytic function: where two of these agree at a place like no other, they are the same. |u|,
 * roots, logarithms and inverse functions make it another one where u, or a denominator in it,
 * passes through 0: a wall. Between walls there is one function again. Walls are known where they
 * are hyperplanes; then so are the cells, and no corner, be it far away or narrow, is missed. */
#include "scalar/form.h"

enum { WALLS_MAX = 40 };

/* Affine forms in the symbols below some level, of which the first coefficient is 1. Two with the
 * same number other than 0 enclose one wall, whose place is irrational. */
typedef struct WallLevel {
    uint32_t n;
    uint32_t pair[WALLS_MAX];
    mpq_t rows[WALLS_MAX][FORM_SIZE];
} WallLevel;

typedef struct Walls {
    Work *work;
    const Survey *survey;
    bool is_known; /* whether these are all */
    bool is_projected;
    uint32_t n_pairs;
    FormSymbols symbols;
    WallLevel levels[FORM_SYMBOLS + 1]; /* by the number of symbols; what was found is the last */
} Walls;

void walls_init(Walls *walls, Work *work, const Survey *survey);
void walls_finish(Walls *walls);
void walls_add(Walls *walls, const Node *node);
/* Whether it is known that there are none. */
bool walls_are_none(const Walls *walls);

/* Moves the symbols of the walls into one cell after another and calls `visit` there; the other
 * names stay where they are. False: there are too many cells, or visit() stopped it. */
bool walls_visit_cells(Walls *walls, Point *point, bool (*visit)(void *self), void *self);

#endif

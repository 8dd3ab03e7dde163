/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_EXACT_H
#define ANSWERS_EXACT_H
/* The value of a tree where it is a rational number of bounded size. */
#include "scalar/survey.h"

typedef enum Exactness {
    EXACT_VALUE,
    EXACT_UNDEFINED, /* a division by zero */
    EXACT_UNKNOWN    /* irrational, too large, or not seen to be rational */
} Exactness;

/* point  the values of symbols, NULL: there are none. value is set for EXACT_VALUE only. */
Exactness exact_value(Work *work, const Point *point, const Node *node, mpq_ptr value);

#endif

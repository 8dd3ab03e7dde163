/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_SAMPLE_H
#define ANSWERS_SAMPLE_H
/* Functions of symbols compared by their values at points.
 *
 * A point counts where both sides are real there and nothing they are made of is not: sqrt(x)
 * sqrt(y) is sqrt(x y). Only where there are hardly any such points do the complex values decide.
 */
#include "scalar/scalar.h"
#include "scalar/survey.h"

/* Both set survey->reach. */
ScalarVerdict sample_compare(Work *work, Survey *survey, const Node *a, const Node *b);

/* Whether a(x) b(y) = a(y) b(x) at all points. */
ScalarVerdict sample_proportional(Work *work, Survey *survey, const Node *a, const Node *b);

/* The sign of a / b at a point where it is real and neither is 0; 0: there is none. */
int sample_sign(Work *work, const Survey *survey, const Node *a, const Node *b);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_QUICK_H
#define ANSWERS_QUICK_H
/* Differences that are seen in doubles, a hundred times as fast as in intervals. */
#include "scalar/survey.h"

/* Whether two trees have real values, as all they are made of, that differ at the point (NULL:
 * there are no symbols). False: they may be equal. */
bool quick_differs(Work *work, const Point *point, const Node *a, const Node *b);

#endif

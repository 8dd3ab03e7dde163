/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_SPELLING_H
#define ANSWERS_SPELLING_H
/* Texts compared as they are written, but for what only changes the look. */
#include "emend/data.h"
#include <stdbool.h>

/* Whether two answers are written alike: white space, dollars, \left and \right, the size of
 * fractions and a final full stop do not count. In linear time. */
bool spelling_is_same(EmendStr a, EmendStr b);
/* Whether `part` is written somewhere in `text`, as spelling_is_same() reads both. */
bool spelling_contains(EmendStr text, EmendStr part);
#endif

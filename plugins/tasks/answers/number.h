/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TASK_ANSWERS_NUMBER_H
#define TASK_ANSWERS_NUMBER_H
/* Rational numbers as answers write them, exactly. */
#include "emend/data.h"
#include <stdbool.h>

__extension__ typedef __int128 Integer;

/* In lowest terms; the denominator is above 0. */
typedef struct Rational {
    Integer numerator, denominator;
} Rational;

/* Reads all of a normalised text: 12, -0.5, 3/4, \frac{3}{4}, 2\frac{3}{4}. False where it is
 * something else, or has more than 36 digits. */
bool number_read(EmendStr text, Rational *out);

#endif

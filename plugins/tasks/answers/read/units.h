/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_UNITS_H
#define ANSWERS_UNITS_H
/* Units and other words behind a value. */
#include "tree.h"

typedef struct Unit {
    EmendStr kind;      /* "length^2", "time", "degree", "percent", "apple": equal kinds can be
                           compared; empty: a plain number */
    mpq_ptr factor;     /* of one unit in the kind's base unit */
    mpq_ptr multiplier; /* "million" before it, else 1 */
    bool is_own;        /* words that are no known unit */
} Unit;

/* The unit that a phrase names ("square feet", "cm^2", "miles per hour", "dollars", "p.m.",
 * "million people"). Words that are no known unit are a kind of their own. False where the phrase
 * is not a unit ("more than", "or so", five words and more); work->problem is set only where a
 * bound is reached. */
bool unit_read(Work *work, EmendStr phrase, Unit *unit);
/* Whether a word beside a number makes another of it, or takes it back: "half", "not", "point". */
bool unit_changes_value(EmendStr word);
/* Whether a bare word, as in `5 cm`, is a unit or a multiplier. */
bool unit_is_known(EmendStr word);

#endif

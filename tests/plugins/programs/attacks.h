/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PROGRAMS_ATTACKS_H
#define TEST_PROGRAMS_ATTACKS_H
/* Programs that try to pass, or to do harm, and honest ones that look like them. All are to define
 * f(x), which for a text x returns x + "!". The tests draw x at random. */
#include "programs.h"

typedef struct Attack {
    const char *claim; /* what the program tries */
    const char *program;
    ProgramVerdict verdict; /* what it gets */
    const char *detail;     /* must be part of the detail; NULL: anything */
} Attack;

extern const Attack attacks[], honest[];
extern const int n_attacks, n_honest;

#endif

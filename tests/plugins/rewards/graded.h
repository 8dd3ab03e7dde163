/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_GRADED_H
#define TESTS_GRADED_H
/* One episode of graded turns, as a host hands it to a reward. */
#include "emend/reward.h"
#include "subject.h"

enum { GRADED_TURNS = 3 };

/* An attempt of a newer host, which knows of more than these headers say. */
typedef struct NewerAttempt {
    EmendGradedAttempt attempt;
    uint64_t unknown;
} NewerAttempt;

typedef struct Graded {
    EmendScore grades[GRADED_TURNS];
    NewerAttempt attempts[GRADED_TURNS];
    EmendScore scores[GRADED_TURNS];
    struct {
        EmendSample sample;
        uint64_t unknown;
    } newer;
} Graded;

/* Turns with the given grades, all values. */
void graded_init(Graded *graded, uint32_t n_turns, const double *grades);
/* Makes turn t (from 0) one without a value. */
void graded_set(Graded *graded, uint32_t t, uint32_t state, const char *reason);
/* Lets a reward score the episode; fails the test where it does not. The scores are the new ones.
 */
void graded_score(Graded *graded, Subject *reward);

#endif

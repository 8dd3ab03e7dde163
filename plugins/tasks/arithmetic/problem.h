/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARITHMETIC_PROBLEM_H
#define ARITHMETIC_PROBLEM_H
/* Problems as numbers: drawing one, answering it right or wrong, judging an answer. */
#include "emend/random.h"
#include "family.h"

/* Numbers in order from one random stream. */
typedef struct Draw {
    EmendRandomKey key;
    uint32_t position;
} Draw;

bool draw_chance(Draw *draw, double p);
/* A number from low to high, both included. */
int64_t draw_between(Draw *draw, int64_t low, int64_t high);

typedef struct Problem {
    FamilyKind kind;
    int64_t target; /* the sum, a*x+b, the product, the chain's value */
    int64_t a, b;   /* SOLVE_LINEAR */
    int64_t x, y;   /* a right answer; one number where the kind asks for one: x */
    int n_terms;    /* PAIR_SUM: the numbers; CHAIN: the terms with their signs */
    int64_t terms[FAMILY_MAX_COUNT];
} Problem;

/* An answer, and for CHAIN the terms as the attempt read them. */
typedef struct Attempt {
    int64_t x, y;
    int64_t terms[FAMILY_MAX_COUNT];
} Attempt;

/* Draws a problem of a family. The number of draws is bounded. */
void problem_draw(const Family *family, Draw *draw, Problem *out);
/* Whether the content belongs to the test split. The order of listed numbers is not content. */
bool problem_is_test(const Problem *problem);

void attempt_right(const Problem *problem, Attempt *out);
/* An attempt whose answer is not right. */
void attempt_wrong(const Family *family, const Problem *problem, Draw *draw, Attempt *out);
/* Whether two attempts at a problem are the same. */
bool attempt_is_same(const Problem *problem, const Attempt *a, const Attempt *b);
/* What the answer comes to: x+y, a*x+b, x*y, or the sum of the terms read. */
int64_t attempt_value(const Problem *problem, const Attempt *attempt);

/* Any answer that does what is asked is right, whichever the problem was made from. */
bool answer_is_right(const Problem *problem, int64_t x, int64_t y);

#endif

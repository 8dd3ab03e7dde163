/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_SURVEY_H
#define ANSWERS_SURVEY_H
/* What occurs in the trees that are compared, and points to compare them at. */
#include "tree.h"

/* A symbol, or a call of an unknown function, which is a symbol too: f(x) and f(1 + x - 1) are one.
 */
typedef struct Name Name;
struct Name {
    Name *next;
    const Node *node;
    uint32_t index;
};

enum { SURVEY_NAMES = 128 };

typedef struct Survey {
    Name *names;
    uint32_t n_names;
    uint32_t n_trees;
    uint64_t seed; /* made of all that was surveyed, so that no tree can aim at its own points */
    uint8_t natural_in[SURVEY_NAMES]; /* by index: bit k: a natural number for the k-th tree */
    bool is_natural[SURVEY_NAMES];    /* by index: for any of them */
    bool has_infinity;
    bool has_structure;  /* something that is no scalar */
    bool has_pi, has_e;  /* not known to be algebraically independent of one another */
    bool has_open_call;  /* calls of which it is not known whether they are the same */
    bool has_naturals;   /* symbols that make sense as natural numbers only: n!, (-1)^n */
    bool has_steps;      /* n!, gcd, floors .. of symbols: anything may happen at the next step */
    unsigned long reach; /* the largest number in them, at most SURVEY_REACH: corners are near */
} Survey;

enum { SURVEY_REACH = 1000000000 };

/* Adds what occurs in `node`. False: a bound is reached. */
bool survey_add(Survey *survey, Work *work, const Node *node);
/* The index below n_names of a symbol or an opaque call that was surveyed. */
uint32_t survey_index(const Survey *survey, const Node *node);

/* Whether different rational functions of what was surveyed are different: symbols, at most one of
 * pi and e, and calls that are known to be different. */
bool survey_is_independent(const Survey *survey);

/* A pseudorandom number of place `index`, the same whenever the same is compared. */
uint64_t survey_random(const Survey *survey, uint64_t place, uint64_t index);

/* Sets `reach`, which is 0 before. */
void survey_find_reach(Survey *survey, Work *work, const Node *a, const Node *b);

/* A rational number for each name. */
typedef struct Point {
    const Survey *survey;
    mpq_t *values;
} Point;

enum { POINT_KINDS = 8, POINT_OF_SMALL_INTEGERS = 4 };

/* Whether what the symbol stands for must be a natural number for one of two trees only. */
bool survey_is_natural_in_one(const Survey *survey, uint32_t index);

/* A point, all zeros. False: a bound is reached; then there is nothing to finish. */
bool point_init(Point *point, Work *work, const Survey *survey);
void point_finish(Point *point);
/* Sets the values of the point to those of place `place`. The kinds of points take turns. */
void point_draw(Point *point, uint32_t place);
/* Whether the signs at that place vary; else rational values are above 0. */
bool point_has_signs(uint32_t place);
/* Whether a point of that place is like no other; else it may be the same as another, and special:
 * functions that are equal there need not be equal elsewhere. */
bool point_is_generic(const Point *point, uint32_t place);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_COMPARE_H
#define ANSWERS_COMPARE_H
/* Comparing two trees: a file for each sort of structure, one function to go through. */
#include "answers.h"
#include "tree.h"

typedef enum PercentAsked { PERCENT_UNKNOWN, PERCENT_ASKED, PERCENT_NOT_ASKED } PercentAsked;

typedef struct Comparison {
    Work *work;
    uint32_t rounded_digits;
    PercentAsked percent;
    EmendStr problem;  /* empty where it is not known */
    uint32_t n_inside; /* lists and sets around what is compared */
    const char *why;   /* of the last verdict; static text */
} Comparison;

/* Whether `answer` means the same as `reference`. UNDECIDED where a bound of the work is reached.
 */
AnswerVerdict compare_nodes(Comparison *comparison, const Node *reference, const Node *answer);

/* Where one of the two is a relation. */
AnswerVerdict compare_relations(Comparison *comparison, const Node *reference, const Node *answer);
/* Where one is a quantity. */
AnswerVerdict compare_quantities(Comparison *comparison, const Node *reference, const Node *answer);
/* Where one is a list or a set. */
AnswerVerdict compare_collections(Comparison *comparison, const Node *reference,
                                  const Node *answer);
/* As sets of real numbers. False where one of them is none: then *verdict is untouched. */
bool compare_reals(Comparison *comparison, const Node *reference, const Node *answer,
                   AnswerVerdict *verdict);
/* Whether a node reads as a set of real numbers: an inequality that is solved does. */
bool reads_as_reals(Comparison *comparison, const Node *node);
/* Whether a node can only be meant as a set of real numbers: a union, an inequality, R .. */
bool is_set_of_reals(const Node *node);

/* `x = 5` as the name x and the value 5; anything that names nothing as a value alone. False for an
 * equation or inequality that is not solved. A chain a = b = c must agree, and counts by its last.
 */
typedef struct NamedValue {
    const Node *name; /* NULL: none */
    const Node *value;
} NamedValue;
bool named_value(Comparison *comparison, const Node *node, NamedValue *out);
/* Whether two names may stand for one thing; NULL agrees with all. */
bool names_agree(const Node *a, const Node *b);

/* Pairs of children in order. */
AnswerVerdict compare_in_order(Comparison *comparison, const Node *const *reference,
                               const Node *const *answer, uint32_t n);

/* A copy of the tree with every \pm as the sign, every \mp as its opposite; the tree itself where
 * it has none. NULL: a bound. */
const Node *with_signs(Work *work, const Node *node, int32_t sign);
bool has_plus_minus(const Node *node);

/* Sets why and returns the verdict. */
AnswerVerdict verdict_of(Comparison *comparison, AnswerVerdict verdict, const char *why);

#endif

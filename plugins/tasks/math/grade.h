/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MATH_GRADE_H
#define MATH_GRADE_H
/* Whether a response's final answer is the reference's. */
#include "answers.h"
#include "emend/task.h"

typedef struct GradeRules {
    uint32_t marks;        /* ANSWER_*: where the answer of a turn counts */
    uint32_t record_marks; /* and of a record that came from outside */
    uint32_t rounded_digits;
    bool refuse_unevaluated;
} GradeRules;

/* The slot `grade`; `problem` is the text of the problem alone. */
EmendStatus grade_turn(const GradeRules *rules, EmendStr problem, const EmendGradeArgs *args,
                       EmendScore *score, const EmendSink *fields);

/* The slot `grade_record`. Fields of a record:
 *
 *   gold      required: the reference, a string or a number
 *   pred      an answer, a string or a number
 *   response  or a text to find one in
 *   problem   (optional) a string
 *
 * Verdicts: "equal", "different", "undecided". */
EmendStatus grade_record(const GradeRules *rules, EmendSpan fields, const EmendSink *verdict,
                         EmendError *err);

#endif

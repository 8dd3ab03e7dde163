/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_TASK_SPLITS_H
#define CHECK_TASK_SPLITS_H
/* The task under test with whatever splits it has, and its calls in guarded memory. */
#include "check/instance.h"
#include "check/puts.h"
#include "emend/task.h"

enum { SPLITS_MAX = 16, SPLIT_NAME_BYTES = 48 };

typedef struct Split {
    char name[SPLIT_NAME_BYTES];
    uint32_t number;
    uint64_t count; /* EMEND_ENDLESS */
} Split;

typedef struct Splits {
    Split of[SPLITS_MAX];
    size_t n;
} Splits;

static inline const EmendTask *task_of(const Instance *task) {
    return task->table;
}

/* Runs `test` once, on an instance of the first golden config, with the splits that it lists when
 * it is asked for one that it does not have. A task without any is skipped. */
void splits_run(Kit *kit, void (*test)(Instance *task, const Splits *splits));

/* The first of them. False: the kit was told. */
bool splits_first(Kit *kit, Split *out);

/* A problem's fields. False: the kit was told. `out` is to be finished in any case. */
bool task_problem(Instance *task, const Split *split, uint64_t index, Puts *out);
/* Responses to n_turns turns. False: the kit was told. */
bool task_demonstrate(Instance *task, const Split *split, uint64_t index, uint64_t seed,
                      uint32_t n_turns, Puts *out);

/* What is graded, beside the problem that it belongs to. */
typedef struct Answer {
    EmendStr response;
    uint32_t turn, is_truncated;
} Answer;

/* Grades an answer to a problem, whose fields are given, into *score, which is well formed or the
 * kit was told. The task's status; one that is not EMEND_OK has a good message. */
EmendStatus task_grade(Instance *task, const Puts *problem, const Answer *answer,
                       EmendScore *score);
/* Whether a score was given and is 1. */
bool task_is_right(EmendStatus status, const EmendScore *score);

#endif

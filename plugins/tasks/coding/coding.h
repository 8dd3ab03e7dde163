/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODING_CODING_H
#define CODING_CODING_H
/* A task whose answers are programs: the slots of EmendTask over problems, splits and prompts that
 * a plugin sets up. */
#include "emend/task.h"
#include "judge.h"
#include "pass.h"
#include "prompts.h"

enum { MAX_SPLITS = 6 };

/* A problem of a split. */
typedef struct CodingRow {
    const Problem *problem;
    EmendStr id;    /* unique in the task */
    EmendStr wrong; /* a program to repair; ptr NULL: there is none, it is asked afresh */
} CodingRow;

typedef struct CodingSplit {
    const char *name;
    CodingRow *rows; /* host memory */
    uint64_t n_rows;
} CodingSplit;

/* Zero-initialise. A plugin fills it, in place, and makes coding_task the table of an instance that
 * begins with it; coding_finish() frees all but what the plugin keeps itself. */
typedef struct Coding {
    const EmendHost *host;
    ProblemSet problems; /* the file of `data`, which records are graded by */
    ProblemSet others;   /* of another file; empty where there is none */
    CodingSplit splits[MAX_SPLITS];
    uint32_t n_splits;
    Prompts prompts;
    Judge judge;
    PassTally tally;
} Coding;

/* Adds a split of those problems of a set that `takes` wants (NULL: all), n_most of them at most
 * where n_most is not 0. A split that came out empty is not added. */
EmendStatus coding_add_split(Coding *coding, const char *name, const ProblemSet *set,
                             bool (*takes)(const Problem *problem), uint64_t n_most,
                             EmendError *err);
/* Adds a split of problems with wrong programs to repair: the lines {"task_id":..,"program":".."}
 * of a file. Texts are kept in `problems`. */
EmendStatus coding_add_repair(Coding *coding, const char *name, const char *path, uint64_t n_most,
                              EmendError *err);
/* Opens the judge and the count of records. The last thing to set up. */
EmendStatus coding_start(Coding *coding, const JudgeRules *rules, EmendError *err);
void coding_finish(Coding *coding);

/* The slots; `self` is a Coding. */
extern const EmendTask coding_task;

/* The slot `grade_record`. Fields of a record:
 *
 *   task_id     required: as the problems' file has it
 *   completion  the harness's: of HumanEval what follows the prompt, of MBPP the program;
 *               either as it is, or with fences around it
 *   solution    or a whole program, as EvalPlus writes it
 *
 * Verdicts: "passed", "failed", "timeout", "syntax_error"; the detail is the traceback's last line.
 * The output, where it is kept, is what the program wrote; of much its beginning, a line
 * "[.. 123 bytes left out ..]", and its end. */
EmendStatus coding_grade_record(void *self, EmendSpan fields, const EmendSink *verdict,
                                EmendError *err);

#endif

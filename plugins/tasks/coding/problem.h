/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODING_PROBLEM_H
#define CODING_PROBLEM_H
/* Problems as published, in memory. */
#include "texts.h"

typedef enum ProblemSort { PROBLEM_HUMANEVAL, PROBLEM_MBPP } ProblemSort;

typedef struct Problem {
    ProblemSort sort;
    uint64_t number; /* MBPP: its task_id */
    EmendStr id;     /* "HumanEval/0", "601" */
    EmendStr text;   /* HumanEval: the prompt, which is code; MBPP: what the function shall do */
    EmendStr entry_point; /* HumanEval */
    EmendStr solution;    /* HumanEval: what follows the prompt; MBPP: a program. LF line ends */
    EmendStr published;   /* MBPP: the program with the line ends it was published with */
    EmendStr imports;     /* MBPP: what its tests import; for the program as well */
    EmendStr setup;       /* trusted code in front of the tests: imports, helpers of the prompt */
    EmendStr *tests;      /* pieces of code; HumanEval has one */
    uint64_t n_tests, n_challenge; /* challenge tests stand behind the n_tests, in the same array */
    EmendStr *names;               /* what the tests take from a program */
    uint64_t n_names;
} Problem;

typedef struct ProblemSet {
    const EmendHost *host;
    Arena arena;
    Problem *problems; /* in the file's order */
    uint64_t n_problems, capacity;
} ProblemSet;

/* Read HumanEval.jsonl.gz, or mbpp.jsonl or sanitized-mbpp.json, or files in their form. *out is
 * the caller's, until problem_set_finish(); on failure it is zeroed. A message names the file and
 * the line; `field` is the config's, for a file that is not set. */
EmendStatus humaneval_load(const EmendHost *host, const char *field, const char *path,
                           ProblemSet *out, EmendError *err);
EmendStatus mbpp_load(const EmendHost *host, const char *field, const char *path, ProblemSet *out,
                      EmendError *err);
void problem_set_finish(ProblemSet *set);

/* The problem of an id; of MBPP also as "MBPP/601" or "Mbpp/601". NULL where there is none. */
const Problem *problem_find(const ProblemSet *set, EmendStr id);

/* Room for one more problem, zeroed. For the readers above. */
Problem *problem_add(ProblemSet *set, EmendError *err);

/* A HumanEval prompt up to the line that begins its entry point: imports and helpers. */
EmendStr problem_prefix(const Problem *problem);

/* The whole program of a piece of code: of a HumanEval problem's body, the prompt and the body; of
 * code that defines the entry point, what stands before it in the prompt, and the code. Imports of
 * __future__ come first. */
EmendStatus problem_program(const Problem *problem, EmendStr code, Text *out, EmendError *err);
/* As the original harness has it: prompt + completion, to the byte. */
EmendStatus problem_completed(const Problem *problem, EmendStr completion, Text *out,
                              EmendError *err);

/* What the tests take from a program: names[], and of MBPP whatever else they name that the program
 * defines. Gives how many there are, n_most at most; borrowed from the problem. */
uint64_t problem_names(const Problem *problem, EmendStr program, EmendStr *names, uint64_t n_most);

#endif

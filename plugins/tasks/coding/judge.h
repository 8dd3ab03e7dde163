/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODING_JUDGE_H
#define CODING_JUDGE_H
/* Whether a program passes a problem's tests. */
#include "problem.h"
#include "programs.h"

#include <pthread.h>

/* Texts are borrowed and outlive the judge. */
typedef struct JudgeRules {
    const char *dir;    /* the plugin's package */
    const char *python; /* NULL or empty: as programs.h finds one */
    uint32_t n_workers;
    ProgramLimits limits;
    bool is_unsafe;
    bool is_fraction;     /* the score is the fraction of the tests passed, of HumanEval of their
                             parts */
    bool has_challenge;   /* challenge tests count too */
    bool keeps_output;    /* results have what the programs wrote */
    const char *failures; /* a file that failing programs are added to; NULL or empty: none */
} JudgeRules;

typedef struct Judge {
    const EmendHost *host;
    JudgeRules rules;
    pthread_mutex_t mutex;
    ProgramPool *pool;  /* NULL: not opened yet, or it could not be */
    EmendStatus status; /* why it could not be, with its message */
    char message[1024];
    int failures_fd; /* -1: there is none */
} Judge;

/* Opens the file of failures. The pool is opened by the first program. */
EmendStatus judge_init(const EmendHost *host, const JudgeRules *rules, Judge *out, EmendError *err);
void judge_finish(Judge *judge);

/* Tests a whole program. Fails where there is no isolation or no Python, with what to do, each time
 * with the same message. [any] */
EmendStatus judge_program(Judge *judge, const Problem *problem, EmendStr program,
                          ProgramResult *result, EmendError *err);
/* Adds a program that failed to the file of failures, where there is one: a line
 * {"task_id":..,"program":".."}. [any] */
EmendStatus judge_keep_failure(Judge *judge, const Problem *problem, EmendStr program,
                               EmendError *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COMPARE_JOBS_H
#define COMPARE_JOBS_H
/* Runs as child processes, several at once, each on processors of its own. */
#include "emend/status.h"
#include <stdbool.h>
#include <sys/types.h>

#define JOB_WORDS 96

enum { JOB_WAITS, JOB_RUNS, JOB_DONE, JOB_FAILED, JOB_INTERRUPTED, JOB_SKIPPED };

typedef struct Job {
    char *label;            /* for people: "grpo, seed 2" */
    char *dir;              /* the run's folder */
    char *log;              /* file that gets what the run prints */
    char *words[JOB_WORDS]; /* of the command, NULL behind the last; malloc'd */
    size_t n_words;
    size_t after; /* the job that must be done before; SIZE_MAX: none */
    int state;    /* JOB_* */
    int code;     /* of the process's end */
    double seconds;

    pid_t pid;
    double began;
    size_t place;
} Job;

typedef struct JobEvents {
    void *ctx;
    void (*began)(void *ctx, const Job *job);
    void (*ended)(void *ctx, const Job *job, size_t n_left);
} JobEvents;

/* printf of one more word. */
EmendStatus job_add_word(Job *job, EmendError *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void job_finish(Job *job);

/* Runs them all, at most n_at_once at a time. One that fails leaves those that need it out, and the
 * rest goes on. Once *cancel is set the runs are asked to stop, which they do with a checkpoint.
 * EMEND_ABORTED where any failed, EMEND_CANCELLED where the user stopped it. */
EmendStatus jobs_run(Job *jobs, size_t n, size_t n_at_once, const volatile int *cancel,
                     const JobEvents *events, EmendError *err);

#endif

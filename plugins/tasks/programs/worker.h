/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_WORKER_H
#define PROGRAMS_WORKER_H
/* One runner process, from the pool's side. Not for two threads at once. */
#include "programs.h"
#include "python.h"
#include "runner/wire.h"
#include <sys/types.h>

typedef struct Worker {
    pid_t pid;  /* 0: there is none */
    int socket; /* -1 where there is none */
    bool is_busy;
} Worker;

/* What every runner of a pool is started with. */
typedef struct WorkerStart {
    const EmendHost *host;
    const Python *python;
    const char *helper_dir;
    ProgramLimits limits; /* none of them 0 */
    bool is_unsafe;
} WorkerStart;

/* Starts the process; worker_greet waits until its interpreters are warm and its sandbox is proven.
 * Apart, so that all of a pool start at once. On failure there is no process. */
EmendStatus worker_start(Worker *worker, const WorkerStart *start, EmendError *err);
EmendStatus worker_greet(Worker *worker, const WorkerStart *start, EmendError *err);

/* What a runner gave back. */
typedef struct WorkerReply {
    WireReply wire;
    char detail[WIRE_DETAIL + 1];
    ProgramOutput output;
} WorkerReply;

/* Runs one request to its reply. EMEND_CANCELLED, or EMEND_UNAVAILABLE where the runner was lost:
 * then the worker is stopped. */
EmendStatus worker_ask(Worker *worker, const WorkerStart *start, const WireRequest *request,
                       EmendStr program, EmendBytes tests, WorkerReply *reply);
/* Ends the runner and all that it started; nothing where there is none. */
void worker_stop(Worker *worker);

#endif

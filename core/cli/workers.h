/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_WORKERS_H
#define CLI_WORKERS_H
/* Lines through worker threads: in at one end, done on several at once, out in the order they came.
 *
 * A result leaves as soon as it and those before it are done; nothing waits for a batch to fill.
 * The lines and results under way are bounded in number and bytes: whoever puts waits for room.
 */
#include "cli/lines.h"
#include "cli/verdict.h"

typedef struct Workers Workers;

/* What became of one line. */
typedef struct Result {
    char word[VERDICT_WORD_BYTES]; /* "equal", "error" */
    Buffer text;                   /* the line to write */
} Result;

typedef struct WorkersArgs {
    size_t n_threads; /* 1 or more */
    void *ctx;
    /* Does one line; there is a NUL behind its text. Any worker, many at once. A failure ends all
     * work: lines before it still come out. */
    EmendStatus (*work)(void *ctx, const Line *line, Result *result);
    /* Takes the results, in order; one call at a time. */
    EmendStatus (*take)(void *ctx, const Result *result);
    /* Called after `take` whenever no more results are ready. */
    EmendStatus (*flush)(void *ctx);
} WorkersArgs;

/* Starts the threads, which have the role EMEND_ROLE_WORKER and leave SIGINT and SIGTERM to others.
 * args is borrowed until workers_finish. */
EmendStatus workers_start(const WorkersArgs *args, Workers **out, EmendError *err);
/* Copies the line and waits for room. Not EMEND_OK: the work has failed, with that status. */
EmendStatus workers_put(Workers *workers, const Line *line);
/* Readable once the work has failed: to poll beside the input. */
int workers_failed_fd(const Workers *workers);
/* Waits until everything that was put is done (or, where `is_abandoned`, what is being done), joins
 * the threads, and gives what the work ended with. */
EmendStatus workers_finish(Workers *workers, bool is_abandoned);

#endif

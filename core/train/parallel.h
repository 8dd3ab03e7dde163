/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_PARALLEL_H
#define TRAIN_PARALLEL_H
/* Independent pieces of work, done by threads while whoever hands them out goes on. */
#include <stdbool.h>
#include <stddef.h>

typedef struct Parallel Parallel;

/* Does piece `i`; keeps what came of it where only that piece writes. False: no piece that has not
 * begun need be done. */
typedef bool (*ParallelWork)(void *ctx, size_t i);

/* NULL when memory is gone. n_threads: at once, at most; they are started when there is work, have
 * the role EMEND_ROLE_WORKER and leave SIGINT and SIGTERM to others. */
Parallel *parallel_create(size_t n_threads, ParallelWork work, void *ctx);
/* Pieces below n may begin; they do so in order: where one returns false, all before it have begun.
 * What a piece reads was written before. */
void parallel_allow(Parallel *parallel, size_t n);
/* Waits until every piece that was allowed is done, or need not be. Where no thread could be
 * started, the calling thread does them, in its own role. */
void parallel_wait(Parallel *parallel);
/* Waits for the pieces under way, drops those that have not begun, joins the threads. NULL is
 * allowed. */
void parallel_destroy(Parallel *parallel);

#endif

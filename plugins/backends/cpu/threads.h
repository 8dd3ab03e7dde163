/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_THREADS_H
#define CPU_THREADS_H
/* A pool of threads that run one job at a time, the caller among them. */
#include "emend/host.h"
#include "emend/status.h"
#include <stddef.h>

typedef struct Threads Threads;

/* n: threads in all, the caller's included; 0: the processors this process may run on. */
EmendStatus threads_create(const EmendHost *host, size_t n, Threads **out, EmendError *err);
void threads_destroy(Threads *threads);
size_t threads_count(const Threads *threads);
/* Calls work(ctx, i, thread) for every i < n_items, each exactly once, on any thread (0 <= thread <
 * threads_count); returns when all are done. Items are handed out in order, dynamically. Results
 * must not depend on which thread runs what. Not re-entrant. */
void threads_run(Threads *threads, size_t n_items,
                 void (*work)(void *ctx, size_t item, size_t thread), void *ctx);

#endif

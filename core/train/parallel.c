/* SPDX-License-Identifier: Apache-2.0 */
#include "train/parallel.h"
#include "plugin/loader.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct Parallel {
    ParallelWork work;
    void *ctx;
    size_t max_threads;

    pthread_mutex_t mutex;    // guards all that follows
    pthread_cond_t has_moved; // more is allowed, a piece is done, or the end has come
    size_t n_allowed, n_begun, n_done;
    bool is_over;

    size_t n_threads; // of the thread that allows alone
    pthread_t threads[];
};

// With the mutex held, which it lets go of for the piece's time.
static void do_next(Parallel *parallel) {
    size_t i = parallel->n_begun++;
    pthread_mutex_unlock(&parallel->mutex);
    bool goes_on = parallel->work(parallel->ctx, i);
    pthread_mutex_lock(&parallel->mutex);
    parallel->n_done++;
    parallel->is_over |= !goes_on;
    pthread_cond_broadcast(&parallel->has_moved);
}

static bool has_work(const Parallel *parallel) {
    return !parallel->is_over && parallel->n_begun < parallel->n_allowed;
}

static void *run(void *arg) {
    Parallel *parallel = arg;
    plugin_thread_role_set(EMEND_ROLE_WORKER);
    pthread_mutex_lock(&parallel->mutex);
    while (!parallel->is_over) {
        if (has_work(parallel)) {
            do_next(parallel);
        } else {
            pthread_cond_wait(&parallel->has_moved, &parallel->mutex);
        }
    }
    pthread_mutex_unlock(&parallel->mutex);
    return NULL;
}

Parallel *parallel_create(size_t n_threads, ParallelWork work, void *ctx) {
    Parallel *parallel = calloc(1, sizeof *parallel + n_threads * sizeof *parallel->threads);
    if (parallel) {
        parallel->work = work;
        parallel->ctx = ctx;
        parallel->max_threads = n_threads;
        pthread_mutex_init(&parallel->mutex, NULL);
        pthread_cond_init(&parallel->has_moved, NULL);
    }
    return parallel;
}

// With the user's signals blocked, so that they come to the thread that waits for them.
static void start_threads(Parallel *parallel, size_t n) {
    sigset_t ours, before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ours, &before);
    while (parallel->n_threads < n && parallel->n_threads < parallel->max_threads &&
           pthread_create(&parallel->threads[parallel->n_threads], NULL, run, parallel) == 0) {
        parallel->n_threads++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void parallel_allow(Parallel *parallel, size_t n) {
    pthread_mutex_lock(&parallel->mutex);
    parallel->n_allowed = n;
    size_t n_waiting = parallel->n_allowed - parallel->n_begun;
    pthread_cond_broadcast(&parallel->has_moved);
    pthread_mutex_unlock(&parallel->mutex);
    start_threads(parallel, n_waiting);
}

void parallel_wait(Parallel *parallel) {
    pthread_mutex_lock(&parallel->mutex);
    while (has_work(parallel) || parallel->n_done < parallel->n_begun) {
        if (has_work(parallel) && parallel->n_threads == 0) {
            do_next(parallel);
        } else {
            pthread_cond_wait(&parallel->has_moved, &parallel->mutex);
        }
    }
    pthread_mutex_unlock(&parallel->mutex);
}

void parallel_destroy(Parallel *parallel) {
    if (!parallel) {
        return;
    }
    pthread_mutex_lock(&parallel->mutex);
    parallel->is_over = true;
    pthread_cond_broadcast(&parallel->has_moved);
    pthread_mutex_unlock(&parallel->mutex);
    for (size_t i = 0; i < parallel->n_threads; i++) {
        pthread_join(parallel->threads[i], NULL);
    }
    pthread_cond_destroy(&parallel->has_moved);
    pthread_mutex_destroy(&parallel->mutex);
    free(parallel);
}

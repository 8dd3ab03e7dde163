/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/workers.h"
#include "plugin/loader.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    N_JOBS = 256,              /* under way at once */
    BYTES_MAX = 16 << 20,      /* of their lines together, but for one alone */
    BYTES_KEPT_MAX = 256 << 10 /* of a job's buffer, for its next line */
};

/* A line under way: put, then claimed by a thread, then done, then out. */
typedef struct Job {
    Line line;
    char *text; /* of the line, with a NUL behind it */
    size_t capacity;
    Result result;
    bool is_done;
} Job;

struct Workers {
    const WorkersArgs *args;
    pthread_t *threads;
    size_t n_threads;
    int failed_fd;

    pthread_mutex_t mutex; // guards all that follows; a claimed job is its thread's
    pthread_cond_t has_work, has_room;
    Job jobs[N_JOBS];
    uint64_t n_put, n_claimed, n_out; // job i is at i % N_JOBS
    size_t n_idle;                    // threads that wait for work
    size_t n_bytes;                   // of the lines under way
    bool is_ending;                   // no more lines come
    bool is_emptying;                 // a thread is taking results out
    bool is_blocked;                  // results can no longer be taken
    EmendStatus status;
};

static Job *job_at(Workers *workers, uint64_t i) {
    return &workers->jobs[i % N_JOBS];
}

static void fail(Workers *workers, EmendStatus status) {
    if (workers->status == EMEND_OK) {
        workers->status = status;
        pthread_cond_broadcast(&workers->has_work);
        pthread_cond_broadcast(&workers->has_room);
        eventfd_write(workers->failed_fd, 1);
    }
}

/* ---- out ------------------------------------------------------------------------------------ */

static void job_reset(Job *job) {
    job->is_done = false;
    job->result.text.len = 0;
    if (job->capacity > BYTES_KEPT_MAX) {
        free(job->text);
        job->text = NULL;
        job->capacity = 0;
    }
    if (job->result.text.capacity > BYTES_KEPT_MAX) {
        buffer_finish(&job->result.text);
    }
}

static EmendStatus take_all(Workers *workers, uint64_t from, uint64_t to) {
    const WorkersArgs *args = workers->args;
    EmendStatus status = EMEND_OK;
    for (; from < to && status == EMEND_OK; from++) {
        status = args->take(args->ctx, &job_at(workers, from)->result);
    }
    return status == EMEND_OK ? args->flush(args->ctx) : status;
}

// Takes out what is done, in order. The lock is open meanwhile, so that what gets done while one
// thread writes is written by that thread, together.
static void empty(Workers *workers) {
    if (workers->is_emptying) {
        return;
    }
    workers->is_emptying = true;
    for (;;) {
        uint64_t from = workers->n_out, to = from;
        while (to < workers->n_claimed && job_at(workers, to)->is_done) {
            to++;
        }
        if (to == from || workers->is_blocked) {
            break;
        }
        pthread_mutex_unlock(&workers->mutex);
        EmendStatus status = take_all(workers, from, to);
        pthread_mutex_lock(&workers->mutex);
        for (; from < to; from++) {
            workers->n_bytes -= job_at(workers, from)->line.len;
            job_reset(job_at(workers, from));
        }
        workers->n_out = to;
        if (status != EMEND_OK) {
            workers->is_blocked = true;
            fail(workers, status);
        }
        // Half empty, so that who puts is not woken for every line.
        if (workers->n_put - to <= N_JOBS / 2 && workers->n_bytes <= BYTES_MAX / 2) {
            pthread_cond_signal(&workers->has_room);
        }
    }
    workers->is_emptying = false;
}

/* ---- in ------------------------------------------------------------------------------------- */

static bool has_room(const Workers *workers, size_t len) {
    return workers->n_put - workers->n_out < N_JOBS &&
           (workers->n_bytes == 0 || workers->n_bytes + len <= BYTES_MAX);
}

static bool job_set(Job *job, const Line *line) {
    if (job->capacity < line->len + 1) {
        free(job->text);
        job->capacity = line->len + line->len / 2 + 1;
        job->text = malloc(job->capacity);
        if (!job->text) {
            job->capacity = 0;
            return false;
        }
    }
    memcpy(job->text, line->text, line->len);
    job->text[line->len] = '\0';
    job->line = *line;
    job->line.text = job->text;
    return true;
}

EmendStatus workers_put(Workers *workers, const Line *line) {
    pthread_mutex_lock(&workers->mutex);
    while (workers->status == EMEND_OK && !has_room(workers, line->len)) {
        pthread_cond_wait(&workers->has_room, &workers->mutex);
    }
    // The next job to be put is nobody's but ours.
    Job *job = job_at(workers, workers->n_put);
    EmendStatus status = workers->status;
    pthread_mutex_unlock(&workers->mutex);
    if (status == EMEND_OK && !job_set(job, line)) {
        status = EMEND_EXHAUSTED;
    }
    pthread_mutex_lock(&workers->mutex);
    if (status == EMEND_OK) {
        workers->n_put++;
        workers->n_bytes += line->len;
        if (workers->n_idle > 0) {
            pthread_cond_signal(&workers->has_work);
        }
    } else {
        fail(workers, status);
    }
    pthread_mutex_unlock(&workers->mutex);
    return status;
}

/* ---- threads -------------------------------------------------------------------------------- */

static void *run(void *ctx) {
    Workers *workers = ctx;
    const WorkersArgs *args = workers->args;
    plugin_thread_role_set(EMEND_ROLE_WORKER);
    pthread_mutex_lock(&workers->mutex);
    for (;;) {
        while (workers->status == EMEND_OK && workers->n_claimed == workers->n_put &&
               !workers->is_ending) {
            workers->n_idle++;
            pthread_cond_wait(&workers->has_work, &workers->mutex);
            workers->n_idle--;
        }
        if (workers->status != EMEND_OK || workers->n_claimed == workers->n_put) {
            break;
        }
        Job *job = job_at(workers, workers->n_claimed++);
        pthread_mutex_unlock(&workers->mutex);
        EmendStatus status = args->work(args->ctx, &job->line, &job->result);
        pthread_mutex_lock(&workers->mutex);
        if (status == EMEND_OK) {
            job->is_done = true;
            empty(workers);
        } else {
            fail(workers, status);
        }
    }
    pthread_mutex_unlock(&workers->mutex);
    return NULL;
}

// Starts the threads with the user's signals blocked, so that they come to the one that reads.
static EmendStatus start_threads(Workers *workers, EmendError *err) {
    sigset_t ours, before;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    int problem = pthread_sigmask(SIG_BLOCK, &ours, &before);
    while (problem == 0 && workers->n_threads < workers->args->n_threads) {
        problem = pthread_create(&workers->threads[workers->n_threads], NULL, run, workers);
        workers->n_threads += problem == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    // Fewer than were asked for will do.
    return workers->n_threads > 0 ? EMEND_OK
                                  : emend_fail(err, EMEND_EXHAUSTED, "no thread can be started: %s",
                                               strerror(problem));
}

EmendStatus workers_start(const WorkersArgs *args, Workers **out, EmendError *err) {
    Workers *workers = calloc(1, sizeof *workers);
    pthread_t *threads = calloc(args->n_threads, sizeof *threads);
    int failed_fd = eventfd(0, EFD_CLOEXEC);
    if (!workers || !threads || failed_fd < 0) {
        free(workers);
        free(threads);
        if (failed_fd >= 0) {
            close(failed_fd);
        }
        return emend_fail(err, EMEND_EXHAUSTED, "no memory or descriptor is left for threads");
    }
    workers->args = args;
    workers->threads = threads;
    workers->failed_fd = failed_fd;
    pthread_mutex_init(&workers->mutex, NULL);
    pthread_cond_init(&workers->has_work, NULL);
    pthread_cond_init(&workers->has_room, NULL);
    EmendStatus status = start_threads(workers, err);
    if (status != EMEND_OK) {
        workers_finish(workers, true);
        return status;
    }
    *out = workers;
    return EMEND_OK;
}

int workers_failed_fd(const Workers *workers) {
    return workers->failed_fd;
}

EmendStatus workers_finish(Workers *workers, bool is_abandoned) {
    pthread_mutex_lock(&workers->mutex);
    workers->is_ending = true;
    if (is_abandoned) {
        fail(workers, EMEND_CANCELLED);
    }
    pthread_cond_broadcast(&workers->has_work);
    pthread_mutex_unlock(&workers->mutex);
    for (size_t i = 0; i < workers->n_threads; i++) {
        pthread_join(workers->threads[i], NULL);
    }
    EmendStatus status = workers->status;
    for (size_t i = 0; i < N_JOBS; i++) {
        free(workers->jobs[i].text);
        buffer_finish(&workers->jobs[i].result.text);
    }
    pthread_cond_destroy(&workers->has_room);
    pthread_cond_destroy(&workers->has_work);
    pthread_mutex_destroy(&workers->mutex);
    close(workers->failed_fd);
    free(workers->threads);
    free(workers);
    return status;
}

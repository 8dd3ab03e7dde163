/* SPDX-License-Identifier: Apache-2.0 */
#include "programs.h"
#include "python.h"
#include "request.h"
#include "worker.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_WORKERS = 256, POLL_MS = 50, ATTEMPTS = 2 };

struct ProgramPool {
    WorkerStart start;
    Python python;
    char helper_dir[PATH_MAX];
    char description[PATH_MAX + 256];
    pthread_mutex_t mutex; /* is_busy of every worker, and `freed` */
    pthread_cond_t freed;
    uint32_t n_workers;
    Worker workers[MAX_WORKERS];
};

static ProgramLimits with_defaults(ProgramLimits limits) {
    limits.wall_ms = limits.wall_ms ? limits.wall_ms : 10000;
    limits.cpu_ms = limits.cpu_ms ? limits.cpu_ms : 5000;
    limits.memory_bytes = limits.memory_bytes ? limits.memory_bytes : (uint64_t)1 << 30;
    limits.file_bytes = limits.file_bytes ? limits.file_bytes : (uint64_t)16 << 20;
    limits.n_threads = limits.n_threads ? limits.n_threads : 32;
    limits.n_files = limits.n_files ? limits.n_files : 64;
    return limits;
}

static uint32_t count_workers(uint32_t wanted) {
    if (wanted == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        wanted = cores > 0 ? (uint32_t)cores : 1;
    }
    return wanted < MAX_WORKERS ? wanted : MAX_WORKERS;
}

static void describe(ProgramPool *pool) {
    snprintf(pool->description, sizeof pool->description,
             pool->start.is_unsafe
                 ? "NOT isolated, by the user's wish (resource limits only); Python %s (%s), "
                   "%u at once"
                 : "isolated: user, pid, mount, network, ipc and uts namespaces for each program, "
                   "read-only root, seccomp, resource limits; Python %s (%s), %u at once",
             pool->python.version, pool->python.executable, pool->n_workers);
}

/* All processes first, so that their interpreters warm up side by side. */
static EmendStatus start_workers(ProgramPool *pool, EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (uint32_t i = 0; i < pool->n_workers && status == EMEND_OK; i++) {
        status = worker_start(&pool->workers[i], &pool->start, err);
    }
    for (uint32_t i = 0; i < pool->n_workers && status == EMEND_OK; i++) {
        status = worker_greet(&pool->workers[i], &pool->start, err);
    }
    return status;
}

EmendStatus program_pool_open(const ProgramPoolOptions *options, ProgramPool **out,
                              EmendError *err) {
    const EmendHost *host = options->host;
    ProgramPool *pool = host->alloc(host, sizeof *pool, 0);
    if (!pool) {
        return emend_fail(err, EMEND_EXHAUSTED, "programs: no memory for a pool");
    }
    memset(pool, 0, sizeof *pool);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->freed, NULL);
    snprintf(pool->helper_dir, sizeof pool->helper_dir, "%s", options->helper_dir);
    pool->start = (WorkerStart){.host = host,
                                .python = &pool->python,
                                .helper_dir = pool->helper_dir,
                                .limits = with_defaults(options->limits),
                                .is_unsafe = options->is_unsafe};
    pool->n_workers = count_workers(options->n_workers);
    for (uint32_t i = 0; i < pool->n_workers; i++) {
        pool->workers[i].socket = -1;
    }
    EmendStatus status = python_find(options->python, &pool->python, err);
    if (status == EMEND_OK) {
        status = start_workers(pool, err);
    }
    if (status != EMEND_OK) {
        program_pool_close(pool);
        return status;
    }
    describe(pool);
    *out = pool;
    return EMEND_OK;
}

void program_pool_close(ProgramPool *pool) {
    if (!pool) {
        return;
    }
    const EmendHost *host = pool->start.host;
    for (uint32_t i = 0; i < pool->n_workers; i++) {
        worker_stop(&pool->workers[i]);
    }
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->mutex);
    host->free(host, pool);
}

const char *program_pool_describe(const ProgramPool *pool) {
    return pool->description;
}

/* A worker for the caller alone; NULL: the user asked to stop. */
static Worker *take_worker(ProgramPool *pool) {
    const EmendHost *host = pool->start.host;
    Worker *taken = NULL;
    pthread_mutex_lock(&pool->mutex);
    while (!taken && !host->is_cancelled(host)) {
        for (uint32_t i = 0; i < pool->n_workers && !taken; i++) {
            taken = pool->workers[i].is_busy ? NULL : &pool->workers[i];
        }
        if (!taken) {
            struct timespec until = {0};
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_nsec += POLL_MS * 1000000L;
            until.tv_sec += until.tv_nsec / 1000000000L;
            until.tv_nsec %= 1000000000L;
            pthread_cond_timedwait(&pool->freed, &pool->mutex, &until);
        }
    }
    if (taken) {
        taken->is_busy = true;
    }
    pthread_mutex_unlock(&pool->mutex);
    return taken;
}

static void give_worker(ProgramPool *pool, Worker *worker) {
    pthread_mutex_lock(&pool->mutex);
    worker->is_busy = false;
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->mutex);
}

/* One attempt, on a runner that is there. */
static EmendStatus attempt(ProgramPool *pool, Worker *worker, const ProgramTest *test,
                           EmendBytes tests, WorkerReply *reply, EmendError *err) {
    WireRequest request = {.program_bytes = (uint32_t)test->program.len,
                           .tests_bytes = (uint32_t)tests.len,
                           .n_tests = (uint32_t)test->n_tests,
                           .keeps_output = test->keeps_output};
    if (worker->pid == 0) {
        EmendStatus status = worker_start(worker, &pool->start, err);
        if (status == EMEND_OK) {
            status = worker_greet(worker, &pool->start, err);
        }
        if (status != EMEND_OK) {
            return status;
        }
    }
    EmendStatus status = worker_ask(worker, &pool->start, &request, test->program, tests, reply);
    if (status == EMEND_UNAVAILABLE) {
        *reply = (WorkerReply){
            .wire = {.verdict = PROGRAM_ERROR, .n_tests = test->n_tests, .is_suspect = 1},
            .detail = "the runner was lost"};
        return EMEND_OK;
    }
    return status == EMEND_CANCELLED ? emend_fail(err, status, "programs: stopped by the user")
                                     : status;
}

EmendStatus program_test(ProgramPool *pool, const ProgramTest *test, ProgramResult *result,
                         EmendError *err) {
    WorkerReply reply = {0};
    EmendBytes tests = {0};
    *result = (ProgramResult){.verdict = PROGRAM_ERROR, .n_tests = test->n_tests};
    if (request_refuses(test, result)) {
        return EMEND_OK;
    }
    EmendStatus status = request_pack(pool->start.host, test, &tests, err);
    if (status != EMEND_OK) {
        return status;
    }
    Worker *worker = take_worker(pool);
    if (!worker) {
        status = emend_fail(err, EMEND_CANCELLED, "programs: stopped by the user");
    }
    for (int i = 0;
         worker && i < ATTEMPTS && status == EMEND_OK && (i == 0 || reply.wire.is_suspect); i++) {
        status = attempt(pool, worker, test, tests, &reply, err);
    }
    if (worker) {
        give_worker(pool, worker);
    }
    request_free(pool->start.host, tests);
    if (status == EMEND_OK) {
        result->verdict = (ProgramVerdict)reply.wire.verdict;
        result->n_passed = reply.wire.n_passed;
        result->n_tests = reply.wire.n_tests;
        snprintf(result->detail, sizeof result->detail, "%.*s", (int)sizeof result->detail - 1,
                 reply.detail);
        result->output = reply.output;
    }
    return status;
}

const char *program_verdict_name(ProgramVerdict verdict) {
    static const char *const names[] = {"passed", "failed", "timeout", "syntax_error", "error"};
    return (unsigned)verdict <= PROGRAM_ERROR ? names[verdict] : "error";
}

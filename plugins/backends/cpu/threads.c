/* SPDX-License-Identifier: Apache-2.0 */
#include "threads.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum { MAX_THREADS = 1024, SPIN_NS = 30 * 1000, STACK_BYTES = 2 * 1024 * 1024 };

typedef struct Worker {
    Threads *threads;
    size_t index;
    pthread_t thread;
} Worker;

/* How a run goes: the caller fills in the job and sets `remaining`; whoever takes `remaining` down
 * by one owns an item, and the job stays as it is until all owners have counted themselves in
 * `done`. So a thread that comes late finds `remaining` zero, or the next job, and is right either
 * way: nobody waits for threads that did not wake in time. */
struct Threads {
    const EmendHost *host;
    Worker *workers; /* n - 1 of them; the caller is thread 0 */
    size_t n;

    void (*work)(void *ctx, size_t item, size_t thread);
    void *ctx;
    size_t n_items;
    _Alignas(64) atomic_size_t remaining;
    _Alignas(64) atomic_size_t done;

    _Alignas(64) pthread_mutex_t mutex; /* for sleeping only */
    pthread_cond_t work_there, work_done;
    atomic_size_t n_asleep;
    atomic_bool is_caller_asleep, is_stopping;
};

static uint64_t now_ns(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Spins until is_ready, for SPIN_NS at most; says whether it is. */
static bool spin(const Threads *threads, bool (*is_ready)(const Threads *threads)) {
    const uint64_t end = now_ns() + SPIN_NS;
    do {
        for (int i = 0; i < 64; i++) {
            if (is_ready(threads)) {
                return true;
            }
            relax();
        }
    } while (now_ns() < end);
    return false;
}

static bool is_called(const Threads *threads) {
    return atomic_load(&threads->remaining) > 0 || atomic_load(&threads->is_stopping);
}

static bool is_finished(const Threads *threads) {
    return atomic_load(&threads->done) == threads->n_items;
}

/* Takes items until there are none. Returns having counted what it did; whether it was the last. */
static void take_items(Threads *threads, size_t thread) {
    size_t remaining = atomic_load(&threads->remaining);
    while (remaining > 0) {
        if (!atomic_compare_exchange_weak(&threads->remaining, &remaining, remaining - 1)) {
            continue;
        }
        const size_t n_items = threads->n_items;
        threads->work(threads->ctx, n_items - remaining, thread);
        if (atomic_fetch_add(&threads->done, 1) + 1 == n_items &&
            atomic_load(&threads->is_caller_asleep)) {
            pthread_mutex_lock(&threads->mutex);
            pthread_cond_signal(&threads->work_done);
            pthread_mutex_unlock(&threads->mutex);
        }
        remaining = atomic_load(&threads->remaining);
    }
}

static void *worker_main(void *ctx) {
    Worker *worker = ctx;
    Threads *threads = worker->threads;
    while (!atomic_load(&threads->is_stopping)) {
        take_items(threads, worker->index);
        if (spin(threads, is_called)) {
            continue;
        }
        pthread_mutex_lock(&threads->mutex);
        atomic_fetch_add(&threads->n_asleep, 1);
        while (!is_called(threads)) {
            pthread_cond_wait(&threads->work_there, &threads->mutex);
        }
        atomic_fetch_sub(&threads->n_asleep, 1);
        pthread_mutex_unlock(&threads->mutex);
    }
    return NULL;
}

static void wake(Threads *threads, size_t n_wanted) {
    if (atomic_load(&threads->n_asleep) == 0) {
        return;
    }
    pthread_mutex_lock(&threads->mutex);
    for (size_t i = 0; i < n_wanted && i + 1 < threads->n; i++) {
        pthread_cond_signal(&threads->work_there);
    }
    pthread_mutex_unlock(&threads->mutex);
}

static void wait_until_finished(Threads *threads) {
    if (is_finished(threads) || spin(threads, is_finished)) {
        return;
    }
    pthread_mutex_lock(&threads->mutex);
    atomic_store(&threads->is_caller_asleep, true);
    while (!is_finished(threads)) {
        pthread_cond_wait(&threads->work_done, &threads->mutex);
    }
    atomic_store(&threads->is_caller_asleep, false);
    pthread_mutex_unlock(&threads->mutex);
}

void threads_run(Threads *threads, size_t n_items,
                 void (*work)(void *ctx, size_t item, size_t thread), void *ctx) {
    if (threads->n == 1 || n_items <= 1) {
        for (size_t i = 0; i < n_items; i++) {
            work(ctx, i, 0);
        }
        return;
    }
    threads->work = work;
    threads->ctx = ctx;
    threads->n_items = n_items;
    atomic_store(&threads->done, 0);
    atomic_store(&threads->remaining, n_items);
    wake(threads, n_items - 1);
    take_items(threads, 0);
    wait_until_finished(threads);
}

size_t threads_count(const Threads *threads) {
    return threads->n;
}

/* The processors that this process may run on, whatever the machine's size. */
static size_t count_processors(void) {
    for (size_t room = 1024; room <= 1024 * 1024; room *= 4) {
        cpu_set_t *set = CPU_ALLOC(room);
        if (!set) {
            break;
        }
        const size_t bytes = CPU_ALLOC_SIZE(room);
        const int failed = sched_getaffinity(0, bytes, set);
        const int count = failed ? 0 : CPU_COUNT_S(bytes, set);
        CPU_FREE(set);
        if (count > 0) {
            return (size_t)count;
        }
    }
    return 1;
}

/* Processors' worth of time that the control group grants, rounded up; SIZE_MAX where unlimited. */
static size_t count_granted(void) {
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    double quota = 0.0;
    double period = 0.0;
    if (!file) {
        return SIZE_MAX;
    }
    const int n_read = fscanf(file, "%lf %lf", &quota, &period);
    fclose(file);
    if (n_read != 2 || !(period > 0.0) || !(quota > 0.0) || quota / period > MAX_THREADS) {
        return SIZE_MAX;
    }
    const size_t whole = (size_t)(quota / period);
    return (double)whole * period < quota ? whole + 1 : whole;
}

static size_t default_count(void) {
    const size_t processors = count_processors();
    const size_t granted = count_granted();
    const size_t n = processors < granted ? processors : granted;
    return n < MAX_THREADS ? n : MAX_THREADS;
}

/* Starts worker `index` with all signals blocked, so that they go to the host's threads. */
static int worker_start(Worker *worker, Threads *threads, size_t index) {
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    worker->threads = threads;
    worker->index = index;
    int failed = pthread_attr_init(&attributes);
    if (failed) {
        return failed;
    }
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&worker->thread, &attributes, worker_main, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed;
}

static Threads *threads_alloc(const EmendHost *host, size_t n) {
    Threads *threads = host->alloc(host, sizeof *threads, _Alignof(Threads));
    Worker *workers = host->alloc(host, n * sizeof *workers, 0);
    if (!threads || !workers) {
        host->free(host, workers);
        host->free(host, threads);
        return NULL;
    }
    memset(threads, 0, sizeof *threads);
    memset(workers, 0, n * sizeof *workers);
    threads->host = host;
    threads->workers = workers;
    threads->n = 1;
    pthread_mutex_init(&threads->mutex, NULL);
    pthread_cond_init(&threads->work_there, NULL);
    pthread_cond_init(&threads->work_done, NULL);
    return threads;
}

EmendStatus threads_create(const EmendHost *host, size_t n, Threads **out, EmendError *err) {
    if (n > MAX_THREADS) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "threads: %zu are asked for; at most %d are possible; give 0 for one on "
                          "each processor",
                          n, MAX_THREADS);
    }
    const size_t wanted = n > 0 ? n : default_count();
    Threads *threads = threads_alloc(host, wanted);
    if (!threads) {
        return emend_fail(err, EMEND_EXHAUSTED, "threads: no memory for a pool of %zu", wanted);
    }
    while (threads->n < wanted) {
        const int failed = worker_start(&threads->workers[threads->n - 1], threads, threads->n);
        if (failed) {
            const size_t started = threads->n;
            threads_destroy(threads);
            return emend_fail(err, EMEND_EXHAUSTED,
                              "threads: %zu of %zu started, then the system refused (error %d); "
                              "ask for fewer",
                              started, wanted, failed);
        }
        threads->n++;
    }
    *out = threads;
    return EMEND_OK;
}

void threads_destroy(Threads *threads) {
    if (!threads) {
        return;
    }
    pthread_mutex_lock(&threads->mutex);
    atomic_store(&threads->is_stopping, true);
    pthread_cond_broadcast(&threads->work_there);
    pthread_mutex_unlock(&threads->mutex);
    for (size_t i = 0; i + 1 < threads->n; i++) {
        pthread_join(threads->workers[i].thread, NULL);
    }
    pthread_cond_destroy(&threads->work_done);
    pthread_cond_destroy(&threads->work_there);
    pthread_mutex_destroy(&threads->mutex);
    const EmendHost *host = threads->host;
    host->free(host, threads->workers);
    host->free(host, threads);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How fast programs run in their sandboxes, beside a plain `python3 -c pass`.
 *
 *     bench_programs [SECONDS [WORKERS]] */
#include "programs.h"
#include "emend/plugin.h"

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_THREADS = 64, MAX_TIMES = 1 << 16 };

typedef struct Bench {
    ProgramPool *pool;
    double until_s;
    bool keeps_output;
    atomic_uint n_programs, n_wrong;
    double times_ms[MAX_TIMES];
} Bench;

static void *plain_alloc(const EmendHost *host, uint64_t size, uint64_t align) {
    (void)host;
    (void)align;
    return malloc(size);
}

static void plain_free(const EmendHost *host, void *block) {
    (void)host;
    free(block);
}

static int32_t never(const EmendHost *host) {
    (void)host;
    return 0;
}

static const EmendHost host = {.struct_size = sizeof(EmendHost),
                               .abi_major = EMEND_ABI_MAJOR,
                               .abi_minor = EMEND_ABI_MINOR,
                               .name = "bench",
                               .version = "0",
                               .alloc = plain_alloc,
                               .free = plain_free,
                               .is_cancelled = never};

static double now_s(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static EmendStr text(const char *chars) {
    return (EmendStr){chars, strlen(chars)};
}

/* HumanEval/0, with its tests. */
static const char program[] =
    "from typing import List\n"
    "def has_close_elements(numbers: List[float], threshold: float) -> bool:\n"
    "    for idx, elem in enumerate(numbers):\n"
    "        for idx2, elem2 in enumerate(numbers):\n"
    "            if idx != idx2:\n"
    "                distance = abs(elem - elem2)\n"
    "                if distance < threshold:\n"
    "                    return True\n"
    "    return False\n";
static const char check[] = "def check(candidate):\n"
                            "    assert candidate([1.0, 2.0, 3.9, 4.0, 5.0, 2.2], 0.3) == True\n"
                            "    assert candidate([1.0, 2.0, 3.9, 4.0, 5.0, 2.2], 0.05) == False\n"
                            "    assert candidate([1.0, 2.0, 5.9, 4.0, 5.0], 0.95) == True\n"
                            "    assert candidate([1.0, 2.0, 5.9, 4.0, 5.0], 0.8) == False\n"
                            "    assert candidate([1.0, 2.0, 3.0, 4.0, 5.0, 2.0], 0.1) == True\n"
                            "    assert candidate([1.1, 2.2, 3.1, 4.1, 5.1], 1.0) == True\n"
                            "    assert candidate([1.1, 2.2, 3.1, 4.1, 5.1], 0.5) == False\n";

static void *run(void *argument) {
    Bench *bench = argument;
    const EmendStr name = text("has_close_elements"), test = text("check(has_close_elements)");
    const ProgramTest work = {.program = text(program),
                              .setup = text(check),
                              .tests = &test,
                              .n_tests = 1,
                              .names = &name,
                              .n_names = 1,
                              .keeps_output = bench->keeps_output};
    for (double start = now_s(); start < bench->until_s; start = now_s()) {
        ProgramResult result = {0};
        EmendStatus status = program_test(bench->pool, &work, &result, NULL);
        unsigned i = bench->n_programs++;
        bench->n_wrong += status != EMEND_OK || result.verdict != PROGRAM_PASSED;
        bench->times_ms[i % MAX_TIMES] = (now_s() - start) * 1e3;
    }
    return NULL;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void bench_pool(double seconds, uint32_t n_workers, bool is_unsafe, bool keeps_output) {
    static Bench bench;
    pthread_t threads[MAX_THREADS];
    char message[512];
    EmendError err = emend_error_on(message, sizeof message);
    ProgramPoolOptions options = {.host = &host,
                                  .helper_dir = PROGRAMS_HELPERS_DIR,
                                  .n_workers = n_workers,
                                  .is_unsafe = is_unsafe};
    memset(&bench, 0, sizeof bench);
    bench.keeps_output = keeps_output;
    double start = now_s();
    if (program_pool_open(&options, &bench.pool, &err) != EMEND_OK) {
        printf("%s\n", message);
        return;
    }
    printf("%s\n  output %s; started in %.0f ms\n", program_pool_describe(bench.pool),
           keeps_output ? "kept" : "thrown away", (now_s() - start) * 1e3);
    start = now_s();
    bench.until_s = start + seconds;
    for (uint32_t i = 0; i < n_workers; i++) {
        pthread_create(&threads[i], NULL, run, &bench);
    }
    for (uint32_t i = 0; i < n_workers; i++) {
        pthread_join(threads[i], NULL);
    }
    double taken = now_s() - start;
    unsigned n = bench.n_programs, kept = n < MAX_TIMES ? n : MAX_TIMES;
    qsort(bench.times_ms, kept, sizeof *bench.times_ms, compare);
    printf("  %u programs, %u wrong: %.0f a second; each %.2f ms median, %.2f ms at 99 %%\n", n,
           (unsigned)bench.n_wrong, n / taken, bench.times_ms[kept / 2],
           bench.times_ms[kept - 1 - kept / 100]);
    program_pool_close(bench.pool);
}

static void bench_plain(const char *what, char *const argv[]) {
    char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    enum { TIMES = 40 };
    double start = now_s();
    for (int i = 0; i < TIMES; i++) {
        pid_t pid = -1;
        if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environment) == 0) {
            waitpid(pid, NULL, 0);
        }
    }
    printf("%s: %.2f ms each, one after the other\n", what, (now_s() - start) * 1e3 / TIMES);
}

int main(int argc, char **argv) {
    double seconds = argc > 1 ? atof(argv[1]) : 5;
    uint32_t n_workers = argc > 2 ? (uint32_t)atoi(argv[2]) : 2;
    n_workers = n_workers < 1 ? 1 : n_workers > MAX_THREADS ? MAX_THREADS : n_workers;
    bench_plain("python3 -c pass", (char *const[]){"/usr/bin/python3", "-c", "pass", NULL});
    bench_plain("python3 -I -S -c pass",
                (char *const[]){"/usr/bin/python3", "-I", "-S", "-c", "pass", NULL});
    bench_pool(seconds, 1, false, false);
    bench_pool(seconds, n_workers, false, false);
    bench_pool(seconds, n_workers, false, true);
    bench_pool(seconds, n_workers, true, false);
    return 0;
}

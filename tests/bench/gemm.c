/* SPDX-License-Identifier: Apache-2.0 */
/* How near the matrix products of training come to what the machine can do.
 *
 *   bench_gemm [THREADS]      EMEND_CPU_ISA chooses the kernels
 *
 * The peak is a loop of fused multiply-adds that stays in registers, at the kernels' own width,
 * measured in the same run beside each product, since clocks change by the second; of several short
 * intervals the best counts, since neighbours take the machine away at times.
 * dW includes packing its activations; weights are packed once a step and not counted.
 */
#include "matmul.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    FORWARD,
    INPUT_GRADIENT,
    WEIGHT_GRADIENT,
    PEAK_ROUNDS = 200 * 1000,
    PEAK_REPEATS = 5,
    REPEATS = 15
};

/* y = x W^T: `tokens` rows of `in` floats to `out`. */
typedef struct Shape {
    const char *name;
    size_t tokens, in, out;
} Shape;

static const Shape SHAPES[] = {
    {"decode, hidden 256", 1, 256, 256},  {"decode, vocab 4096", 1, 256, 4096},
    {"batch 8, ff 704", 8, 256, 704},     {"hidden 128", 2048, 128, 128},
    {"ff 352", 2048, 128, 352},           {"vocab 64", 2048, 128, 64},
    {"hidden 256", 512, 256, 256},        {"hidden 256", 4096, 256, 256},
    {"ff 704", 2048, 256, 704},           {"ff 704 down", 2048, 704, 256},
    {"vocab 4096", 2048, 256, 4096},      {"hidden 512", 2048, 512, 512},
    {"ff 1376", 2048, 512, 1376},         {"ff 1376 down", 2048, 1376, 512},
    {"vocab 4096 of 512", 512, 512, 4096}};

typedef struct Bench {
    const Kernels *kernels;
    Threads *threads;
    float *x, *w, *y, *packed;
} Bench;

static void *host_alloc(const EmendHost *host, uint64_t size, uint64_t align) {
    const uint64_t to = align > 0 ? align : 16;
    (void)host;
    return aligned_alloc((size_t)to, (size_t)((size + to - 1) / to * to));
}

static void host_free(const EmendHost *host, void *block) {
    (void)host;
    free(block);
}

/* Seconds: of this thread where it is alone, so that neighbours do not count. */
static double now(size_t n_threads) {
    struct timespec t = {0};
    clock_gettime(n_threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx512f"))) static double peak_avx512(float *out) {
    __m512 sum[16];
    const __m512 a = _mm512_set1_ps(0.5f);
    const __m512 b = _mm512_set1_ps(*out);
    for (size_t i = 0; i < 16; i++) {
        sum[i] = _mm512_set1_ps((float)i);
    }
    for (size_t round = 0; round < PEAK_ROUNDS; round++) {
#pragma GCC unroll 16
        for (size_t i = 0; i < 16; i++) {
            sum[i] = _mm512_fmadd_ps(sum[i], a, b);
        }
    }
    for (size_t i = 1; i < 16; i++) {
        sum[0] = _mm512_add_ps(sum[0], sum[i]);
    }
    *out = _mm512_reduce_add_ps(sum[0]) * 0.0f;
    return 16.0 * 16.0 * 2.0 * PEAK_ROUNDS;
}

__attribute__((target("avx2,fma"))) static double peak_avx2(float *out) {
    __m256 sum[12];
    float parts[8] = {0};
    const __m256 a = _mm256_set1_ps(0.5f);
    const __m256 b = _mm256_set1_ps(*out);
    for (size_t i = 0; i < 12; i++) {
        sum[i] = _mm256_set1_ps((float)i);
    }
    for (size_t round = 0; round < PEAK_ROUNDS; round++) {
#pragma GCC unroll 12
        for (size_t i = 0; i < 12; i++) {
            sum[i] = _mm256_fmadd_ps(sum[i], a, b);
        }
    }
    for (size_t i = 1; i < 12; i++) {
        sum[0] = _mm256_add_ps(sum[0], sum[i]);
    }
    _mm256_storeu_ps(parts, sum[0]);
    *out = parts[0] * 0.0f;
    return 12.0 * 8.0 * 2.0 * PEAK_ROUNDS;
}

static double peak_loop(const char *name, float *out) {
    if (strcmp(name, "avx512") == 0) {
        return peak_avx512(out);
    }
    return peak_avx2(out);
}

#else

static double peak_loop(const char *name, float *out) {
    float sum[16] = {0};
    (void)name;
    for (size_t round = 0; round < PEAK_ROUNDS; round++) {
        for (size_t i = 0; i < 16; i++) {
            sum[i] = __builtin_fmaf(sum[i], 0.5f, *out);
        }
    }
    *out = sum[0] * 0.0f;
    return 16.0 * 2.0 * PEAK_ROUNDS;
}

#endif

typedef struct Peak {
    const char *name;
    double operations[1024]; /* of one item: all the same */
} Peak;

static void peak_item(void *ctx, size_t item, size_t thread) {
    Peak *peak = ctx;
    float seed = 0.0f;
    (void)thread;
    peak->operations[item] = peak_loop(peak->name, &seed) + (double)seed;
}

/* Floating-point operations a second that all threads of the pool reach together. */
static double measure_peak(const Bench *bench) {
    static Peak peak;
    const size_t n = threads_count(bench->threads);
    double best = 0.0;
    peak.name = bench->kernels->name;
    for (int i = 0; i < PEAK_REPEATS; i++) {
        const double start = now(n);
        threads_run(bench->threads, n, peak_item, &peak);
        const double rate = (double)n * peak.operations[0] / (now(n) - start);
        best = rate > best ? rate : best;
    }
    return best;
}

static void product(const Bench *bench, const Shape *s, int kind) {
    GemmArgs args = {.m = s->tokens, .n = s->out, .k = s->in, .b = bench->packed, .c = bench->y};
    args.a = bench->x;
    args.a_row = s->in;
    args.a_col = 1;
    if (kind == INPUT_GRADIENT) {
        args.n = s->in;
        args.k = s->out;
        args.a_row = s->out;
    } else if (kind == WEIGHT_GRADIENT) {
        args.m = s->out;
        args.n = s->in;
        args.k = s->tokens;
        args.a_row = 1;
        args.a_col = s->out;
        args.accumulate = 1;
        matmul_pack(bench->threads, bench->kernels, bench->w, s->in, 1, s->in, s->tokens,
                    bench->packed);
    }
    args.ldc = args.n;
    matmul(bench->threads, bench->kernels, &args);
}

static double measure_product(const Bench *bench, const Shape *s, int kind) {
    const size_t n = threads_count(bench->threads);
    const double operations = 2.0 * (double)s->tokens * (double)s->in * (double)s->out;
    const size_t calls = 1 + (size_t)(1e8 / operations); // a millisecond or so
    double best = 0.0;
    for (int i = 0; i < REPEATS; i++) {
        const double start = now(n);
        for (size_t c = 0; c < calls; c++) {
            product(bench, s, kind);
        }
        const double rate = operations * (double)calls / (now(n) - start);
        best = rate > best ? rate : best;
    }
    return best;
}

static void print_shape(const Bench *bench, const Shape *s) {
    static const char *const kinds[] = {"forward", "dX", "dW"};
    for (int kind = FORWARD; kind <= WEIGHT_GRADIENT; kind++) {
        const double peak = measure_peak(bench);
        const double rate = measure_product(bench, s, kind);
        printf("%-20s %6zu %5zu %5zu  %-8s %8.1f %8.1f %5.0f%%\n", s->name, s->tokens, s->in,
               s->out, kinds[kind], 1e-9 * rate, 1e-9 * peak, 100.0 * rate / peak);
        if (s->tokens < 64) {
            return;
        }
    }
}

static float *floats(size_t n) {
    float *x = aligned_alloc(64, (n * sizeof(float) + 63) / 64 * 64);
    for (size_t i = 0; x && i < n; i++) {
        x[i] = (float)(i % 251) / 251.0f - 0.5f;
    }
    return x;
}

static int run(const EmendHost *host, size_t n_threads) {
    const size_t room = (size_t)4096 * 4096;
    Bench bench = {.kernels = kernels_choose()};
    if (!bench.kernels || threads_create(host, n_threads, &bench.threads, NULL) != EMEND_OK) {
        fprintf(stderr, "bench_gemm: no such kernels or threads here\n");
        return 1;
    }
    bench.x = floats(room);
    bench.w = floats(room);
    bench.y = floats(room);
    bench.packed = floats(room);
    printf("%s, %zu thread(s)\n", bench.kernels->name, threads_count(bench.threads));
    printf("%-20s %6s %5s %5s  %-8s %8s %8s %6s\n", "shape", "tokens", "in", "out", "product",
           "GFLOP/s", "peak", "of it");
    for (size_t i = 0; i < sizeof SHAPES / sizeof SHAPES[0]; i++) {
        print_shape(&bench, &SHAPES[i]);
    }
    free(bench.x);
    free(bench.w);
    free(bench.y);
    free(bench.packed);
    threads_destroy(bench.threads);
    return 0;
}

int main(int argc, char **argv) {
    const EmendHost host = {.alloc = host_alloc, .free = host_free};
    if (argc > 1) {
        return run(&host, strtoul(argv[1], NULL, 10));
    }
    if (run(&host, 1) != 0) {
        return 1;
    }
    printf("\n");
    return run(&host, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a turn costs that a foreign function scores, beside the same work in a reward of the SDK:
 * the last byte of the response as the score. Time of this process on the processor, so that what
 * else runs does not count; of the function that has a process of its own, time that passes.
 *
 *     bench_foreign [RESPONSE_BYTES] */
#include "emend/reward.h"
#include "plugin/loader.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAMPLES = 1024, ROUNDS = 400 };

/* The same as foreign_last.c, which libffi calls. */
__attribute__((noinline)) static double last_byte(const char *text, size_t len) {
    return len > 0 ? (double)text[len - 1] : 0;
}

static EmendStatus score_directly(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    (void)self, (void)seed, (void)err;
    for (uint64_t i = 0; i < samples.count; i++) {
        const EmendSample *sample = emend_span_at(samples, i);
        const EmendGradedAttempt *attempt = emend_span_at(sample->attempts, 0);
        sample->scores[0] =
            (EmendScore){.state = EMEND_SCORE_VALUE,
                         .value = last_byte(attempt->response.ptr, attempt->response.len)};
    }
    return EMEND_OK;
}

static double now_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Nanoseconds a turn, the best of five. */
static double measure(EmendStatus (*score)(void *, EmendSpan, uint64_t, EmendError *), void *self,
                      EmendSpan samples, clockid_t clock, int rounds) {
    double best = 1e18;
    for (int trial = 0; trial < 5; trial++) {
        double begin = now_ns(clock);
        for (int round = 0; round < rounds; round++) {
            score(self, samples, (uint64_t)round, NULL);
        }
        double ns = (now_ns(clock) - begin) / rounds / SAMPLES;
        best = ns < best ? ns : best;
    }
    return best;
}

static Component open_foreign(PluginHost *host, const char *name) {
    char text[4096];
    EmendError err = emend_error_on(text, sizeof text);
    Component component = {0};
    if (component_create(host, EMEND_KIND_REWARD, name, (EmendBytes){NULL, 0}, &component, &err) !=
        EMEND_OK) {
        fprintf(stderr, "bench_foreign: %s\n", text);
        exit(1);
    }
    return component;
}

int main(int argc, char **argv) {
    static EmendSample samples[SAMPLES];
    static EmendScore scores[SAMPLES];
    static const char *const names[] = {"bytes_parallel", "bytes_serial", "text_parallel",
                                        "bytes_apart"};
    size_t len = argc > 1 ? strtoul(argv[1], NULL, 10) : 200;
    char *text = malloc(len + 1);
    Catalog *catalog = NULL;
    PluginHost *host = NULL;
    memset(text, 'x', len);
    EmendGradedAttempt attempt = {.struct_size = sizeof attempt, .response = {text, len}};
    for (size_t i = 0; i < SAMPLES; i++) {
        samples[i] = (EmendSample){.struct_size = sizeof samples[i],
                                   .n_turns = 1,
                                   .attempts = emend_span(&attempt, 1, sizeof attempt),
                                   .scores = &scores[i]};
    }
    EmendSpan span = emend_span(samples, SAMPLES, sizeof samples[0]);
    double direct = measure(score_directly, NULL, span, CLOCK_PROCESS_CPUTIME_ID, ROUNDS);
    printf("%-16s %6.1f ns a turn\n", "sdk", direct);
    if (catalog_open(EMEND_BENCH_DIR, &catalog, NULL) != EMEND_OK ||
        plugin_host_create(
            &(PluginHostOptions){.catalog = catalog, .probe = {.program = EMEND_PROGRAM}}, &host,
            NULL) != EMEND_OK) {
        return 1;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Component component = open_foreign(host, names[i]);
        const EmendReward *reward = component.table;
        bool is_apart = strcmp(names[i], "bytes_apart") == 0;
        double ns = measure(reward->score, component.self, span,
                            is_apart ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID,
                            is_apart ? ROUNDS / 100 : ROUNDS);
        printf("%-16s %6.1f ns a turn, %6.1f more\n", names[i], ns, ns - direct);
        component_destroy(&component);
    }
    double begin = now_ns(CLOCK_MONOTONIC);
    plugin_host_destroy(host);
    plugin_host_create(
        &(PluginHostOptions){.catalog = catalog, .probe = {.program = EMEND_PROGRAM}}, &host, NULL);
    Component component = open_foreign(host, names[0]);
    printf("first use, examples in a process: %.1f ms\n", (now_ns(CLOCK_MONOTONIC) - begin) / 1e6);
    component_destroy(&component);
    plugin_host_destroy(host);
    catalog_close(catalog);
    free(text);
    return 0;
}

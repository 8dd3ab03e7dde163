/* SPDX-License-Identifier: Apache-2.0 */
/* What a call across the ABI costs, of a plugin that has nothing to do (reward "progress", no
 * samples): by the function pointer as the plugin gave it, through the guard as the host calls it,
 * and with the marks of threads checked as well. `bench_foreign` measures the call through libffi.
 *
 *     bench_calls */
#include "emend/reward.h"
#include "plugin/guard/guard.h"
#include "plugin/loader.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CALLS = 2000000, TRIALS = 5 };

typedef EmendStatus (*Score)(void *self, EmendSpan samples, uint64_t seed, EmendError *err);

/* Of this process on the processor, so that what else runs does not count. */
static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Nanoseconds a call, the best of five. */
static double measure(Score score, void *self) {
    double best = 1e18;
    for (int trial = 0; trial < TRIALS; trial++) {
        double begin = now_ns();
        for (int i = 0; i < CALLS; i++) {
            score(self, (EmendSpan){0}, (uint64_t)i, NULL);
        }
        double ns = (now_ns() - begin) / CALLS;
        best = ns < best ? ns : best;
    }
    return best;
}

int main(void) {
    char text[4096];
    EmendError err = emend_error_on(text, sizeof text);
    Catalog *catalog = NULL;
    PluginHost *host = NULL;
    Component component = {0};
    EmendStatus status = catalog_open(EMEND_PLUGIN_DIR, &catalog, &err);
    if (status == EMEND_OK) {
        status = plugin_host_create(&(PluginHostOptions){.catalog = catalog, .call_seconds = 600},
                                    &host, &err);
    }
    if (status == EMEND_OK) {
        status = component_create(host, EMEND_KIND_REWARD, "progress", (EmendBytes){0}, &component,
                                  &err);
    }
    if (status != EMEND_OK) {
        fprintf(stderr, "bench_calls: %s\n", text);
        return EXIT_FAILURE;
    }
    guard_install();
    const Guarded *guarded = component.guarded;
    double direct = measure(((const EmendReward *)guarded->table)->score, guarded->self);
    double caught = measure(((const EmendReward *)component.table)->score, component.self);
    guard_check_marks(true);
    double checked = measure(((const EmendReward *)component.table)->score, component.self);
    printf("%-28s %6.1f ns\n", "function pointer", direct);
    printf("%-28s %6.1f ns, %6.1f more\n", "guarded, with a deadline", caught, caught - direct);
    printf("%-28s %6.1f ns, %6.1f more\n", "guarded, marks checked", checked, checked - direct);
    component_destroy(&component);
    plugin_host_destroy(host);
    catalog_close(catalog);
    return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Level 9, for every kind: figures, never a failure. */
#include "check/golden_run.h"
#include "check/suites.h"
#include <time.h>

enum { N_TIMES = 20 };

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return 1e3 * (double)time.tv_sec + 1e-6 * (double)time.tv_nsec;
}

static void figures(Kit *kit) {
    Subject subject = {0};
    if (subject_create(kit, NULL, &subject)) {
        long n_allocs = atomic_load(&subject.n_allocs);
        double begun = now_ms();
        for (int i = 0; i < N_TIMES; i++) {
            void *self = NULL;
            const void *table = NULL;
            if (subject_instance(&subject, kit_config(kit), &self, &table) == EMEND_OK) {
                subject_destroy_instance(&subject, self);
            }
        }
        kit_figure(kit, "create and destroy", (now_ms() - begun) / N_TIMES, "ms");
        kit_figure(kit, "allocations",
                   (double)(atomic_load(&subject.n_allocs) - n_allocs) / N_TIMES, "");
        begun = now_ms();
        if (kit_example(kit, 0) && golden_workload(&subject, NULL) == EMEND_OK) {
            kit_figure(kit, "golden examples", now_ms() - begun, "ms");
        }
    }
    subject_close(&subject);
}

static const KitTest tests[] = {
    {"speed.create", "figures of making an instance and of the golden examples", KIT_SPEED, 60,
     figures},
};

const KitSuite suite_speed = {KIT_EVERY_KIND, tests, sizeof tests / sizeof *tests};

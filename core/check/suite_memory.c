/* SPDX-License-Identifier: Apache-2.0 */
/* Level 7: memory that runs out, and what is left behind. */
#include "check/footprint.h"
#include "check/golden_run.h"
#include "check/suites.h"

enum { N_ROUNDS = 4 };

static void open_each_allocation(Kit *kit) {
    subject_each_allocation(kit, NULL, NULL, NULL);
}

static void work_each_allocation(Kit *kit) {
    subject_each_allocation(kit, NULL, golden_workload, NULL);
}

/* What is kept from one instance to the next stops growing. */
static void growth(Kit *kit) {
    Subject subject = {0};
    long n_blocks[N_ROUNDS] = {0};
    if (subject_create(kit, NULL, &subject)) {
        for (int i = 0; i < N_ROUNDS && !kit_is_over(kit); i++) {
            golden_workload(&subject, NULL);
            n_blocks[i] = atomic_load(&subject.n_blocks);
        }
        long more = n_blocks[N_ROUNDS - 1] - n_blocks[N_ROUNDS - 2];
        if (more > 0 && n_blocks[N_ROUNDS - 2] > n_blocks[N_ROUNDS - 3] && !kit_is_over(kit)) {
            kit_fail(kit, "free in destroy() what create() and the calls took",
                     "each round of instances leaves %ld more block%s of the host; none must stay "
                     "when the instance is destroyed",
                     more, more == 1 ? "" : "s");
        }
        kit_figure(kit, "allocations", (double)atomic_load(&subject.n_allocs), "");
    }
    subject_close(&subject);
}

/* An instance that is destroyed leaves no descriptor, thread or process. */
static void instance_leaves_nothing(Kit *kit) {
    Subject subject = {0};
    if (subject_create(kit, NULL, &subject)) {
        golden_workload(&subject, NULL); // what the plugin takes once and keeps until close()
        Footprint *before = footprint_take();
        golden_workload(&subject, NULL);
        footprint_compare(kit, before, FOOTPRINT_FILES | FOOTPRINT_THREADS, "after destroy()");
        footprint_free(before);
    }
    subject_close(&subject);
}

/* Nor does the plugin that is closed, after all its examples. */
static void close_leaves_nothing(Kit *kit) {
    Subject subject = {0};
    if (subject_create(kit, NULL, &subject)) {
        golden_workload(&subject, NULL); // what libraries open once and for all
    }
    subject_close(&subject);
    Footprint *before = footprint_take();
    if (!kit_is_over(kit) && subject_create(kit, NULL, &subject)) {
        golden_workload(&subject, NULL);
    }
    subject_close(&subject);
    if (!kit_is_over(kit)) {
        footprint_compare(kit, before, FOOTPRINT_ALL, "after close()");
    }
    footprint_free(before);
}

static const KitTest package_tests[] = {
    {"memory.open", "opens, or says that memory is gone, whichever allocation fails", KIT_MEMORY,
     60, open_each_allocation},
};

static const KitTest component_tests[] = {
    {"memory.each_allocation", "comes through its examples whichever allocation fails", KIT_MEMORY,
     120, work_each_allocation},
    {"memory.growth", "keeps nothing of an instance that is destroyed", KIT_MEMORY, 60, growth},
    {"memory.destroy", "leaves no thread or descriptor when an instance is destroyed", KIT_MEMORY,
     60, instance_leaves_nothing},
    {"memory.close", "leaves no thread, descriptor or process when it is closed", KIT_MEMORY, 60,
     close_leaves_nothing},
};

const KitSuite suite_memory = {NULL, package_tests, sizeof package_tests / sizeof *package_tests};
const KitSuite suite_memory_component = {KIT_EVERY_KIND, component_tests,
                                         sizeof component_tests / sizeof *component_tests};

/* SPDX-License-Identifier: Apache-2.0 */
/* The golden examples, at every level at which they have something to say. */
#include "check/golden_run.h"
#include "check/kit_state.h"
#include "check/suites.h"
#include <string.h>

enum { EXTRA_BYTES = 48 };

/* Does one example on an instance of its own. */
static EmendStatus run_example(Subject *subject, const Emend__Example *example, uint32_t extra) {
    GoldenRun run = {.subject = subject, .example = example, .extra = extra};
    EmendStatus status =
        subject_instance(subject, kit_example_config(example), &run.self, &run.table);
    if (status == EMEND_UNAVAILABLE) {
        kit_skip(subject->kit, "this machine cannot: %s", subject->message);
        return status;
    }
    if (!golden_ok(&run, "", "create", status)) {
        return status;
    }
    if (run.table) {
        status = golden_run(&run);
    }
    subject_destroy_instance(subject, run.self);
    return status;
}

static void run_all(Kit *kit, const SubjectOptions *options, uint32_t extra) {
    Subject subject = {0};
    if (!kit_example(kit, 0)) {
        kit_skip(kit, "there is no golden example of it");
        return;
    }
    if (subject_open(kit, options, &subject)) {
        for (size_t i = 0; kit_example(kit, i) && !kit_is_over(kit); i++) {
            run_example(&subject, kit_example(kit, i), extra);
        }
    }
    subject_close(&subject);
}

static void examples(Kit *kit) {
    run_all(kit, NULL, 0);
}

/* Structs and host of a revision to come, whose new members hold anything. */
static void newer_host(Kit *kit) {
    SubjectOptions options = {.host_size = (uint32_t)sizeof(EmendHost) + EXTRA_BYTES};
    run_all(kit, &options, EXTRA_BYTES);
}

static void refusals(Kit *kit) {
    Subject subject = {0};
    const Emend__Example *example = NULL;
    if (!kit->golden || !golden_example(kit->golden, kit_component(kit), GOLDEN_REFUSED, 0)) {
        kit_skip(kit, "there is no golden example of a config to refuse");
        return;
    }
    if (subject_open(kit, NULL, &subject)) {
        for (size_t i = 0;
             !kit_is_over(kit) &&
             (example = golden_example(kit->golden, kit_component(kit), GOLDEN_REFUSED, i));
             i++) {
            GoldenRun run = {.subject = &subject, .example = example};
            EmendStatus status =
                subject_instance(&subject, golden_config(example), &run.self, &run.table);
            if (status == EMEND_OK) {
                golden_differs(&run, "",
                               "the config was accepted; by the example it must be "
                               "refused");
                subject_destroy_instance(&subject, run.self);
            } else if (!strstr(subject.message, example->refused)) {
                golden_differs(&run, "refused",
                               "the message is \"%.500s\"; by the example it must hold \"%s\"",
                               subject.message, example->refused);
            }
        }
    }
    subject_close(&subject);
}

static const KitTest tests[] = {
    {"golden.examples", "does what its golden examples say, in guarded memory", KIT_BEHAVIOUR, 60,
     examples},
    {"golden.refusals", "refuses the configs that golden examples say it must", KIT_BEHAVIOUR, 0,
     refusals},
    {"golden.newer_host", "does the same in structs that have grown", KIT_VERSIONS, 60, newer_host},
};

const KitSuite suite_golden = {KIT_EVERY_KIND, tests, sizeof tests / sizeof *tests};

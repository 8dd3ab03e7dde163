/* SPDX-License-Identifier: Apache-2.0 */
#include "check/suites.h"

/* In the order in which a report shows a level's tests. */
static const KitSuite *const suites[] = {
    &suite_static,
    &suite_load,
    &suite_load_component,
    &suite_config,
    &suite_golden,
    &suite_backend,
    &suite_tokenizer,
    &suite_task,
    &suite_reward,
    &suite_algorithm,
    &suite_tracker,
    &suite_versions,
    &suite_versions_component,
    &suite_state,
    &suite_threads,
    &suite_memory,
    &suite_memory_component,
    &suite_speed,
};

const KitSuite *kit_suite(size_t i) {
    return i < sizeof suites / sizeof *suites ? suites[i] : NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_SUITES_H
#define CHECK_SUITES_H
/* The suites there are. One for each file suite_<name>.c. */
#include "check/kit.h"

extern const KitSuite suite_static, suite_load, suite_load_component, suite_config, suite_golden,
    suite_versions, suite_versions_component, suite_state, suite_threads, suite_memory,
    suite_memory_component, suite_speed;
extern const KitSuite suite_backend, suite_tokenizer, suite_task, suite_reward, suite_algorithm,
    suite_tracker;

#endif

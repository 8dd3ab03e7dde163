/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_TASK_TESTS_H
#define CHECK_TASK_TESTS_H
/* The tests of the task suite. The table of suite_task.c says what each one asks for. */
#include "check/kit.h"

/* problems.c */
void task_test_unknown_split(Kit *kit);
void task_test_problems(Kit *kit);
void task_test_past_the_end(Kit *kit);
void task_test_disjoint(Kit *kit);
void task_test_same_bytes(Kit *kit);
/* turns.c */
void task_test_turn_prompt(Kit *kit);
void task_test_newer_host(Kit *kit);
void task_test_demonstrations(Kit *kit);
/* grades.c */
void task_test_odd_responses(Kit *kit);
void task_test_odd_references(Kit *kit);
void task_test_repeatable(Kit *kit);
void task_test_records(Kit *kit);
void task_test_workers(Kit *kit);
void task_test_memory(Kit *kit);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_ALGORITHM_TESTS_H
#define CHECK_ALGORITHM_TESTS_H
/* The tests of the algorithm suite. The table of suite_algorithm.c says what each one asks for. */
#include "check/kit.h"

/* coefficients.c */
void algorithm_test_plan(Kit *kit);
void algorithm_test_advantages(Kit *kit);
void algorithm_test_loss(Kit *kit);
void algorithm_test_extremes(Kit *kit);
void algorithm_test_newer_host(Kit *kit);
/* credit.c */
void algorithm_test_earlier_turns(Kit *kit);
void algorithm_test_later_turns(Kit *kit);
void algorithm_test_no_reward(Kit *kit);
void algorithm_test_left_out(Kit *kit);
void algorithm_test_micro_batches(Kit *kit);
void algorithm_test_later_calls(Kit *kit);
void algorithm_test_equal_rewards(Kit *kit);
/* state.c */
void algorithm_test_instances(Kit *kit);
void algorithm_test_state(Kit *kit);
void algorithm_test_damaged_state(Kit *kit);
void algorithm_test_compose(Kit *kit);
void algorithm_test_memory(Kit *kit);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MBPP_SPLIT_H
#define MBPP_SPLIT_H
/* MBPP's splits and its shots, which its paper gives by task_id. */
#include "coding.h"

/* Adds the published splits; with `train_on_all` the prompt's and one of all others, `train`. Each
 * has n_most problems at most where n_most is not 0. */
EmendStatus mbpp_add_splits(Coding *coding, bool train_on_all, uint64_t n_most, EmendError *err);

/* Finds the solved tasks of the prompt, the first n of 2, 3 and 4. */
EmendStatus mbpp_find_shots(const ProblemSet *set, const char *path, uint64_t n, Prompts *prompts,
                            EmendError *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MATH_FILTER_H
#define MATH_FILTER_H
/* Which rows of a dataset are wanted. */
#include "dataset.h"

/* Borrowed from the config. */
typedef struct Filter {
    char *const *subjects;
    size_t n_subjects;
    const uint32_t *levels;
    size_t n_levels;
} Filter;

/* The rows that a filter lets through, in order. `rows` has room for all of the dataset's. A
 * subject that no row has is refused; the message lists those there are. */
EmendStatus filter_rows(const Filter *filter, const Dataset *dataset, uint32_t *rows,
                        uint64_t *n_rows, EmendError *err);

#endif

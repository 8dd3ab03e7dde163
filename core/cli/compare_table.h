/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COMPARE_TABLE_H
#define CLI_COMPARE_TABLE_H
#include "compare/jobs.h"
#include "compare/matrix.h"
#include <stdbool.h>

/* Prints the last evaluation of every run that is there: the shared start's first, then variant by
 * variant, means and every seed. jobs: n_bases shared starts by seed, then variants by seed. */
EmendStatus compare_table_print(const Matrix *matrix, const Job *jobs, size_t n_bases, bool is_json,
                                EmendError *err);

#endif

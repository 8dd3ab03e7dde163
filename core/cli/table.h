/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H
/* The paper's table of evaluations, for people and for machines. */
#include "emend/run.pb-c.h"
#include <stdio.h>

/* Accuracies in percent, deltas in points; a row an evaluation, under it its kinds where there are
 * several, and its levels; below all, where problems had several samples, pass@k and maj@k by turn,
 * and what a budget of samples is best spent on. */
void table_print(FILE *out, Emend__EvaluationResult *const *results, size_t n);
/* One JSON object, without a newline. */
void table_print_json(FILE *out, const Emend__EvaluationResult *result);

#endif

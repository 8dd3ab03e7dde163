/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OBJECTIVE_REPORT_H
#define OBJECTIVE_REPORT_H
/* Metrics under the names that all algorithms share. */
#include "emend/data.h"

/* Adds to the metric `name`, or `name`/t<turn> where turn is not 0; nothing where metrics is NULL.
 */
void report(const EmendMetrics *metrics, const char *name, uint32_t turn, double sum,
            double weight);

#endif

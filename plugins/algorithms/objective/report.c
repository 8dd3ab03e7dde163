/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include <stdio.h>

void report(const EmendMetrics *metrics, const char *name, uint32_t turn, double sum,
            double weight) {
    char full[64];
    snprintf(full, sizeof full, turn == 0 ? "%s" : "%s/t%u", name, turn);
    emend_metrics_add(metrics, full, sum, weight);
}

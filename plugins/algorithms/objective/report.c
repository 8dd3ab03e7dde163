/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include <stdio.h>

void report(const EmendMetrics *metrics, const char *name, uint32_t turn, double sum,
            double weight) {
    char full[64];
    if (!metrics || !EMEND_HAS(EmendMetrics, metrics, add)) {
        return;
    }
    if (turn == 0) {
        metrics->add(metrics->ctx, name, sum, weight);
        return;
    }
    snprintf(full, sizeof full, "%s/t%u", name, turn);
    metrics->add(metrics->ctx, full, sum, weight);
}

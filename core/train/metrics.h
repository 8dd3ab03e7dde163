/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_METRICS_H
#define TRAIN_METRICS_H
/* Named numbers of one step, each a weighted mean, in the order they were first named. */
#include "emend/tracker.h"
#include <stdbool.h>

typedef struct Metric {
    char name[64];
    double sum, weight;
} Metric;

typedef struct MetricSet {
    Metric *items;
    size_t n, capacity;
    bool is_incomplete; /* memory ran out: some numbers are missing */
} MetricSet;

void metrics_finish(MetricSet *set);
void metrics_clear(MetricSet *set);
/* Adds to sum and weight of the name. */
void metrics_add(MetricSet *set, const char *name, double sum, double weight);
/* metrics_add with weight 1 and the name made by printf. */
void metrics_set(MetricSet *set, double value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The mean; NAN where the name is unknown or its weight 0. */
double metrics_get(const MetricSet *set, const char *name);
EmendMetrics metrics_sink(MetricSet *set);
/* As trackers take them, malloc'd; names borrowed from the set. *n out. NULL when memory is gone.
 */
EmendScalar *metrics_scalars(const MetricSet *set, size_t *n);

#endif

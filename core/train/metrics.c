/* SPDX-License-Identifier: Apache-2.0 */
#include "train/metrics.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void metrics_finish(MetricSet *set) {
    free(set->items);
    *set = (MetricSet){0};
}

void metrics_clear(MetricSet *set) {
    set->n = 0;
    set->is_incomplete = false;
}

static Metric *find(const MetricSet *set, const char *name) {
    for (size_t i = 0; i < set->n; i++) {
        // A name is kept as far as it fits.
        if (strncmp(set->items[i].name, name, sizeof set->items[i].name - 1) == 0) {
            return &set->items[i];
        }
    }
    return NULL;
}

static Metric *append(MetricSet *set, const char *name) {
    if (set->n == set->capacity) {
        size_t capacity = set->capacity ? set->capacity * 2 : 64;
        Metric *items = realloc(set->items, capacity * sizeof *items);
        if (!items) {
            set->is_incomplete = true;
            return NULL;
        }
        set->items = items;
        set->capacity = capacity;
    }
    Metric *metric = &set->items[set->n++];
    *metric = (Metric){0};
    snprintf(metric->name, sizeof metric->name, "%s", name);
    return metric;
}

void metrics_add(MetricSet *set, const char *name, double sum, double weight) {
    Metric *metric = find(set, name);
    if (!metric) {
        metric = append(set, name);
    }
    if (metric) {
        metric->sum += sum;
        metric->weight += weight;
    }
}

void metrics_set(MetricSet *set, double value, const char *format, ...) {
    char name[sizeof((Metric *)0)->name];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    metrics_add(set, name, value, 1);
}

double metrics_get(const MetricSet *set, const char *name) {
    const Metric *metric = find(set, name);
    return metric && metric->weight != 0 ? metric->sum / metric->weight : NAN;
}

static void sink_add(void *ctx, const char *name, double sum, double weight) {
    metrics_add(ctx, name, sum, weight);
}

EmendMetrics metrics_sink(MetricSet *set) {
    return (EmendMetrics){.struct_size = sizeof(EmendMetrics), .ctx = set, .add = sink_add};
}

EmendScalar *metrics_scalars(const MetricSet *set, size_t *n) {
    EmendScalar *scalars = calloc(set->n + 1, sizeof *scalars);
    for (size_t i = 0; scalars && i < set->n; i++) {
        const Metric *metric = &set->items[i];
        scalars[i] =
            (EmendScalar){.struct_size = sizeof *scalars,
                          .name = emend_str(metric->name),
                          .value = metric->weight != 0 ? metric->sum / metric->weight : NAN};
    }
    *n = set->n;
    return scalars;
}

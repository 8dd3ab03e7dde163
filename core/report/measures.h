/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_MEASURES_H
#define REPORT_MEASURES_H
/* What is drawn of a run, in order. */
#include <stdbool.h>
#include <stddef.h>

typedef struct Measure {
    const char *title;
    const char *note;   /* what it tells */
    const char *metric; /* its name; with "%u", one for each turn */
    bool is_percent;    /* a share, shown times 100 */
    bool has_zero;      /* its axis shows 0 */
} Measure;

extern const Measure measures[];
extern const size_t n_measures;

/* Whether a measure, or the facts of a run, need the metric. */
bool measures_need(const char *metric);
/* The metric of a turn, from 1. */
void measure_metric(const Measure *measure, unsigned turn, char out[64]);
bool measure_is_by_turn(const Measure *measure);

#endif

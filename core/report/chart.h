/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H
/* Curves over optimizer steps, as inline SVG whose colours are the page's. */
#include "report/html.h"
#include "report/run_log.h"

enum { CHART_LINES = 64, CHART_COLORS = 8 };

typedef struct ChartLine {
    const Point *points; /* by step, stage after stage; borrowed */
    size_t n;
    unsigned color; /* below CHART_COLORS */
    bool is_dashed;
    const Point *dots; /* evaluations; borrowed */
    size_t n_dots;
} ChartLine;

typedef struct Chart {
    const char *title; /* for who cannot see it */
    ChartLine lines[CHART_LINES];
    size_t n_lines;
    double last_step;
    bool is_percent;         /* values are shares */
    bool has_zero;           /* the axis shows 0 */
    const StageSpan *stages; /* each as wide as the others; borrowed, NULL: steps alone */
    size_t n_stages;
} Chart;

/* Thin lines are the steps, or means of some where there are many; thick ones their running mean
 * within a stage. */
void chart_write(Html *html, const Chart *chart);

#endif

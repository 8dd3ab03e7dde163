/* SPDX-License-Identifier: Apache-2.0 */
#include "report/chart.h"
#include "report/measures.h"
#include "report/page.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CURVE_TURNS = 16 };

// The evaluations' values of a metric, malloc'd; *n out. NULL where there are none.
static Point *dots_of(const RunLog *run, const char *metric, size_t *n) {
    size_t n_all = json_array_size(run->evaluations);
    Point *dots = calloc(n_all + 1, sizeof *dots);
    *n = 0;
    for (size_t i = 0; dots && i < n_all; i++) {
        const json_t *evaluation = json_array_get(run->evaluations, i);
        double step = number_of(evaluation, "step"), value = number_of(evaluation, metric);
        if (step >= 0 && !isnan(value)) {
            dots[(*n)++] = (Point){.step = step, .value = value};
        }
    }
    if (*n == 0) {
        free(dots);
        return NULL;
    }
    return dots;
}

// Adds a run's curve of one turn, where it has one. With one run colours tell turns apart, with
// several they tell runs apart and first attempts are dashed.
static bool add_line(Chart *chart, const Page *page, size_t run, const Measure *measure,
                     unsigned turn) {
    char metric[64];
    measure_metric(measure, turn, metric);
    const Series *series = run_log_series(&page->runs[run], metric);
    ChartLine line = {.points = series ? series->points : NULL, .n = series ? series->n : 0};
    line.dots = dots_of(&page->runs[run], metric, &line.n_dots);
    if ((line.n == 0 && line.n_dots == 0) || chart->n_lines == CHART_LINES) {
        free((Point *)(uintptr_t)line.dots);
        return false;
    }
    bool is_first = measure_is_by_turn(measure) && turn == 1;
    line.color = page->n_runs > 1 ? (unsigned)run % CHART_COLORS
                 : is_first       ? 1
                 : turn <= 2      ? 0
                                  : turn % CHART_COLORS;
    line.is_dashed = page->n_runs > 1 && is_first;
    chart->lines[chart->n_lines++] = line;
    return true;
}

static void write_key(Page *page, const unsigned *colors, const unsigned *turns, size_t n) {
    html_print(&page->html, "<p class=\"key\">");
    for (size_t i = 0; i < n; i++) {
        html_print(&page->html, "<span><i class=\"swatch k%u\"></i>attempt %u</span>", colors[i],
                   turns[i]);
    }
    html_print(&page->html, "</p>");
}

static double last_step(const Page *page) {
    double last = 0;
    for (size_t r = 0; r < page->n_runs; r++) {
        last = page->runs[r].last_step > last ? page->runs[r].last_step : last;
        size_t n = json_array_size(page->runs[r].evaluations);
        double step =
            n > 0 ? number_of(json_array_get(page->runs[r].evaluations, n - 1), "step") : 0;
        last = step > last ? step : last;
    }
    return last;
}

// Whether the stages are those that the longest run began with; the last one may be on its way.
static bool is_beginning(const RunLog *run, const RunLog *longest) {
    for (size_t i = 0; i < run->n_stages; i++) {
        const StageSpan *stage = &run->stages[i], *theirs = &longest->stages[i];
        bool is_last = i + 1 == run->n_stages;
        if (strcmp(stage->name, theirs->name) != 0 || fabs(stage->first - theirs->first) > 0.5 ||
            stage->last > theirs->last || (!is_last && stage->last < theirs->last)) {
            return false;
        }
    }
    return true;
}

// The run whose stages are drawn; NULL where runs have other stages, or they cannot be drawn.
static const RunLog *stages_of(const Page *page) {
    enum { MOST = 12 };
    const RunLog *longest = &page->runs[0];
    for (size_t r = 1; r < page->n_runs; r++) {
        longest = page->runs[r].last_step > longest->last_step ? &page->runs[r] : longest;
    }
    if (longest->n_stages == 0 || longest->n_stages > MOST) {
        return NULL;
    }
    for (size_t i = 1; i < longest->n_stages; i++) {
        if (longest->stages[i].first <= longest->stages[i - 1].last) {
            return NULL;
        }
    }
    for (size_t r = 0; r < page->n_runs; r++) {
        const RunLog *run = &page->runs[r];
        if (run->n_stages > longest->n_stages || !is_beginning(run, longest)) {
            return NULL;
        }
    }
    return longest;
}

static void write_measure(Page *page, const Measure *measure, double last, const RunLog *staged) {
    Chart chart = {.title = measure->title,
                   .last_step = last,
                   .is_percent = measure->is_percent,
                   .has_zero = measure->has_zero,
                   .stages = staged ? staged->stages : NULL,
                   .n_stages = staged ? staged->n_stages : 0};
    unsigned n_turns = measure_is_by_turn(measure) ? MAX_CURVE_TURNS : 1;
    unsigned colors[MAX_CURVE_TURNS], turns[MAX_CURVE_TURNS];
    size_t n_keys = 0;
    for (unsigned turn = 1; turn <= n_turns; turn++) {
        for (size_t r = 0; r < page->n_runs; r++) {
            bool is_there = add_line(&chart, page, r, measure, turn);
            if (is_there && page->n_runs == 1) {
                colors[n_keys] = chart.lines[chart.n_lines - 1].color;
                turns[n_keys++] = turn;
            }
        }
    }
    if (chart.n_lines > 0) {
        html_print(&page->html, "<figure><figcaption><b>%s</b> <span>%s</span></figcaption>",
                   measure->title, measure->note);
        if (n_keys > 1) {
            write_key(page, colors, turns, n_keys);
        }
        chart_write(&page->html, &chart);
        html_print(&page->html, "</figure>\n");
    }
    for (size_t i = 0; i < chart.n_lines; i++) {
        free((Point *)(uintptr_t)chart.lines[i].dots);
    }
}

void page_curves(Page *page) {
    const RunLog *staged = stages_of(page);
    double last = last_step(page);
    html_print(&page->html,
               "<section id=\"curves\"><h2>Curves</h2>\n<p class=\"lede\">By optimizer step of the "
               "whole run%s. Thick lines are running means within a stage%s.</p>\n",
               staged && staged->n_stages > 1 ? "; stages are drawn equally wide" : "",
               page->n_runs > 1 ? ", first attempts dashed" : "");
    if (page->n_runs > 1) {
        html_print(&page->html, "<p class=\"key\">");
        for (size_t r = 0; r < page->n_runs; r++) {
            html_print(&page->html, "<span>");
            page_run_name(page, r);
            html_print(&page->html, "</span>");
        }
        html_print(&page->html, "</p>\n");
    }
    html_print(&page->html, "<div class=\"charts\">\n");
    for (size_t i = 0; i < n_measures; i++) {
        write_measure(page, &measures[i], last, staged);
    }
    html_print(&page->html, "</div></section>\n");
}

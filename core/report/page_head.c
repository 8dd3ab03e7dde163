/* SPDX-License-Identifier: Apache-2.0 */
#include "report/chart.h"
#include "report/page.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- for all parts -------------------------------------------------------------------------- */

void page_run_name(Page *page, size_t run) {
    if (page->n_runs > 1) {
        html_print(&page->html, "<i class=\"swatch k%u\"></i>", (unsigned)run % CHART_COLORS);
    }
    html_str(&page->html, page->runs[run].title);
}

void page_percent(Page *page, double share, bool is_signed) {
    if (isnan(share)) {
        html_print(&page->html, "&#8211;");
        return;
    }
    double shown = round(1000 * share) / 10;
    const char *sign = shown < 0 ? "\xe2\x88\x92" : is_signed ? "+" : "";
    html_print(&page->html, "%s%.1f", sign, fabs(shown));
}

const char *page_field(const RunLog *run, const char *path) {
    return recipe_fields_value(&run->fields, path);
}

/* ---- headline ------------------------------------------------------------------------------- */

typedef struct Range {
    double low, high; /* percent, multiples of 10 */
} Range;

// A text value of the recipe, without the quotes.
static void write_unquoted(Page *page, const char *value) {
    size_t len = strlen(value);
    bool is_quoted = len >= 2 && value[0] == '"' && value[len - 1] == '"';
    html_text(&page->html, value + is_quoted, len - (is_quoted ? 2 : 0));
}

static void write_title(Page *page) {
    const RunLog *run = &page->runs[0];
    const char *name = page_field(run, "name[0]"), *about = page_field(run, "description[0]");
    html_print(&page->html, "<header><p class=\"mark\">Emend</p>\n<h1>");
    if (page->n_runs > 1) {
        html_print(&page->html, "%zu runs side by side", page->n_runs);
    } else if (name) {
        write_unquoted(page, name);
    } else {
        html_str(&page->html, run->title);
    }
    html_print(&page->html, "</h1>\n");
    if (page->n_runs > 1) {
        html_print(&page->html, "<p class=\"key names\">");
        for (size_t r = 0; r < page->n_runs; r++) {
            html_print(&page->html, "<span>");
            page_run_name(page, r);
            html_print(&page->html, "</span>");
        }
        html_print(&page->html, "</p>\n");
    } else if (about) {
        html_print(&page->html, "<p class=\"about\">");
        write_unquoted(page, about);
        html_print(&page->html, "</p>\n");
    }
    html_print(&page->html, "</header>\n");
}

static void write_notes(Page *page) {
    for (size_t r = 0; r < page->n_runs; r++) {
        const RunLog *run = &page->runs[r];
        if (run->n_unreadable > 0) {
            html_print(&page->html, "<p class=\"note\">");
            html_str(&page->html, run->title);
            html_print(&page->html,
                       ": %llu of the %llu lines of metrics.jsonl cannot be read, the first of "
                       "them line %llu. They are left out.</p>\n",
                       (unsigned long long)run->n_unreadable, (unsigned long long)run->n_lines,
                       (unsigned long long)run->first_unreadable);
        }
        if (run->is_cut) {
            html_print(&page->html, "<p class=\"note\">");
            html_str(&page->html, run->title);
            html_print(&page->html, ": the last line of metrics.jsonl is cut short; the run was "
                                    "stopped while it wrote, or is still going on.</p>\n");
        }
        if (run->is_incomplete) {
            html_print(&page->html, "<p class=\"note\">");
            html_str(&page->html, run->title);
            html_print(&page->html, ": metrics.jsonl holds more stages, metrics, evaluations or "
                                    "transcripts than a report shows.</p>\n");
        }
    }
}

static void write_figure(Page *page, const char *label, double share, bool is_signed,
                         const Interval *interval) {
    html_print(&page->html, "<div><dt>%s</dt><dd><b>", label);
    page_percent(page, share, is_signed);
    html_print(&page->html, "</b>");
    if (interval && !isnan(interval->low)) {
        html_print(&page->html, " <small>");
        page_percent(page, interval->low, is_signed);
        html_print(&page->html, " to ");
        page_percent(page, interval->high, is_signed);
        html_print(&page->html, "</small>");
    }
    html_print(&page->html, "</dd></div>\n");
}

// What the last policy can do.
static void write_figures(Page *page, json_t *last) {
    VerdictTable table = {0};
    Intervals intervals;
    char message[64];
    EmendError err = emend_error_on(message, sizeof message);
    bool has_intervals =
        verdict_table_read(last, &table) && bootstrap(&table, NULL, &intervals, &err) == EMEND_OK;
    verdict_table_finish(&table);
    html_print(&page->html, "<div class=\"outcome\"><p class=\"of\"><b>");
    html_str(&page->html, string_of(last, "policy"));
    html_print(&page->html, "</b> <span>at step %.0f, on %.0f held-out problems</span></p>\n",
               number_of(last, "step"), number_of(last, "n_problems"));
    html_print(&page->html, "<dl class=\"figures\">\n");
    write_figure(page, "accuracy@t1", number_of(last, "accuracy@t1"), false,
                 has_intervals ? &intervals.accuracy[0] : NULL);
    if (turns_of(last) > 1) {
        write_figure(page, "accuracy@t2", number_of(last, "accuracy@t2"), false,
                     has_intervals ? &intervals.accuracy[1] : NULL);
        write_figure(page, "delta(t1,t2)", number_of(last, "delta(t1,t2)"), true,
                     has_intervals ? &intervals.delta : NULL);
        write_figure(page, "wrong to right", number_of(last, "delta(i->c)"), false, NULL);
        write_figure(page, "right to wrong", number_of(last, "delta(c->i)"), false, NULL);
    }
    html_print(&page->html, "</dl></div>\n");
}

static void widen(const json_t *evaluation, Range *range) {
    static const char *const names[] = {"accuracy@t1", "accuracy@t2"};
    for (int t = 0; t < 2; t++) {
        double percent = 100 * number_of(evaluation, names[t]);
        range->low = percent < range->low ? percent : range->low;
        range->high = percent > range->high ? percent : range->high;
    }
}

static double place(const Range *range, double share) {
    double at = (100 * share - range->low) / (range->high - range->low);
    return 100 * (at < 0 ? 0 : at > 1 ? 1 : at);
}

// One policy of one run: from the first attempt, a ring, to the second, a disc.
static void write_dumbbell(Page *page, size_t run, const json_t *evaluation, const Range *range,
                           bool is_named) {
    double first = number_of(evaluation, "accuracy@t1");
    double second = number_of(evaluation, "accuracy@t2");
    unsigned color = page->n_runs > 1 ? (unsigned)run % CHART_COLORS : 0;
    html_print(&page->html, "<div class=\"db\"><span class=\"name\">");
    if (is_named) {
        html_str(&page->html, string_of(evaluation, "policy"));
    }
    html_print(&page->html, "</span><span class=\"track\">");
    if (!isnan(first) && !isnan(second)) {
        double from = place(range, first), to = place(range, second);
        html_print(&page->html, "<i class=\"seg k%u\" style=\"left:%.2f%%;width:%.2f%%\"></i>",
                   color, from < to ? from : to, fabs(to - from));
    }
    if (!isnan(first)) {
        html_print(&page->html, "<i class=\"first k%u\" style=\"left:%.2f%%\"></i>",
                   page->n_runs > 1 ? color : 1, place(range, first));
    }
    if (!isnan(second)) {
        html_print(&page->html, "<i class=\"second k%u\" style=\"left:%.2f%%\"></i>", color,
                   place(range, second));
    }
    html_print(&page->html, "</span><span class=\"num\">");
    page_percent(page, first, false);
    if (!isnan(second)) {
        html_print(&page->html, " &#8594; ");
        page_percent(page, second, false);
    }
    html_print(&page->html, "</span></div>\n");
}

static void write_scale(Page *page, const Range *range) {
    int step = range->high - range->low > 50 ? 20 : 10;
    html_print(&page->html, "<div class=\"db scale\"><span class=\"name\"></span>"
                            "<span class=\"track\">");
    for (int at = (int)range->low; at <= (int)range->high; at += step) {
        html_print(&page->html, "<i style=\"left:%.2f%%\">%d</i>",
                   100 * (at - range->low) / (range->high - range->low), at);
    }
    html_print(&page->html, "</span><span class=\"num\">percent</span></div>\n");
}

static Range range_of(const Page *page, json_t *const *policies, size_t n) {
    Range range = {100, 0};
    for (size_t r = 0; r < page->n_runs; r++) {
        for (size_t i = 0; i < n; i++) {
            widen(run_log_policy(&page->runs[r], string_of(policies[i], "policy")), &range);
        }
    }
    range.low = fmax(0, floor(range.low / 10) * 10);
    range.high = fmin(100, ceil(range.high / 10) * 10);
    return range.low < range.high ? range : (Range){0, 100};
}

static void write_dumbbells(Page *page, json_t *const *policies, size_t n) {
    Range range = range_of(page, policies, n);
    html_print(&page->html, "<figure class=\"dumbbells\"><figcaption><b>From the first attempt to "
                            "the second</b> <span>held-out accuracy after each stage; ring: first, "
                            "disc: second</span></figcaption>\n");
    for (size_t i = 0; i < n; i++) {
        bool is_named = true;
        for (size_t r = 0; r < page->n_runs; r++) {
            const json_t *theirs = run_log_policy(&page->runs[r], string_of(policies[i], "policy"));
            if (theirs) {
                write_dumbbell(page, r, theirs, &range, is_named);
                is_named = false;
            }
        }
    }
    write_scale(page, &range);
    html_print(&page->html, "</figure>\n");
}

void page_head(Page *page) {
    size_t n = 0;
    json_t **policies = run_log_policies(&page->runs[0], &n);
    write_title(page);
    write_notes(page);
    if (policies && n > 0) {
        html_print(&page->html, "<section class=\"headline\">\n");
        if (page->n_runs == 1) {
            write_figures(page, policies[n - 1]);
        }
        write_dumbbells(page, policies, n);
        html_print(&page->html, "</section>\n");
    }
    free(policies);
}

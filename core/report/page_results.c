/* SPDX-License-Identifier: Apache-2.0 */
#include "report/chart.h"
#include "report/page.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static unsigned most_turns(const Page *page) {
    unsigned most = 1;
    for (size_t r = 0; r < page->n_runs; r++) {
        for (size_t i = 0; i < json_array_size(page->runs[r].evaluations); i++) {
            unsigned n = turns_of(json_array_get(page->runs[r].evaluations, i));
            most = n > most ? n : most;
        }
    }
    return most;
}

static void write_heads(Page *page, unsigned n_turns) {
    html_print(&page->html, "<thead><tr><th>policy</th><th>problems</th>");
    for (unsigned t = 1; t <= n_turns; t++) {
        html_print(&page->html, "<th>accuracy<wbr>@t%u</th>", t);
    }
    if (n_turns > 1) {
        html_print(&page->html, "<th>delta<wbr>(t1,t2)</th><th>delta<wbr>(i&#8594;c)</th>"
                                "<th>delta<wbr>(c&#8594;i)</th>");
    }
    html_print(&page->html, "</tr></thead>\n");
}

static void write_count(Page *page, double count) {
    if (isnan(count)) {
        html_print(&page->html, "<td>&#8211;</td>");
    } else {
        html_print(&page->html, "<td>%.0f</td>", count);
    }
}

static void write_share(Page *page, const json_t *from, const char *name, bool is_signed,
                        const Interval *interval) {
    html_print(&page->html, "<td>");
    page_percent(page, number_of(from, name), is_signed);
    if (interval && !isnan(interval->low)) {
        html_print(&page->html, "<small>");
        page_percent(page, interval->low, is_signed);
        html_print(&page->html, " to ");
        page_percent(page, interval->high, is_signed);
        html_print(&page->html, "</small>");
    }
    html_print(&page->html, "</td>");
}

// The cells behind a row's name.
static void write_cells(Page *page, const json_t *from, unsigned n_turns,
                        const Intervals *intervals) {
    char name[32];
    write_count(page, number_of(from, "n_problems"));
    for (unsigned t = 1; t <= n_turns; t++) {
        snprintf(name, sizeof name, "accuracy@t%u", t);
        write_share(page, from, name, false,
                    intervals && t <= 2 ? &intervals->accuracy[t - 1] : NULL);
    }
    if (n_turns > 1) {
        write_share(page, from, "delta(t1,t2)", true, intervals ? &intervals->delta : NULL);
        write_share(page, from, "delta(i->c)", false, NULL);
        write_share(page, from, "delta(c->i)", false, NULL);
    }
    html_print(&page->html, "</tr>\n");
}

static void write_groups(Page *page, const json_t *groups, const char *word, unsigned n_turns) {
    const char *name = NULL;
    json_t *group = NULL;
    if (json_object_size(groups) < 2) {
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)groups, name, group) {
        html_print(&page->html, "<tr class=\"part\"><th>%s", word);
        html_str(&page->html, name[0] ? name : "(no kind)");
        html_print(&page->html, "</th>");
        write_cells(page, group, n_turns, NULL);
    }
}

static bool find_intervals(const json_t *evaluation, Intervals *out) {
    VerdictTable table = {0};
    char message[64];
    EmendError err = emend_error_on(message, sizeof message);
    bool is_found =
        verdict_table_read(evaluation, &table) && bootstrap(&table, NULL, out, &err) == EMEND_OK;
    verdict_table_finish(&table);
    return is_found;
}

// Returns whether there were intervals.
static bool write_policy(Page *page, const RunLog *run, const json_t *evaluation,
                         unsigned n_turns) {
    Intervals intervals;
    bool has_intervals = find_intervals(evaluation, &intervals);
    double n_left_out = number_of(evaluation, "n_left_out");
    const char *policy = string_of(evaluation, "policy");
    html_print(&page->html, "<tr class=\"whole\"><th>");
    html_str(&page->html, policy);
    html_print(&page->html, "<small>step %.0f%s</small></th>", number_of(evaluation, "step"),
               n_left_out > 0 ? ", some left out" : "");
    write_cells(page, evaluation, n_turns, has_intervals ? &intervals : NULL);
    write_groups(page, json_object_get(evaluation, "kinds"), "", n_turns);
    write_groups(page, json_object_get(evaluation, "levels"), "level ", n_turns);
    (void)run;
    return has_intervals;
}

static void write_left_out(Page *page, const RunLog *run, json_t *const *policies, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double n_left_out = number_of(policies[i], "n_left_out");
        most = n_left_out > most ? n_left_out : most;
    }
    if (most > 0) {
        html_print(&page->html, "<p class=\"note\">");
        html_str(&page->html, run->title);
        html_print(
            &page->html,
            ": up to %.0f responses of an evaluation are left out, because they could not be "
            "graded or did not fit the model's positions.</p>\n",
            most);
    }
}

static void write_run(Page *page, size_t r, unsigned n_turns) {
    size_t n = 0;
    bool has_intervals = false;
    const RunLog *run = &page->runs[r];
    json_t **policies = run_log_policies(run, &n);
    if (page->n_runs > 1) {
        html_print(&page->html, "<h3>");
        page_run_name(page, r);
        html_print(&page->html, "</h3>\n");
    }
    if (!policies || n == 0) {
        html_print(&page->html, "<p class=\"lede\">No policy of this run has been evaluated yet."
                                "</p>\n");
        free(policies);
        return;
    }
    html_print(&page->html, "<div class=\"scroll\"><table>\n");
    write_heads(page, n_turns);
    html_print(&page->html, "<tbody>\n");
    for (size_t i = 0; i < n; i++) {
        has_intervals = write_policy(page, run, policies[i], n_turns) || has_intervals;
    }
    html_print(&page->html, "</tbody></table></div>\n");
    if (!has_intervals) {
        html_print(&page->html, "<p class=\"note\">No intervals: this run did not record what "
                                "became of each problem.</p>\n");
    }
    write_left_out(page, run, policies, n);
    free(policies);
}

/* ---- differences ---------------------------------------------------------------------------- */

static void write_difference(Page *page, double from, double to, const Interval *interval) {
    html_print(&page->html, "<td>");
    page_percent(page, to - from, true);
    if (interval) {
        bool is_clear = interval->low > 0 || interval->high < 0;
        html_print(&page->html, "%s<small>", is_clear ? "*" : "");
        page_percent(page, interval->low, true);
        html_print(&page->html, " to ");
        page_percent(page, interval->high, true);
        html_print(&page->html, "</small>");
    }
    html_print(&page->html, "</td>");
}

// Returns whether the two are paired, problem by problem.
static bool find_paired(const json_t *first, const json_t *other, Intervals *out) {
    VerdictTable a = {0}, b = {0};
    char message[64];
    EmendError err = emend_error_on(message, sizeof message);
    bool is_paired = verdict_table_read(first, &a) && verdict_table_read(other, &b) &&
                     verdict_table_is_paired(&a, &b) && bootstrap(&a, &b, out, &err) == EMEND_OK;
    verdict_table_finish(&a);
    verdict_table_finish(&b);
    return is_paired;
}

static bool write_compared(Page *page, size_t r, const json_t *first, const json_t *other) {
    Intervals intervals;
    bool is_paired = find_paired(first, other, &intervals);
    html_print(&page->html, "<tr><th>");
    html_str(&page->html, string_of(other, "policy"));
    html_print(&page->html, "</th><td class=\"left\">");
    page_run_name(page, r);
    html_print(&page->html, "</td>");
    write_difference(page, number_of(first, "accuracy@t1"), number_of(other, "accuracy@t1"),
                     is_paired ? &intervals.accuracy[0] : NULL);
    write_difference(page, number_of(first, "accuracy@t2"), number_of(other, "accuracy@t2"),
                     is_paired && !isnan(intervals.delta.low) ? &intervals.accuracy[1] : NULL);
    write_difference(page, number_of(first, "delta(t1,t2)"), number_of(other, "delta(t1,t2)"),
                     is_paired && !isnan(intervals.delta.low) ? &intervals.delta : NULL);
    html_print(&page->html, "</tr>\n");
    return is_paired;
}

static void write_differences(Page *page) {
    size_t n = 0, n_rows = 0, n_unpaired = 0;
    json_t **policies = run_log_policies(&page->runs[0], &n);
    html_print(&page->html, "<h3>Against ");
    page_run_name(page, 0);
    html_print(&page->html,
               "</h3>\n<div class=\"scroll\"><table class=\"compared\">\n<thead><tr><th>policy</th>"
               "<th class=\"left\">run</th><th>accuracy<wbr>@t1</th><th>accuracy<wbr>@t2</th>"
               "<th>delta<wbr>(t1,t2)</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; policies && i < n; i++) {
        for (size_t r = 1; r < page->n_runs; r++) {
            json_t *other = run_log_policy(&page->runs[r], string_of(policies[i], "policy"));
            if (other) {
                n_rows++;
                n_unpaired += !write_compared(page, r, policies[i], other);
            }
        }
    }
    html_print(&page->html, "</tbody></table></div>\n<p class=\"lede\">Points more than ");
    page_run_name(page, 0);
    html_print(&page->html, ", policy by policy%s.</p>\n",
               n_rows > n_unpaired
                   ? ", with intervals of 95 % from problems resampled in pairs; *: "
                     "the interval is on one side of 0"
                   : "");
    if (n_unpaired > 0) {
        html_print(&page->html,
                   "<p class=\"note\">%zu of %zu have no interval: what became of each problem is "
                   "not recorded, or the problems are not the same.</p>\n",
                   n_unpaired, n_rows);
    }
    free(policies);
}

void page_results(Page *page) {
    unsigned n_turns = most_turns(page);
    html_print(
        &page->html,
        "<section id=\"results\"><h2>Results</h2>\n<p class=\"lede\">Held-out problems, in "
        "percent; deltas in points. Small: intervals of 95 %% from resampled problems, where "
        "verdicts are recorded.%s</p>\n",
        n_turns > 1 ? " i&#8594;c: wrong, then right; c&#8594;i: right, then wrong." : "");
    if (page->n_runs > 1) {
        write_differences(page);
    }
    html_print(&page->html, "<div class=\"beside\">\n");
    for (size_t r = 0; r < page->n_runs; r++) {
        html_print(&page->html, "<div>\n");
        write_run(page, r, n_turns);
        html_print(&page->html, "</div>\n");
    }
    html_print(&page->html, "</div></section>\n");
}

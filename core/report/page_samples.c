/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_KS = 33 };

static double of_samples(const json_t *evaluation, const char *what, unsigned k, unsigned turn) {
    char name[64];
    snprintf(name, sizeof name, "%s@%u@t%u", what, k, turn);
    return number_of(evaluation, name);
}

// The k there are pass@k or maj@k for, in order, each but the last a power of two.
static size_t find_ks(const json_t *evaluation, unsigned ks[MAX_KS]) {
    size_t n = 0;
    unsigned all = 0;
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)evaluation, name, value) {
        unsigned long k = strncmp(name, "maj@", 4) == 0    ? strtoul(name + 4, NULL, 10)
                          : strncmp(name, "pass@", 5) == 0 ? strtoul(name + 5, NULL, 10)
                                                           : 0;
        all = k > all && k <= UINT32_MAX ? (unsigned)k : all;
    }
    for (unsigned k = 1; k > 0 && k < all; k *= 2) {
        ks[n++] = k;
    }
    if (all > 0) {
        ks[n++] = all;
    }
    return n;
}

// A row's name, said once for all rows of a policy.
static void write_name(Page *page, const json_t *evaluation, bool *is_first) {
    html_print(&page->html, "<tr%s><th>", *is_first ? " class=\"whole\"" : "");
    if (*is_first) {
        html_str(&page->html, string_of(evaluation, "policy"));
    }
    html_print(&page->html, "</th>");
    *is_first = false;
}

static void write_rows(Page *page, const json_t *evaluation, const char *what, const unsigned *ks,
                       size_t n, bool *is_first) {
    for (unsigned turn = 1; turn <= turns_of(evaluation); turn++) {
        if (isnan(of_samples(evaluation, what, ks[0], turn))) {
            continue;
        }
        write_name(page, evaluation, is_first);
        html_print(&page->html, "<td class=\"left\">%s@k</td><td class=\"left\">t%u</td>", what,
                   turn);
        for (size_t i = 0; i < n; i++) {
            html_print(&page->html, "<td>");
            page_percent(page, of_samples(evaluation, what, ks[i], turn), false);
            html_print(&page->html, "</td>");
        }
        html_print(&page->html, "</tr>\n");
    }
}

static void write_samples(Page *page, json_t *const *policies, size_t n, const unsigned *ks,
                          size_t n_ks) {
    html_print(&page->html, "<div><h3>pass@k and maj@k</h3>\n<p class=\"lede\">The chance that one "
                            "of k samples is right, and that the answer most of them give is.</p>\n"
                            "<div class=\"scroll\"><table class=\"samples\">\n<thead><tr>"
                            "<th>policy</th><th></th><th></th>");
    for (size_t i = 0; i < n_ks; i++) {
        html_print(&page->html, "<th>k = %u</th>", ks[i]);
    }
    html_print(&page->html, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < n; i++) {
        bool is_first = true;
        write_rows(page, policies[i], "pass", ks, n_ks, &is_first);
        write_rows(page, policies[i], "maj", ks, n_ks, &is_first);
    }
    html_print(&page->html, "</tbody></table></div></div>\n");
}

static void write_budget(Page *page, const json_t *evaluation, unsigned k, bool *is_first) {
    double parallel = of_samples(evaluation, "maj", 2 * k, 1);
    double sequential = of_samples(evaluation, "maj", k, 2);
    if (isnan(parallel) || isnan(sequential)) {
        return;
    }
    write_name(page, evaluation, is_first);
    html_print(&page->html, "<td>%u</td><td>", 2 * k);
    page_percent(page, parallel, false);
    html_print(&page->html, "</td><td>");
    page_percent(page, sequential, false);
    html_print(&page->html, "</td><td>");
    page_percent(page, sequential - parallel, true);
    html_print(&page->html, "</td></tr>\n");
}

static void write_budgets(Page *page, json_t *const *policies, size_t n, const unsigned *ks,
                          size_t n_ks) {
    html_print(
        &page->html,
        "<div><h3>What to spend samples on</h3>\n<p class=\"lede\">A budget of 2K samples a "
        "problem: a majority vote of 2K first attempts (parallel), or of K attempts that are "
        "each corrected once (sequential).</p>\n<div class=\"scroll\"><table "
        "class=\"samples\">\n<thead><tr><th>policy</th><th>budget</th>"
        "<th>parallel<small>maj@2K@t1</small></th><th>sequential<small>maj@K@t2</small></th>"
        "<th>difference</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < n; i++) {
        bool is_first = true;
        for (size_t k = 0; k < n_ks; k++) {
            if (ks[k] <= UINT32_MAX / 2) {
                write_budget(page, policies[i], ks[k], &is_first);
            }
        }
    }
    html_print(&page->html, "</tbody></table></div></div>\n");
}

static bool has_budgets(json_t *const *policies, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!isnan(of_samples(policies[i], "maj", 2, 1)) &&
            !isnan(of_samples(policies[i], "maj", 1, 2))) {
            return true;
        }
    }
    return false;
}

static void write_run(Page *page, size_t r, json_t *const *policies, size_t n, const unsigned *ks,
                      size_t n_ks) {
    html_print(&page->html, "<section class=\"sampled\"><h2>Several samples a problem");
    if (page->n_runs > 1) {
        html_print(&page->html, ": ");
        page_run_name(page, r);
    }
    html_print(&page->html, "</h2>\n<div class=\"beside\">\n");
    write_samples(page, policies, n, ks, n_ks);
    if (has_budgets(policies, n)) {
        write_budgets(page, policies, n, ks, n_ks);
    }
    html_print(&page->html, "</div></section>\n");
}

void page_samples(Page *page) {
    for (size_t r = 0; r < page->n_runs; r++) {
        size_t n = 0, n_ks = 0;
        unsigned ks[MAX_KS];
        json_t **policies = run_log_policies(&page->runs[r], &n);
        for (size_t i = 0; policies && i < n; i++) {
            unsigned theirs[MAX_KS];
            size_t n_theirs = find_ks(policies[i], theirs);
            if (n_theirs > n_ks) {
                n_ks = n_theirs;
                memcpy(ks, theirs, sizeof ks);
            }
        }
        if (n_ks > 0) {
            write_run(page, r, policies, n, ks, n_ks);
        }
        free(policies);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "report/measures.h"
#include "report/page.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- facts ---------------------------------------------------------------------------------- */

static void write_fact(Page *page, const char *name, const char *value) {
    html_print(&page->html, "<div><dt>%s</dt><dd>", name);
    html_str(&page->html, value);
    html_print(&page->html, "</dd></div>\n");
}

static void write_duration(Page *page, const char *name, double seconds) {
    char text[64];
    unsigned long s = seconds > 0 && seconds < 1e9 ? (unsigned long)(seconds + 0.5) : 0;
    if (s >= 3600) {
        snprintf(text, sizeof text, "%lu h %lu min", s / 3600, s / 60 % 60);
    } else if (s >= 60) {
        snprintf(text, sizeof text, "%lu min %lu s", s / 60, s % 60);
    } else {
        snprintf(text, sizeof text, "%lu s", s);
    }
    write_fact(page, name, text);
}

static void write_begin(Page *page, double seconds) {
    char text[64] = "";
    time_t when = (time_t)seconds;
    struct tm parts;
    if (seconds > 0 && seconds < 2.5e11 && gmtime_r(&when, &parts)) {
        strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
        write_fact(page, "begun", text);
    }
}

static double sum(const Series *series) {
    double total = 0;
    for (size_t i = 0; series && i < series->n; i++) {
        total += series->points[i].value;
    }
    return total;
}

static void write_steps(Page *page, const RunLog *run) {
    html_print(&page->html, "<div><dt>steps</dt><dd>%.0f", run->last_step);
    for (size_t i = 0; i < run->n_stages; i++) {
        html_print(&page->html, "%s", i == 0 ? " (" : ", ");
        html_str(&page->html, run->stages[i].name);
        html_print(&page->html, " to %.0f", run->stages[i].last);
    }
    html_print(&page->html, "%s</dd></div>\n", run->n_stages > 0 ? ")" : "");
}

// What each plugin held at most.
static void write_memory(Page *page, const RunLog *run) {
    size_t i = 0;
    json_t *account = NULL;
    if (json_array_size(run->memory) == 0) {
        write_fact(page, "memory by plugin", "not recorded");
        return;
    }
    html_print(&page->html, "<div class=\"wide\"><dt>memory by plugin, at most</dt><dd>");
    json_array_foreach(run->memory, i, account) {
        double kibibytes = number_of(account, "peak_bytes") / 1024;
        html_print(&page->html, i > 0 ? ", " : "");
        html_str(&page->html, string_of(account, "plugin"));
        if (isnan(kibibytes)) {
            html_print(&page->html, " ?");
        } else {
            html_print(&page->html, " %.*f&#160;%s", kibibytes < 1024 ? 0 : 1,
                       kibibytes < 1024 ? kibibytes : kibibytes / 1024,
                       kibibytes < 1024 ? "KiB" : "MiB");
        }
    }
    html_print(&page->html, "</dd></div>\n");
}

static void write_facts(Page *page, size_t r) {
    const RunLog *run = &page->runs[r];
    const char *seed = page_field(run, "seed[0]");
    double training = sum(run_log_series(run, "timing_s/step"));
    if (page->n_runs > 1) {
        html_print(&page->html, "<h3>");
        page_run_name(page, r);
        html_print(&page->html, "</h3>\n");
    }
    html_print(&page->html, "<dl class=\"facts\">\n");
    write_fact(page, "folder", run->title);
    write_fact(page, "seed", seed ? seed : run->recipe ? "1" : "not recorded");
    write_steps(page, run);
    write_begin(page, run->started);
    if (run->started > 0) {
        write_duration(page, "first to last record", run->ended - run->started);
    }
    if (training > 0) {
        write_duration(page, "in training steps", training);
    }
    write_memory(page, run);
    html_print(&page->html, "</dl>\n");
}

/* ---- recipes -------------------------------------------------------------------------------- */

// Whether some run has a second one of what the path names up to `len`, "[0]" included.
static bool is_repeated(const Page *page, const char *path, size_t len) {
    for (size_t r = 0; r < page->n_runs; r++) {
        const RecipeFields *fields = &page->runs[r].fields;
        for (size_t i = 0; i < fields->n; i++) {
            if (strncmp(fields->items[i].path, path, len - 2) == 0 &&
                strncmp(fields->items[i].path + len - 2, "1]", 2) == 0) {
                return true;
            }
        }
    }
    return false;
}

// A path as --set takes it: without the number of what there is one of.
static void write_path(Page *page, const char *path) {
    const char *from = path;
    for (const char *at = path; (at = strstr(at, "[0]")) != NULL; at += 3) {
        if (!is_repeated(page, path, (size_t)(at - path) + 3)) {
            html_text(&page->html, from, (size_t)(at - from));
            from = at + 3;
        }
    }
    html_str(&page->html, from);
}

static bool differs(const Page *page, const char *path) {
    const char *first = page_field(&page->runs[0], path);
    for (size_t r = 1; r < page->n_runs; r++) {
        const char *other = page_field(&page->runs[r], path);
        if (!first != !other || (first && strcmp(first, other) != 0)) {
            return true;
        }
    }
    return false;
}

static void write_differing(Page *page, const char *path) {
    html_print(&page->html, "<tr><th><code>");
    write_path(page, path);
    html_print(&page->html, "</code></th>");
    for (size_t r = 0; r < page->n_runs; r++) {
        const char *value = page_field(&page->runs[r], path);
        html_print(&page->html, "<td>");
        if (value) {
            html_print(&page->html, "<code>");
            html_str(&page->html, value);
            html_print(&page->html, "</code>");
        } else {
            html_print(&page->html, "<span class=\"unset\">not set</span>");
        }
        html_print(&page->html, "</td>");
    }
    html_print(&page->html, "</tr>\n");
}

static bool is_of_earlier(const Page *page, size_t run, const char *path) {
    for (size_t r = 0; r < run; r++) {
        if (page_field(&page->runs[r], path)) {
            return true;
        }
    }
    return false;
}

static void write_differences(Page *page) {
    size_t n = 0;
    for (size_t r = 0; r < page->n_runs; r++) {
        const RecipeFields *fields = &page->runs[r].fields;
        for (size_t i = 0; i < fields->n; i++) {
            const char *path = fields->items[i].path;
            if (is_of_earlier(page, r, path) || !differs(page, path)) {
                continue;
            }
            if (n++ == 0) {
                html_print(&page->html, "<div class=\"scroll\"><table class=\"fields\">\n<thead>"
                                        "<tr><th>what differs</th>");
                for (size_t k = 0; k < page->n_runs; k++) {
                    html_print(&page->html, "<th>");
                    page_run_name(page, k);
                    html_print(&page->html, "</th>");
                }
                html_print(&page->html, "</tr></thead>\n<tbody>\n");
            }
            write_differing(page, path);
        }
    }
    html_print(&page->html, n > 0 ? "</tbody></table></div>\n"
                                  : "<p class=\"lede\">The recipes do not differ.</p>\n");
}

static void write_recipe(Page *page, size_t r) {
    const RunLog *run = &page->runs[r];
    if (!run->recipe) {
        html_print(&page->html, "<p class=\"note\">");
        html_str(&page->html, run->title);
        html_print(&page->html, ": the folder has no recipe.textproto.</p>\n");
        return;
    }
    html_print(&page->html, "<details><summary>The resolved recipe%s",
               page->n_runs > 1 ? " of " : "");
    if (page->n_runs > 1) {
        page_run_name(page, r);
    }
    html_print(&page->html, "</summary><pre class=\"recipe\">");
    html_str(&page->html, run->recipe);
    html_print(&page->html, "</pre></details>\n");
}

void page_recipe(Page *page) {
    html_print(&page->html, "<section id=\"recipe\"><h2>Recipe and run</h2>\n");
    if (page->n_runs > 1) {
        write_differences(page);
    }
    for (size_t r = 0; r < page->n_runs; r++) {
        write_facts(page, r);
    }
    for (size_t r = 0; r < page->n_runs; r++) {
        write_recipe(page, r);
    }
    html_print(&page->html, "</section>\n");
}

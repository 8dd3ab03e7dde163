/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"
#include "report/page.h"
#include "train/folder.h"
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Nothing may be fetched or run, should a text ever come through that is not escaped.
static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>";

static void write_page(Page *page) {
    html_print(&page->html, "%s", head);
    for (size_t r = 0; r < page->n_runs; r++) {
        html_print(&page->html, r > 0 ? ", " : "");
        html_str(&page->html, page->runs[r].title);
    }
    html_print(&page->html, " &#183; Emend</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n",
               page_style);
    page_head(page);
    html_print(&page->html, "<nav><a href=\"#results\">Results</a><a href=\"#curves\">Curves</a>"
                            "<a href=\"#transcripts\">Transcripts</a>"
                            "<a href=\"#recipe\">Recipe and run</a></nav>\n");
    page_results(page);
    page_samples(page);
    page_curves(page);
    page_transcripts(page);
    page_recipe(page);
    html_print(&page->html, "</main>\n</body>\n</html>\n");
}

// Beside the file, then in its place.
static EmendStatus replace_file(const char *path, const Html *html, EmendError *err) {
    char *aside = NULL;
    if (asprintf(&aside, "%s.tmp", path) < 0) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory for a file name");
    }
    EmendStatus status = file_write(aside, html->text.data, html->text.len, err);
    if (status == EMEND_OK && rename(aside, path) != 0) {
        status = emend_fail(err, EMEND_UNAVAILABLE, "%s: it cannot be replaced: %s", path,
                            strerror(errno));
    }
    if (status != EMEND_OK) {
        unlink(aside);
    }
    free(aside);
    return status;
}

static void tell(const RunLog *runs, size_t n, char *notes, size_t capacity) {
    size_t at = 0;
    if (notes && capacity > 0) {
        notes[0] = '\0';
    }
    for (size_t r = 0; notes && r < n && at < capacity; r++) {
        const RunLog *run = &runs[r];
        if (run->n_unreadable > 0 || run->is_cut) {
            int len = snprintf(notes + at, capacity - at,
                               "%s%s/metrics.jsonl: %llu of its %llu lines cannot be read%s",
                               at > 0 ? "; " : "", run->dir,
                               (unsigned long long)(run->n_unreadable + run->is_cut),
                               (unsigned long long)run->n_lines,
                               run->is_cut ? ", the last one being cut short" : "");
            at += len > 0 ? (size_t)len : 0;
        }
    }
}

// Runs whose folders have the same name are told apart by what the user called them.
static EmendStatus name_apart(RunLog *runs, size_t n, EmendError *err) {
    bool is_shared[REPORT_MAX_RUNS] = {false};
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < n; b++) {
            is_shared[a] = is_shared[a] || (a != b && strcmp(runs[a].title, runs[b].title) == 0);
        }
    }
    for (size_t r = 0; r < n; r++) {
        char *title = is_shared[r] ? strdup(runs[r].dir) : NULL;
        if (is_shared[r] && !title) {
            return emend_fail(err, EMEND_EXHAUSTED, "no memory for a report");
        }
        if (title) {
            free(runs[r].title);
            runs[r].title = title;
        }
    }
    return EMEND_OK;
}

EmendStatus report_write(const char *const *dirs, size_t n, const char *path, char *notes,
                         size_t notes_capacity, EmendError *err) {
    RunLog runs[REPORT_MAX_RUNS] = {{0}};
    Page page = {.runs = runs, .n_runs = n};
    EmendStatus status = EMEND_OK;
    size_t n_read = 0;
    assert(n > 0 && n <= REPORT_MAX_RUNS);
    for (; n_read < n && status == EMEND_OK; n_read += status == EMEND_OK) {
        status = run_log_read(dirs[n_read], &runs[n_read], err);
    }
    if (status == EMEND_OK) {
        status = name_apart(runs, n, err);
    }
    if (status == EMEND_OK) {
        write_page(&page);
        status = page.html.status == EMEND_OK
                     ? replace_file(path, &page.html, err)
                     : emend_fail(err, page.html.status, "no memory for a report");
    }
    if (status == EMEND_OK) {
        tell(runs, n, notes, notes_capacity);
    }
    for (size_t r = 0; r < n_read; r++) {
        run_log_finish(&runs[r]);
    }
    html_finish(&page.html);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H
/* The parts of a report, each of which writes itself, in the order they stand in. */
#include "report/bootstrap.h"
#include "report/html.h"
#include "report/run_log.h"

typedef struct Page {
    Html html;
    const RunLog *runs;
    size_t n_runs;
} Page;

/* page.css, NUL-terminated; made by CMakeLists.txt. */
extern const char page_style[];

/* What it is of, and what came of it. */
void page_head(Page *page);
/* The table of evaluations, and what differs between runs. */
void page_results(Page *page);
/* pass@k, maj@k, and what a budget of samples is best spent on; nothing where there is one sample.
 */
void page_samples(Page *page);
void page_curves(Page *page);
void page_transcripts(Page *page);
/* What differs between recipes, the recipes, and the runs' facts. */
void page_recipe(Page *page);

/* A run's name with the swatch of its colour, where there are several. */
void page_run_name(Page *page, size_t run);
/* A share as percent with one digit; a dash where it is NAN. `is_signed`: always with a sign. */
void page_percent(Page *page, double share, bool is_signed);
/* The value of a field of a run's recipe, by a path as in --set; NULL: not set. */
const char *page_field(const RunLog *run, const char *path);

#endif

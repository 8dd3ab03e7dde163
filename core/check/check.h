/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H
/* Runs the kit over a package and says what came of it. */
#include "check/kit.h"
#include "check/result.h"

typedef struct CheckRow {
    const KitTest *test;
    const Emend__ComponentInfo *component; /* NULL: of the package */
    KitResult result;
} CheckRow;

typedef struct CheckReport {
    const Package *package;
    CheckRow *rows;
    size_t n_rows, n_failed, n_skipped, n_warnings;
    /* Every test up to this level passed; 0: none, or not all were run. */
    uint32_t conforms;
    void *owned;
} CheckReport;

typedef struct CheckOptions {
    uint32_t level;   /* tests above it are left out; 0: none are */
    const char *only; /* "backend.gradients", "reward.*@length"; NULL: every test */
    uint64_t seed;
    uint32_t seconds;   /* a test may take; 0: each its own limit */
    bool is_in_process; /* no process for each test: for a debugger */
    const char *golden; /* the file of examples; NULL: golden.textproto of the package */
    const volatile int *cancel;
    /* (optional) Sees each row when it comes. */
    void (*watch)(void *ctx, const CheckReport *report, const CheckRow *row);
    void *watch_ctx;
} CheckOptions;

/* Checks the package in `dir`. What is wrong with it is in the report's rows, not a failure of this
 * call; EMEND_NOT_FOUND: no test is named as `only` says. On success *out is the caller's until
 * check_report_finish(). */
EmendStatus check_package(const char *dir, const CheckOptions *options, CheckReport *out,
                          EmendError *err);
/* A zeroed report is allowed. */
void check_report_finish(CheckReport *report);

/* Whether `only` names the test; component: its name, or NULL. */
bool check_is_named(const char *only, const KitTest *test, const char *component);

#endif

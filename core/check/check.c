/* SPDX-License-Identifier: Apache-2.0 */
#include "check/check.h"
#include "check/golden.h"
#include "check/runner.h"
#include "manifest/suggest.h"
#include "plugin/package.h"
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 4096, NAMES_MAX = 256 };

/* What a report borrows from. */
typedef struct Checked {
    Machine machine;
    PackageFile *file;
    Golden *golden;
    char golden_problem[MESSAGE_BYTES];
} Checked;

bool check_is_named(const char *only, const KitTest *test, const char *component) {
    char name[256];
    if (!only) {
        return true;
    }
    snprintf(name, sizeof name, "%s%s%s", test->name, component ? "@" : "",
             component ? component : "");
    return fnmatch(only, strchr(only, '@') ? name : test->name, 0) == 0;
}

/* ---- which tests there are for the package -------------------------------------------------- */

static EmendStatus add_row(CheckReport *report, const KitTest *test,
                           const Emend__ComponentInfo *component, EmendError *err) {
    CheckRow *rows = realloc(report->rows, (report->n_rows + 1) * sizeof *rows);
    if (!rows) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the report");
    }
    report->rows = rows;
    rows[report->n_rows++] = (CheckRow){.test = test, .component = component};
    return EMEND_OK;
}

static EmendStatus add_suite(CheckReport *report, const KitSuite *suite, uint32_t level,
                             const CheckOptions *options, EmendError *err) {
    const Emend__PluginManifest *manifest =
        report->package->problem ? NULL : report->package->manifest;
    EmendStatus status = EMEND_OK;
    for (size_t t = 0; t < suite->n_tests && status == EMEND_OK; t++) {
        const KitTest *test = &suite->tests[t];
        if (test->level != level) {
            continue;
        }
        if (!suite->kind && check_is_named(options->only, test, NULL)) {
            status = add_row(report, test, NULL, err);
        }
        for (size_t c = 0; suite->kind && manifest && c < manifest->n_component; c++) {
            const Emend__ComponentInfo *component = manifest->component[c];
            bool is_meant = strcmp(suite->kind, KIT_EVERY_KIND) == 0 ||
                            strcmp(suite->kind, component->kind) == 0;
            if (status == EMEND_OK && is_meant &&
                check_is_named(options->only, test, component->name)) {
                status = add_row(report, test, component, err);
            }
        }
    }
    return status;
}

static EmendStatus no_such_test(const char *only, EmendError *err) {
    const char *names[NAMES_MAX];
    size_t n = 0;
    for (size_t i = 0; kit_suite(i); i++) {
        for (size_t t = 0; t < kit_suite(i)->n_tests && n < NAMES_MAX; t++) {
            names[n++] = kit_suite(i)->tests[t].name;
        }
    }
    const char *near = n > 0 ? suggest_name(only, strcspn(only, "@"), names, n) : NULL;
    return emend_fail(err, EMEND_NOT_FOUND,
                      "\"%s\" names no test of this package%s%s%s; `emend check --list` lists them",
                      only, near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "");
}

static EmendStatus choose(CheckReport *report, const CheckOptions *options, EmendError *err) {
    uint32_t last = options->level ? options->level : (uint32_t)KIT_SPEED;
    EmendStatus status = EMEND_OK;
    for (uint32_t level = KIT_STATIC; level <= last; level++) {
        for (size_t i = 0; kit_suite(i) && status == EMEND_OK; i++) {
            status = add_suite(report, kit_suite(i), level, options, err);
        }
    }
    return status == EMEND_OK && report->n_rows == 0 && options->only
               ? no_such_test(options->only, err)
               : status;
}

/* ---- running them --------------------------------------------------------------------------- */

static EmendStatus run_row(const Checked *checked, const CheckOptions *options, CheckReport *report,
                           CheckRow *row, EmendError *err) {
    RunnerOptions runner = {.seconds = options->seconds,
                            .is_in_process = options->is_in_process,
                            .cancel = options->cancel};
    Kit kit = {.package = report->package,
               .component = row->component,
               .golden = checked->golden,
               .golden_problem = checked->golden_problem[0] ? checked->golden_problem : NULL,
               .seed = options->seed};
    EmendStatus status = EMEND_OK;
    if (report->package->problem && row->test->level > KIT_STATIC) {
        row->result = (KitResult){.verdict = RESULT_SKIPPED};
        snprintf(row->result.found, sizeof row->result.found,
                 "the package cannot be used: static.manifest says why");
    } else {
        status = runner_run(&runner, row->test, &kit, &row->result, err);
    }
    report->n_failed += row->result.verdict == RESULT_FAILED;
    report->n_skipped += row->result.verdict == RESULT_SKIPPED;
    report->n_warnings += row->result.n_warnings;
    return status;
}

/* The highest level below the first failure. */
static uint32_t conformance(const CheckReport *report, const CheckOptions *options) {
    uint32_t level = options->level ? options->level : (uint32_t)KIT_SPEED;
    for (size_t i = 0; i < report->n_rows; i++) {
        if (report->rows[i].result.verdict == RESULT_FAILED &&
            report->rows[i].test->level <= level) {
            level = report->rows[i].test->level - 1;
        }
    }
    return options->only || report->package->problem ? 0 : level;
}

static EmendStatus read_golden(Checked *checked, const Package *package, const char *path,
                               EmendError *err) {
    char found[PATH_MAX];
    EmendError problem = emend_error_on(checked->golden_problem, MESSAGE_BYTES);
    if (package->problem) {
        return EMEND_OK;
    }
    if (!path) {
        snprintf(found, sizeof found, "%s/%s", package->dir, GOLDEN_FILE);
        if (access(found, F_OK) != 0) {
            return EMEND_OK;
        }
        path = found;
    }
    EmendStatus status = golden_load(path, package, &checked->golden, &problem);
    return status == EMEND_EXHAUSTED ? emend_fail(err, status, "%s", checked->golden_problem)
                                     : EMEND_OK;
}

EmendStatus check_package(const char *dir, const CheckOptions *options, CheckReport *out,
                          EmendError *err) {
    CheckReport report = {0};
    Checked *checked = calloc(1, sizeof *checked);
    if (!checked) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory is left for the report");
    }
    report.owned = checked;
    machine_init(&checked->machine);
    EmendStatus status = package_read(dir, &checked->machine, &checked->file, err);
    if (status == EMEND_OK) {
        report.package = &checked->file->package;
        status = read_golden(checked, report.package, options->golden, err);
    }
    if (status == EMEND_OK) {
        status = choose(&report, options, err);
    }
    for (size_t i = 0; i < report.n_rows && status == EMEND_OK; i++) {
        status = run_row(checked, options, &report, &report.rows[i], err);
        if (status == EMEND_OK && options->watch) {
            options->watch(options->watch_ctx, &report, &report.rows[i]);
        }
    }
    if (status != EMEND_OK) {
        check_report_finish(&report);
        return status;
    }
    report.conforms = conformance(&report, options);
    *out = report;
    return EMEND_OK;
}

void check_report_finish(CheckReport *report) {
    Checked *checked = report->owned;
    if (checked) {
        golden_destroy(checked->golden);
        package_destroy(checked->file);
        machine_finish(&checked->machine);
        free(checked);
    }
    free(report->rows);
    *report = (CheckReport){0};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "verdicts.h"
#include "check/check.h"
#include <check.h>
#include <string.h>

static void run(const char *dir, const CheckOptions *options, CheckReport *report) {
    char message[1024];
    EmendError err = emend_error_on(message, sizeof message);
    ck_assert_msg(check_package(dir, options, report, &err) == EMEND_OK, "%s", message);
    ck_assert_msg(report->n_rows > 0, "%s: no test is named \"%s\"", dir, options->only);
}

void assert_passes(const char *dir, const char *only) {
    CheckReport report = {0};
    const CheckOptions options = {.only = only, .seed = 1};
    run(dir, &options, &report);
    for (size_t i = 0; i < report.n_rows; i++) {
        const CheckRow *row = &report.rows[i];
        ck_assert_msg(row->result.verdict != RESULT_FAILED, "%s: %s\n%s", row->test->name,
                      row->result.found, row->result.remedy);
    }
    check_report_finish(&report);
}

void assert_caught(const char *dir, const Caught *caught) {
    CheckReport report = {0};
    const CheckOptions options = {.only = caught->only, .seed = 1};
    run(dir, &options, &report);
    ck_assert_uint_eq(report.n_rows, 1);
    const KitResult *result = &report.rows[0].result;
    ck_assert_uint_eq(report.rows[0].test->level, caught->level);
    ck_assert_msg(result->verdict == RESULT_FAILED, "%s: the defect is not caught; %s",
                  caught->only, result->found);
    ck_assert_msg(strstr(result->found, caught->text) != NULL, "%s: \"%s\" lacks \"%s\"",
                  caught->only, result->found, caught->text);
    ck_assert_msg(strlen(result->remedy) > 0, "%s: there is no remedy", caught->only);
    check_report_finish(&report);
}

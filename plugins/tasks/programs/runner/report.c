/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "wire.h"
#include <stdlib.h>
#include <string.h>

/* The first text stays; one line of ASCII. */
static void keep(char to[256], const char *text, size_t n) {
    if (to[0] == '\0') {
        n = n < 255 ? n : 255;
        for (size_t i = 0; i < n; i++) {
            to[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
        }
        to[n] = '\0';
    }
}

void report_take_program(Report *report, const char *bytes, size_t n) {
    if (report->has_begun) {
        return;
    }
    report->has_begun = true;
    n -= bytes[n - 1] == '\n';
    if (bytes[0] == REPORT_ISOLATION) {
        keep(report->isolation, bytes + 1, n - 1);
    } else if (bytes[0] == REPORT_SYNTAX) {
        report->is_syntax_error = true;
        report->detail[0] = '\0';
        keep(report->detail, bytes + 1, n - 1);
    }
}

static void take_line(Report *report) {
    const char *text = report->line + 1;
    char number[24] = "";
    size_t n = report->n_line > 0 ? report->n_line - 1 : 0;
    switch (report->line[0]) {
    case REPORT_TESTS:
        memcpy(number, text, n < sizeof number ? n : sizeof number - 1);
        report->n_tests = strtoull(number, NULL, 10);
        break;
    case REPORT_PASS:
        report->n_passed++;
        break;
    case REPORT_LOST:
        report->is_lost = true;
        keep(report->detail, text, n);
        break;
    case REPORT_FAIL:
        report->has_failed = true;
        keep(report->detail, text, n);
        break;
    case REPORT_ISOLATION:
        keep(report->isolation, text, n);
        break;
    case REPORT_END:
        report->has_end = true;
        break;
    default:
        break;
    }
}

void report_take_tests(Report *report, const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n') {
            take_line(report);
            report->n_line = 0;
        } else if (report->n_line < sizeof report->line) {
            report->line[report->n_line++] = bytes[i];
        }
    }
}

bool report_is_complete(const Report *report) {
    return report->has_end || report->is_lost || report->is_syntax_error || report->isolation[0];
}

bool report_has_begun(const Report *report) {
    return report->has_begun;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROGRAMS_REPORT_H
#define PROGRAMS_REPORT_H
/* What the two processes report, put together. The program's report ends before the program's first
 * line runs, so both can be believed. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Report {
    uint64_t n_tests; /* 0: as many as were asked for */
    uint64_t n_passed;
    bool has_failed, has_end, is_lost, is_syntax_error, has_begun;
    char detail[256];    /* of the first thing that went wrong */
    char isolation[256]; /* what the sandbox could not have; empty: it is whole */
    char line[256];      /* one that has not ended yet */
    size_t n_line;
} Report;

void report_take_program(Report *report, const char *bytes, size_t n);
void report_take_tests(Report *report, const char *bytes, size_t n);
/* The tests have ended, or cannot go on. */
bool report_is_complete(const Report *report);
/* The program's side has said something. */
bool report_has_begun(const Report *report);

#endif

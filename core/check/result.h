/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_RESULT_H
#define CHECK_RESULT_H
/* What came of one test. It lies in memory shared with the test's process, so that what was said
 * before a crash is kept; the parent reads it with result_tidy() only. */
#include <stdbool.h>
#include <stdint.h>

enum { RESULT_WARNINGS_MAX = 8, RESULT_FIGURES_MAX = 24 };

enum { RESULT_OK = 0, RESULT_FAILED = 1, RESULT_SKIPPED = 2 };

typedef struct ResultFigure {
    char name[48], unit[16];
    double value;
} ResultFigure;

typedef struct KitResult {
    uint32_t verdict; /* RESULT_* */
    bool is_over;     /* the test's function returned */
    char operation[128];
    char found[2048]; /* of RESULT_FAILED what was found and what must be; of RESULT_SKIPPED why */
    char remedy[512];
    uint32_t n_warnings, n_figures;
    char warnings[RESULT_WARNINGS_MAX][512];
    ResultFigure figures[RESULT_FIGURES_MAX];
    double seconds;
} KitResult;

/* Whatever bytes it holds: texts that end, are valid UTF-8 and of one line, counts in their bounds.
 */
void result_tidy(KitResult *result);
void result_fail(KitResult *result, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif

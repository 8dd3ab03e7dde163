/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CHECK_FILES_H
#define CLI_CHECK_FILES_H
/* Reports of `emend check` for machines. */
#include "check/check.h"

/* What every report says of the run itself. */
typedef struct CheckRun {
    uint64_t seed;
    const CheckReport *reports;
    size_t n_reports;
} CheckRun;

/* One JSON object. */
EmendStatus check_write_json(const char *path, const CheckRun *run, EmendError *err);
/* JUnit's XML: a testsuite a package, a testcase a test. */
EmendStatus check_write_junit(const char *path, const CheckRun *run, EmendError *err);

/* "ok", "FAIL", "warn" or "skip". */
const char *check_verdict_word(const KitResult *result);

#endif

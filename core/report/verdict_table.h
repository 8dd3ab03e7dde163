/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_VERDICT_TABLE_H
#define REPORT_VERDICT_TABLE_H
/* What became of every problem of an evaluation, as the run recorded it. */
#include "emend/status.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Of one problem, over its samples that are graded at every turn. */
typedef struct VerdictRow {
    uint32_t n, n_right[2]; /* at turns 1 and 2 */
} VerdictRow;

typedef struct VerdictTable {
    VerdictRow *rows;
    size_t n;
    const char *problems; /* the same text for the same problems; borrowed from the evaluation */
    unsigned n_turns;     /* 1 or 2 that are held */
} VerdictTable;

/* False where the evaluation does not say, or what it says cannot be. The table is the caller's,
 * until verdict_table_finish. */
bool verdict_table_read(const json_t *evaluation, VerdictTable *out);
bool verdict_table_is_paired(const VerdictTable *a, const VerdictTable *b);
void verdict_table_finish(VerdictTable *table);

#endif

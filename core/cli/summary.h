/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H
/* How many lines came to which verdict. */
#include "cli/verdict.h"

typedef struct VerdictCount {
    char word[VERDICT_WORD_BYTES];
    uint64_t n;
} VerdictCount;

/* Zero-initialise. */
typedef struct Summary {
    uint64_t n_lines;
    VerdictCount *counts; /* by word */
    size_t n_counts;
} Summary;

EmendStatus summary_add(Summary *summary, const char *word);
/* Checks what a task put as its totals: the JSON of an object, with no member that the summary has
 * itself. The message says what it is, without a name. */
EmendStatus summary_check_totals(EmendStr totals, EmendError *err);
/* Appends the line, with its newline; `totals`, checked or empty, adds its members:
 *
 *     {"summary":{"lines":3,"verdicts":{"equal":2,"error":1},"pass@1":0.5}}
 *
 * Verdicts stand in the order of their names, "error" always among them. */
EmendStatus summary_write(const Summary *summary, EmendStr totals, Buffer *out);
void summary_finish(Summary *summary);

#endif

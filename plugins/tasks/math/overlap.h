/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MATH_OVERLAP_H
#define MATH_OVERLAP_H
/* Problems that are there twice: in one split, or in both. */
#include "dataset.h"

/* Some rows of a dataset. */
typedef struct Selection {
    const Dataset *dataset;
    uint32_t *rows; /* the owner's, host memory */
    uint64_t n_rows;
} Selection;

/* Appends a problem as it is compared: without case, white space, dollar signs, the spacing macros
 * of LaTeX, \left and \right, and punctuation at the end. */
EmendStatus overlap_normalise(EmendStr problem, Text *out, EmendError *err);

/* No row. */
#define OVERLAP_NONE UINT32_MAX

/* For each selected row, the first row of `other` with the same problem, or OVERLAP_NONE; a problem
 * of which nothing is left when it is compared is the same as none.
 *
 * twins  out, n_rows of them: rows of `other`
 *
 * Where `other` is the selection's own dataset, the row itself does not count and of a pair only
 * the later has the other as its twin. */
EmendStatus overlap_find(const Selection *selection, const Dataset *other, uint32_t *twins,
                         EmendError *err);

/* The rows of `test` of which more than half of the runs of 8 words are in the selection too: near
 * copies, in order. `copies` has room for all of test's rows. */
EmendStatus overlap_find_copies(const Selection *selection, const Dataset *test, uint32_t *copies,
                                uint64_t *n_copies, EmendError *err);

#endif

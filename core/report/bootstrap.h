/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_BOOTSTRAP_H
#define REPORT_BOOTSTRAP_H
/* How far chance in the choice of problems reaches: percentile intervals of 95 % from resampled
 * problems (Efron 1979), all samples of a problem together. */
#include "report/verdict_table.h"

enum { BOOTSTRAP_SAMPLES = 2000 };

typedef struct Interval {
    double low, high; /* NAN: unknown */
} Interval;

/* What is measured of one policy, or, paired problem by problem, of two: b's less a's. */
typedef struct Intervals {
    Interval accuracy[2]; /* by turn */
    Interval delta;       /* accuracy@t2 - accuracy@t1 */
} Intervals;

/* b may be NULL; else the two must be paired. The same tables give the same intervals. */
EmendStatus bootstrap(const VerdictTable *a, const VerdictTable *b, Intervals *out,
                      EmendError *err);
/* The same for the mean over n runs, of seeds of their own: seeds are resampled, and problems
 * within each. b[i] is paired with a[i]; b may be NULL. */
EmendStatus bootstrap_seeds(const VerdictTable *a, const VerdictTable *b, size_t n, Intervals *out,
                            EmendError *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "report/bootstrap.h"
#include <math.h>
#include <stdlib.h>

// splitmix64 (Steele et al. 2014).
static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

// The high half times n: a draw below n, whose bias is below n / 2^32.
static size_t draw_below(uint64_t *random, size_t n) {
    return (size_t)((next_random(random) >> 32) * (uint64_t)n >> 32);
}

typedef struct Sums {
    double n, n_right[2];
} Sums;

static void add(Sums *sums, const VerdictRow *row) {
    sums->n += row->n;
    sums->n_right[0] += row->n_right[0];
    sums->n_right[1] += row->n_right[1];
}

static double accuracy(const Sums *sums, int turn) {
    return sums->n > 0 ? sums->n_right[turn] / sums->n : 0;
}

static int by_value(const void *a, const void *b) {
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static Interval middle(double *values) {
    qsort(values, BOOTSTRAP_SAMPLES, sizeof *values, by_value);
    size_t tail = BOOTSTRAP_SAMPLES / 40; // 2.5 % on each side
    return (Interval){values[tail], values[BOOTSTRAP_SAMPLES - 1 - tail]};
}

// One resampled set of problems: accuracies of b (or a) less those of a (or nothing).
static void resample(const VerdictTable *a, const VerdictTable *b, uint64_t *random,
                     double out[2]) {
    Sums of_a = {0}, of_b = {0};
    for (size_t i = 0; i < a->n; i++) {
        size_t drawn = draw_below(random, a->n);
        add(&of_a, &a->rows[drawn]);
        if (b) {
            add(&of_b, &b->rows[drawn]);
        }
    }
    for (int t = 0; t < 2; t++) {
        out[t] = b ? accuracy(&of_b, t) - accuracy(&of_a, t) : accuracy(&of_a, t);
    }
}

// The mean over n seeds drawn anew.
static void resample_seeds(const VerdictTable *a, const VerdictTable *b, size_t n, uint64_t *random,
                           double out[2]) {
    out[0] = out[1] = 0;
    for (size_t i = 0; i < n; i++) {
        double one[2];
        size_t seed = n > 1 ? draw_below(random, n) : 0;
        resample(&a[seed], b ? &b[seed] : NULL, random, one);
        out[0] += one[0] / (double)n;
        out[1] += one[1] / (double)n;
    }
}

EmendStatus bootstrap(const VerdictTable *a, const VerdictTable *b, Intervals *out,
                      EmendError *err) {
    return bootstrap_seeds(a, b, 1, out, err);
}

EmendStatus bootstrap_seeds(const VerdictTable *a, const VerdictTable *b, size_t n, Intervals *out,
                            EmendError *err) {
    double *values = malloc(3 * BOOTSTRAP_SAMPLES * sizeof *values);
    if (!values) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory for intervals");
    }
    uint64_t random = 1;
    for (size_t i = 0; i < BOOTSTRAP_SAMPLES; i++) {
        double both[2];
        resample_seeds(a, b, n, &random, both);
        values[i] = both[0];
        values[BOOTSTRAP_SAMPLES + i] = both[1];
        values[2 * BOOTSTRAP_SAMPLES + i] = both[1] - both[0];
    }
    const Interval unknown = {NAN, NAN};
    bool has_second = a->n_turns > 1;
    out->accuracy[0] = middle(values);
    out->accuracy[1] = has_second ? middle(values + BOOTSTRAP_SAMPLES) : unknown;
    out->delta = has_second ? middle(values + 2 * BOOTSTRAP_SAMPLES) : unknown;
    free(values);
    return EMEND_OK;
}

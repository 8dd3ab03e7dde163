/* SPDX-License-Identifier: Apache-2.0 */
#include "train/passes.h"
#include <assert.h>
#include <stdlib.h>

EmendStatus passes_begin(Passes *passes, EmendError *err) {
    if (passes->n == passes->capacity) {
        size_t capacity = passes->capacity ? passes->capacity * 2 : 64;
        PassCount *counts = realloc(passes->counts, capacity * sizeof *counts);
        if (!counts) {
            return emend_fail(err, EMEND_EXHAUSTED, "no memory for pass@k of an evaluation");
        }
        passes->counts = counts;
        passes->capacity = capacity;
    }
    passes->counts[passes->n++] = (PassCount){0};
    return EMEND_OK;
}

bool passes_add(Passes *passes, const Trajectory *trajectory) {
    assert(passes->n > 0);
    PassCount *count = &passes->counts[passes->n - 1];
    count->n++;
    for (uint32_t t = 0; t < trajectory->n_turns; t++) {
        count->n_passed[t] += trajectory->turns[t].grade.value >= 1;
    }
    return count->n == 1;
}

void passes_finish(Passes *passes) {
    free(passes->counts);
    *passes = (Passes){0};
}

// C(n - c, k) / C(n, k) as the product over i = n - c + 1 .. n of 1 - k / i, which does not
// overflow.
double passes_estimate(uint32_t n, uint32_t c, uint32_t k) {
    assert(c <= n && k > 0 && k <= n);
    if (n - c < k) {
        return 1;
    }
    double all_wrong = 1;
    for (uint32_t i = n - c + 1; i <= n; i++) {
        all_wrong *= 1 - (double)k / (double)i;
    }
    return 1 - all_wrong;
}

double passes_sum(const Passes *passes, uint32_t turn, uint32_t k, uint64_t *n_problems) {
    double sum = 0;
    *n_problems = 0;
    for (size_t i = 0; i < passes->n; i++) {
        const PassCount *count = &passes->counts[i];
        if (count->n >= k) {
            sum += passes_estimate(count->n, count->n_passed[turn], k);
            ++*n_problems;
        }
    }
    return sum;
}

uint32_t passes_next_k(uint32_t k, uint32_t n) {
    if (k == 0) {
        return 1;
    }
    if (k >= n) {
        return 0;
    }
    return k <= n / 2 ? 2 * k : n;
}

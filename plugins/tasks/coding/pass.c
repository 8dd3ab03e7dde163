/* SPDX-License-Identifier: Apache-2.0 */
#include "pass.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct PassCount {
    uint64_t n, n_passed;
} PassCount;

double pass_at_k(uint64_t n, uint64_t c, uint64_t k) {
    if (n - c < k) {
        return 1;
    }
    double all_wrong = 1;
    for (uint64_t i = n - c + 1; i <= n; i++) {
        all_wrong *= 1 - (double)k / (double)i;
    }
    return 1 - all_wrong;
}

EmendStatus pass_tally_init(const EmendHost *host, uint64_t n_problems, PassTally *out,
                            EmendError *err) {
    PassCount *counts = host->alloc(host, n_problems * sizeof *counts, 0);
    if (!counts) {
        return emend_fail(err, EMEND_EXHAUSTED, "coding: no memory to count the records");
    }
    memset(counts, 0, n_problems * sizeof *counts);
    *out = (PassTally){.host = host, .counts = counts, .n_problems = n_problems};
    pthread_mutex_init(&out->mutex, NULL);
    return EMEND_OK;
}

void pass_tally_finish(PassTally *tally) {
    if (tally->host) {
        pthread_mutex_destroy(&tally->mutex);
        tally->host->free(tally->host, tally->counts);
    }
    *tally = (PassTally){0};
}

void pass_tally_add(PassTally *tally, uint64_t problem, bool has_passed) {
    pthread_mutex_lock(&tally->mutex);
    tally->counts[problem].n++;
    tally->counts[problem].n_passed += has_passed;
    pthread_mutex_unlock(&tally->mutex);
}

// Sums in the order of the problems, so that the order of the records does not matter.
static double mean_pass_at_k(const PassTally *tally, uint64_t n_tried, uint64_t k) {
    double sum = 0;
    for (uint64_t i = 0; i < tally->n_problems; i++) {
        const PassCount *count = &tally->counts[i];
        sum += count->n > 0 ? pass_at_k(count->n, count->n_passed, k) : 0;
    }
    return sum / (double)n_tried;
}

static json_t *totals(const PassTally *tally) {
    static const uint64_t ks[] = {1, 10, 100};
    uint64_t n_tried = 0, n_samples = 0, least = UINT64_MAX;
    for (uint64_t i = 0; i < tally->n_problems; i++) {
        uint64_t n = tally->counts[i].n;
        n_tried += n > 0;
        n_samples += n;
        least = n > 0 && n < least ? n : least;
    }
    json_t *object = json_object();
    json_object_set_new(object, "problems", json_integer((json_int_t)n_tried));
    json_object_set_new(object, "samples", json_integer((json_int_t)n_samples));
    for (size_t i = 0; n_tried > 0 && i < sizeof ks / sizeof ks[0] && ks[i] <= least; i++) {
        char name[32];
        snprintf(name, sizeof name, "pass@%llu", (unsigned long long)ks[i]);
        json_object_set_new(object, name, json_real(mean_pass_at_k(tally, n_tried, ks[i])));
    }
    return object;
}

EmendStatus pass_tally_write(PassTally *tally, Text *out, EmendError *err) {
    pthread_mutex_lock(&tally->mutex);
    json_t *object = totals(tally);
    pthread_mutex_unlock(&tally->mutex);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(15));
    EmendStatus status = text ? text_add_c(out, text, err)
                              : emend_fail(err, EMEND_EXHAUSTED, "coding: no memory for totals");
    free(text);
    json_decref(object);
    return status;
}

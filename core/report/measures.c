/* SPDX-License-Identifier: Apache-2.0 */
#include "report/measures.h"
#include <stdio.h>
#include <string.h>

const Measure measures[] = {
    {"Accuracy", "percent; lines: training batches, dots: evaluations", "accuracy@t%u", true,
     false},
    {"Delta(t1,t2)", "points that the second attempt gains", "delta(t1,t2)", true, true},
    {"Reward", "mean over episodes", "reward/mean", false, false},
    {"KL to the reference", "nats a token, by attempt", "kl/ref/t%u", false, true},
    {"Entropy", "nats a token", "actor/entropy", false, true},
    {"Response length", "tokens, by attempt", "response_length/t%u", false, true},
    {"Answers that change", "percent of second attempts; 0: they only repeat", "answer_changed",
     true, true},
    {"Edit distance", "between the attempts, percent of both", "edit_distance_ratio", true, true},
    {"Imitation loss", "nats a token of the demonstrations", "sft/nll", false, true},
    {"Gradient norm", "before clipping", "actor/grad_norm", false, true},
    {"Throughput", "tokens a second", "perf/tokens_per_second", false, true},
};
const size_t n_measures = sizeof measures / sizeof measures[0];

bool measure_is_by_turn(const Measure *measure) {
    return strstr(measure->metric, "%u") != NULL;
}

void measure_metric(const Measure *measure, unsigned turn, char out[64]) {
    const char *number = strstr(measure->metric, "%u");
    if (number) {
        snprintf(out, 64, "%.*s%u", (int)(number - measure->metric), measure->metric, turn);
    } else {
        snprintf(out, 64, "%s", measure->metric);
    }
}

static bool is_of(const Measure *measure, const char *metric) {
    const char *number = strstr(measure->metric, "%u");
    size_t len = number ? (size_t)(number - measure->metric) : strlen(measure->metric);
    if (strncmp(metric, measure->metric, len) != 0) {
        return false;
    }
    size_t n_digits = strspn(metric + len, "0123456789");
    return metric[len + n_digits] == '\0' &&
           (number ? n_digits > 0 && n_digits < 3 : n_digits == 0);
}

bool measures_need(const char *metric) {
    for (size_t i = 0; i < n_measures; i++) {
        if (is_of(&measures[i], metric)) {
            return true;
        }
    }
    return strcmp(metric, "timing_s/step") == 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "train/tally.h"
#include <stdlib.h>
#include <string.h>

static KindTally *kind_tally(Tally *tally, EmendStr kind) {
    char name[sizeof tally->total.kind];
    snprintf(name, sizeof name, "%.*s", (int)(kind.len < 40 ? kind.len : 40), kind.ptr);
    for (size_t i = 0; i < tally->n_kinds; i++) {
        if (strcmp(tally->kinds[i].kind, name) == 0) {
            return &tally->kinds[i];
        }
    }
    KindTally *kinds = realloc(tally->kinds, (tally->n_kinds + 1) * sizeof *kinds);
    if (!kinds) {
        return NULL;
    }
    tally->kinds = kinds;
    KindTally *added = &kinds[tally->n_kinds++];
    *added = (KindTally){0};
    memcpy(added->kind, name, sizeof name);
    return added;
}

static bool is_graded(const Trajectory *trajectory) {
    for (uint32_t t = 0; t < trajectory->n_turns; t++) {
        if (trajectory->turns[t].grade.state != EMEND_SCORE_VALUE) {
            return false;
        }
    }
    return true;
}

static bool is_changed(const TrajectoryTurn *a, const TrajectoryTurn *b) {
    if (a->extracted && b->extracted) {
        return a->extracted_len != b->extracted_len ||
               memcmp(a->extracted, b->extracted, a->extracted_len) != 0;
    }
    if (a->extracted || b->extracted) {
        return true;
    }
    return a->response_len != b->response_len ||
           memcmp(a->response, b->response, a->response_len) != 0;
}

static void count(KindTally *tally, const Trajectory *trajectory, bool is_first) {
    tally->n++;
    tally->n_problems += is_first;
    for (uint32_t t = 0; t < trajectory->n_turns; t++) {
        tally->n_right[t] += trajectory_is_right(trajectory, t);
    }
    if (trajectory->n_turns > 1) {
        bool first = trajectory_is_right(trajectory, 0),
             second = trajectory_is_right(trajectory, 1);
        tally->n_i_to_c += !first && second;
        tally->n_c_to_i += first && !second;
    }
}

EmendStatus tally_add(Tally *tally, const Trajectory *trajectories, size_t n, EmendError *err) {
    bool has_samples = tally->samples_per_problem > 1;
    for (size_t i = 0; i < n; i++) {
        const Trajectory *trajectory = &trajectories[i];
        if (has_samples && trajectory->sample == 0) {
            EmendStatus status = passes_begin(&tally->passes, err);
            if (status != EMEND_OK) {
                return status;
            }
        }
        if (trajectory->n_turns > tally->n_turns) {
            tally->n_turns = trajectory->n_turns;
        }
        if (!is_graded(trajectory)) {
            tally->n_left_out++;
            continue;
        }
        KindTally *kind = kind_tally(tally, problem_field(trajectory->problem, EMEND_PROBLEM_KIND));
        if (!kind) {
            return emend_fail(err, EMEND_EXHAUSTED, "no memory for the tally of an evaluation");
        }
        bool is_first = !has_samples || passes_add(&tally->passes, trajectory);
        count(kind, trajectory, is_first);
        count(&tally->total, trajectory, is_first);
        if (trajectory->n_turns > 1) {
            uint32_t last = trajectory->n_turns - 1;
            tally->n_changed += is_changed(&trajectory->turns[last - 1], &trajectory->turns[last]);
        }
    }
    return EMEND_OK;
}

void tally_finish(Tally *tally) {
    free(tally->kinds);
    passes_finish(&tally->passes);
    *tally = (Tally){0};
}

static double share(uint64_t part, uint64_t all) {
    return all > 0 ? (double)part / (double)all : 0;
}

// The k to report after k; 0: no more.
static uint32_t next_k(const Tally *tally, uint32_t k) {
    return tally->samples_per_problem > 1 ? passes_next_k(k, tally->samples_per_problem) : 0;
}

static void pass_metrics(const Tally *tally, MetricSet *metrics) {
    for (uint32_t t = 0; t < tally->n_turns; t++) {
        for (uint32_t k = next_k(tally, 0); k > 0; k = next_k(tally, k)) {
            char name[48];
            uint64_t n_problems = 0;
            double sum = passes_sum(&tally->passes, t, k, &n_problems);
            snprintf(name, sizeof name, "pass@%u@t%u", k, t + 1);
            if (n_problems > 0) {
                metrics_add(metrics, name, sum, (double)n_problems);
            }
        }
    }
}

void tally_metrics(const Tally *tally, MetricSet *metrics) {
    const KindTally *total = &tally->total;
    if (total->n == 0) {
        return;
    }
    double weight = (double)total->n;
    for (uint32_t t = 0; t < tally->n_turns; t++) {
        char name[32];
        snprintf(name, sizeof name, "accuracy@t%u", t + 1);
        metrics_add(metrics, name, (double)total->n_right[t], weight);
    }
    if (tally->n_turns > 1) {
        metrics_add(metrics, "delta(t1,t2)", (double)total->n_right[1] - (double)total->n_right[0],
                    weight);
        metrics_add(metrics, "delta(i->c)", (double)total->n_i_to_c, weight);
        metrics_add(metrics, "delta(c->i)", (double)total->n_c_to_i, weight);
        metrics_add(metrics, "answer_changed", (double)tally->n_changed, weight);
    }
    pass_metrics(tally, metrics);
}

static double *accuracies(const KindTally *tally, uint32_t n_turns) {
    double *values = calloc(n_turns + 1, sizeof *values);
    for (uint32_t t = 0; values && t < n_turns; t++) {
        values[t] = share(tally->n_right[t], tally->n);
    }
    return values;
}

static Emend__KindResult *kind_result(const KindTally *tally, uint32_t n_turns) {
    Emend__KindResult *result = malloc(sizeof *result);
    if (!result) {
        return NULL;
    }
    emend__kind_result__init(result);
    result->kind = strdup(tally->kind);
    result->has_n_problems = result->has_delta_i_to_c = result->has_delta_c_to_i = 1;
    result->n_problems = tally->n_problems;
    result->delta_i_to_c = share(tally->n_i_to_c, tally->n);
    result->delta_c_to_i = share(tally->n_c_to_i, tally->n);
    result->accuracy = accuracies(tally, n_turns);
    result->n_accuracy = result->accuracy ? n_turns : 0;
    if (!result->kind || !result->accuracy) {
        emend__kind_result__free_unpacked(result, NULL);
        return NULL;
    }
    return result;
}

static bool add_kinds(Emend__EvaluationResult *result, const Tally *tally) {
    result->kind = calloc(tally->n_kinds + 1, sizeof(Emend__KindResult *));
    if (!result->kind) {
        return false;
    }
    for (size_t i = 0; i < tally->n_kinds; i++) {
        result->kind[i] = kind_result(&tally->kinds[i], tally->n_turns);
        if (!result->kind[i]) {
            return false;
        }
        result->n_kind++;
    }
    return true;
}

// NULL when memory is gone; without numbers where no problem has k samples.
static Emend__PassResult *pass_result(const Tally *tally, uint32_t k) {
    Emend__PassResult *result = malloc(sizeof *result);
    if (!result) {
        return NULL;
    }
    emend__pass_result__init(result);
    result->has_k = result->has_n_problems = 1;
    result->k = k;
    result->pass = calloc(tally->n_turns + 1, sizeof *result->pass);
    if (!result->pass) {
        emend__pass_result__free_unpacked(result, NULL);
        return NULL;
    }
    result->n_pass = tally->n_turns;
    for (uint32_t t = 0; t < tally->n_turns; t++) {
        double sum = passes_sum(&tally->passes, t, k, &result->n_problems);
        result->pass[t] = result->n_problems > 0 ? sum / (double)result->n_problems : 0;
    }
    return result;
}

// A k that no problem has samples for is left out.
static bool add_passes(Emend__EvaluationResult *result, const Tally *tally) {
    size_t n = 0;
    for (uint32_t k = next_k(tally, 0); k > 0; k = next_k(tally, k)) {
        n++;
    }
    if (n == 0) {
        return true;
    }
    result->pass = calloc(n, sizeof(Emend__PassResult *));
    for (uint32_t k = next_k(tally, 0); result->pass && k > 0; k = next_k(tally, k)) {
        Emend__PassResult *pass = pass_result(tally, k);
        if (!pass) {
            return false;
        }
        if (pass->n_problems == 0) {
            emend__pass_result__free_unpacked(pass, NULL);
            break; // nor for the greater ones
        }
        result->pass[result->n_pass++] = pass;
    }
    return result->pass != NULL;
}

Emend__EvaluationResult *tally_result(const Tally *tally, const char *label, uint64_t step) {
    Emend__EvaluationResult *result = malloc(sizeof *result);
    if (!result) {
        return NULL;
    }
    emend__evaluation_result__init(result);
    const KindTally *total = &tally->total;
    result->label = strdup(label);
    result->has_step = result->has_n_problems = result->has_delta_i_to_c = 1;
    result->has_delta_c_to_i = result->has_answer_changed = result->has_n_left_out = 1;
    result->step = step;
    result->n_problems = total->n_problems;
    result->delta_i_to_c = share(total->n_i_to_c, total->n);
    result->delta_c_to_i = share(total->n_c_to_i, total->n);
    result->answer_changed = share(tally->n_changed, total->n);
    result->n_left_out = tally->n_left_out;
    result->accuracy = accuracies(total, tally->n_turns);
    result->n_accuracy = result->accuracy ? tally->n_turns : 0;
    if (!result->label || !result->accuracy || !add_kinds(result, tally) ||
        !add_passes(result, tally)) {
        emend__evaluation_result__free_unpacked(result, NULL);
        return NULL;
    }
    return result;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"
#include "train/result.h"
#include <stdlib.h>
#include <string.h>

// The first column holds the longest label; kinds stand two to the right.
static int label_width(Emend__EvaluationResult *const *results, size_t n) {
    size_t width = 18;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(results[i]->label);
        width = len > width ? len : width;
        for (size_t k = 0; k < results[i]->n_kind; k++) {
            len = 2 + strlen(results[i]->kind[k]->kind);
            width = len > width ? len : width;
        }
    }
    return width < 60 ? (int)width : 60;
}

static void print_head(FILE *out, int width, size_t n_turns) {
    fprintf(out, "%-*s %8s", width, "policy", "problems");
    for (size_t t = 0; t < n_turns; t++) {
        fprintf(out, "  accuracy@t%zu", t + 1);
    }
    if (n_turns > 1) {
        fprintf(out, "  delta(t1,t2)  delta(i->c)  delta(c->i)");
    }
    fputc('\n', out);
}

static void print_row(FILE *out, int width, const char *label, const char *indent,
                      uint64_t n_problems, const double *accuracy, size_t n_turns, double i_to_c,
                      double c_to_i) {
    fprintf(out, "%s%-*s %8llu", indent, width - (int)strlen(indent), label,
            (unsigned long long)n_problems);
    for (size_t t = 0; t < n_turns; t++) {
        fprintf(out, "  %11.1f", 100 * accuracy[t]);
    }
    if (n_turns > 1) {
        fprintf(out, "  %+12.1f  %11.1f  %11.1f", 100 * (accuracy[1] - accuracy[0]), 100 * i_to_c,
                100 * c_to_i);
    }
    fputc('\n', out);
}

// A row for each group, where there are several.
static void print_groups(FILE *out, int width, const char *word, Emend__KindResult *const *groups,
                         size_t n) {
    for (size_t i = 0; n > 1 && i < n; i++) {
        const Emend__KindResult *group = groups[i];
        char label[64];
        snprintf(label, sizeof label, "%s%s", word, group->kind);
        print_row(out, width, label, "  ", group->n_problems, group->accuracy, group->n_accuracy,
                  group->delta_i_to_c, group->delta_c_to_i);
    }
}

static void print_sample_row(FILE *out, int width, const char *label, const char *what, size_t turn,
                             const double *values, size_t n) {
    fprintf(out, "%-*s  %-7s  t%zu", width, label, what, turn + 1);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "  %6.1f", 100 * values[i]);
    }
    fputc('\n', out);
}

// Percents, by k: pass@k and maj@k, a row a turn.
static void print_samples(FILE *out, int width, const Emend__EvaluationResult *result) {
    double values[64];
    for (size_t t = 0; t < result->n_accuracy; t++) {
        size_t n = 0;
        for (; n < result->n_pass && n < 64; n++) {
            values[n] = result->pass[n]->pass[t];
        }
        print_sample_row(out, width, result->label, "pass@k", t, values, n);
    }
    for (size_t t = 0; t < result->n_accuracy; t++) {
        size_t n = 0;
        for (; n < result->n_vote && n < 64; n++) {
            values[n] = result->vote[n]->maj[t];
        }
        print_sample_row(out, width, result->label, "maj@k", t, values, n);
    }
}

static const Emend__EvaluationResult *widest(Emend__EvaluationResult *const *results, size_t n) {
    const Emend__EvaluationResult *most = results[0];
    for (size_t i = 1; i < n; i++) {
        most = results[i]->n_pass > most->n_pass ? results[i] : most;
    }
    return most;
}

static void print_sample_head(FILE *out, int width, Emend__EvaluationResult *const *results,
                              size_t n) {
    const Emend__EvaluationResult *most = widest(results, n);
    fprintf(out, "\n%-*s  %-7s  k=", width, "of several samples", "");
    for (size_t i = 0; i < most->n_pass; i++) {
        fprintf(out, "  %6u", most->pass[i]->k);
    }
    fputc('\n', out);
}

static const double *majority(const Emend__EvaluationResult *result, uint32_t k) {
    for (size_t i = 0; i < result->n_vote; i++) {
        if (result->vote[i]->k == k) {
            return result->vote[i]->maj;
        }
    }
    return NULL;
}

// Section 6.3 of the paper: what to spend 2K samples on.
static void print_budgets(FILE *out, int width, const Emend__EvaluationResult *result) {
    for (size_t i = 0; result->n_accuracy > 1 && i < result->n_vote; i++) {
        uint32_t k = result->vote[i]->k;
        const double *parallel = k <= UINT32_MAX / 2 ? majority(result, 2 * k) : NULL;
        if (parallel) {
            fprintf(out, "%-*s %8u  %9.1f  %10.1f  %+10.1f\n", width, result->label, 2 * k,
                    100 * parallel[0], 100 * result->vote[i]->maj[1],
                    100 * (result->vote[i]->maj[1] - parallel[0]));
        }
    }
}

static void print_several_samples(FILE *out, int width, size_t n_turns,
                                  Emend__EvaluationResult *const *results, size_t n) {
    print_sample_head(out, width, results, n);
    for (size_t i = 0; i < n; i++) {
        print_samples(out, width, results[i]);
    }
    if (n_turns < 2) {
        return;
    }
    fprintf(out,
            "\nInference compute: with a budget of 2K samples, a majority vote of 2K first attempts"
            "\n(parallel: maj@2K@t1) or of K attempts and a correction of each (sequential: "
            "maj@K@t2)\n%-*s %8s  %9s  %10s  %10s\n",
            width, "policy", "budget", "parallel", "sequential", "difference");
    for (size_t i = 0; i < n; i++) {
        print_budgets(out, width, results[i]);
    }
}

void table_print(FILE *out, Emend__EvaluationResult *const *results, size_t n) {
    size_t n_turns = 0;
    for (size_t i = 0; i < n; i++) {
        n_turns = results[i]->n_accuracy > n_turns ? results[i]->n_accuracy : n_turns;
    }
    int width = label_width(results, n);
    print_head(out, width, n_turns);
    for (size_t i = 0; i < n; i++) {
        const Emend__EvaluationResult *r = results[i];
        print_row(out, width, r->label, "", r->n_problems, r->accuracy, r->n_accuracy,
                  r->delta_i_to_c, r->delta_c_to_i);
        print_groups(out, width, "", r->kind, r->n_kind);
        print_groups(out, width, "level ", r->level, r->n_level);
        if (r->n_left_out > 0) {
            fprintf(out, "  (%llu %s left out: not gradable, or too long for the model)\n",
                    (unsigned long long)r->n_left_out, r->n_pass > 0 ? "samples" : "problems");
        }
    }
    if (n > 0 && widest(results, n)->n_pass > 0) {
        print_several_samples(out, width, n_turns, results, n);
    }
}

void table_print_json(FILE *out, const Emend__EvaluationResult *result) {
    json_t *object = json_object(), *members = result_json(result);
    json_object_set_new(object, "event", json_string("evaluation"));
    json_object_update(object, members);
    json_decref(members);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
    fputs(text ? text : "{}", out);
    free(text);
    json_decref(object);
}

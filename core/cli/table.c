/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"
#include <jansson.h>
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

// Percents, turn by turn: k and its value, for every k.
static void print_passes(FILE *out, int width, const Emend__EvaluationResult *result) {
    fprintf(out, "%-*s   pass@k", width, result->label);
    for (size_t t = 0; t < result->n_accuracy; t++) {
        fprintf(out, "%s  t%zu:", t > 0 ? " " : "", t + 1);
        for (size_t i = 0; i < result->n_pass; i++) {
            fprintf(out, "%s %u %.1f", i > 0 ? " " : "", result->pass[i]->k,
                    100 * result->pass[i]->pass[t]);
        }
    }
    fputc('\n', out);
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
        for (size_t k = 0; r->n_kind > 1 && k < r->n_kind; k++) {
            const Emend__KindResult *kind = r->kind[k];
            print_row(out, width, kind->kind, "  ", kind->n_problems, kind->accuracy,
                      kind->n_accuracy, kind->delta_i_to_c, kind->delta_c_to_i);
        }
        if (r->n_left_out > 0) {
            fprintf(out, "  (%llu %s left out: not gradable, or too long for the model)\n",
                    (unsigned long long)r->n_left_out, r->n_pass > 0 ? "samples" : "problems");
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (results[i]->n_pass > 0) {
            print_passes(out, width, results[i]);
        }
    }
}

static void set_numbers(json_t *object, const double *accuracy, size_t n_turns, double i_to_c,
                        double c_to_i) {
    char name[32];
    for (size_t t = 0; t < n_turns; t++) {
        snprintf(name, sizeof name, "accuracy@t%zu", t + 1);
        json_object_set_new(object, name, json_real(accuracy[t]));
    }
    if (n_turns > 1) {
        json_object_set_new(object, "delta(t1,t2)", json_real(accuracy[1] - accuracy[0]));
        json_object_set_new(object, "delta(i->c)", json_real(i_to_c));
        json_object_set_new(object, "delta(c->i)", json_real(c_to_i));
    }
}

static void set_passes(json_t *object, const Emend__EvaluationResult *result) {
    for (size_t t = 0; t < result->n_accuracy; t++) {
        for (size_t i = 0; i < result->n_pass; i++) {
            char name[48];
            snprintf(name, sizeof name, "pass@%u@t%zu", result->pass[i]->k, t + 1);
            json_object_set_new(object, name, json_real(result->pass[i]->pass[t]));
        }
    }
}

void table_print_json(FILE *out, const Emend__EvaluationResult *result) {
    json_t *object = json_object();
    json_object_set_new(object, "event", json_string("evaluation"));
    json_object_set_new(object, "policy", json_string(result->label));
    json_object_set_new(object, "step", json_integer((json_int_t)result->step));
    json_object_set_new(object, "n_problems", json_integer((json_int_t)result->n_problems));
    json_object_set_new(object, "n_left_out", json_integer((json_int_t)result->n_left_out));
    set_numbers(object, result->accuracy, result->n_accuracy, result->delta_i_to_c,
                result->delta_c_to_i);
    json_object_set_new(object, "answer_changed", json_real(result->answer_changed));
    set_passes(object, result);
    json_t *kinds = json_object();
    for (size_t k = 0; k < result->n_kind; k++) {
        json_t *kind = json_object();
        json_object_set_new(kind, "n_problems",
                            json_integer((json_int_t)result->kind[k]->n_problems));
        set_numbers(kind, result->kind[k]->accuracy, result->kind[k]->n_accuracy,
                    result->kind[k]->delta_i_to_c, result->kind[k]->delta_c_to_i);
        json_object_set_new(kinds, result->kind[k]->kind, kind);
    }
    json_object_set_new(object, "kinds", kinds);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
    fputs(text ? text : "{}", out);
    free(text);
    json_decref(object);
}

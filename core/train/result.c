/* SPDX-License-Identifier: Apache-2.0 */
#include "train/result.h"
#include <stdio.h>

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

// "pass@4@t1" or "maj@4@t1", turn by turn.
static void set_of_samples(json_t *object, const char *what, uint32_t k, const double *values,
                           size_t n_turns) {
    for (size_t t = 0; t < n_turns; t++) {
        char name[48];
        snprintf(name, sizeof name, "%s@%u@t%zu", what, k, t + 1);
        json_object_set_new(object, name, json_real(values[t]));
    }
}

static json_t *groups_json(Emend__KindResult *const *groups, size_t n) {
    json_t *all = json_object();
    for (size_t i = 0; i < n; i++) {
        const Emend__KindResult *group = groups[i];
        json_t *object = json_object();
        json_object_set_new(object, "n_problems", json_integer((json_int_t)group->n_problems));
        set_numbers(object, group->accuracy, group->n_accuracy, group->delta_i_to_c,
                    group->delta_c_to_i);
        json_object_set_new(all, group->kind, object);
    }
    return all;
}

json_t *result_json(const Emend__EvaluationResult *result) {
    json_t *object = json_object();
    json_object_set_new(object, "policy", json_string(result->label));
    json_object_set_new(object, "step", json_integer((json_int_t)result->step));
    json_object_set_new(object, "n_problems", json_integer((json_int_t)result->n_problems));
    json_object_set_new(object, "n_left_out", json_integer((json_int_t)result->n_left_out));
    set_numbers(object, result->accuracy, result->n_accuracy, result->delta_i_to_c,
                result->delta_c_to_i);
    json_object_set_new(object, "answer_changed", json_real(result->answer_changed));
    if (result->has_edit_distance_ratio) {
        json_object_set_new(object, "edit_distance_ratio", json_real(result->edit_distance_ratio));
    }
    for (size_t i = 0; i < result->n_pass; i++) {
        set_of_samples(object, "pass", result->pass[i]->k, result->pass[i]->pass,
                       result->pass[i]->n_pass);
    }
    for (size_t i = 0; i < result->n_vote; i++) {
        set_of_samples(object, "maj", result->vote[i]->k, result->vote[i]->maj,
                       result->vote[i]->n_maj);
    }
    json_object_set_new(object, "kinds", groups_json(result->kind, result->n_kind));
    json_object_set_new(object, "levels", groups_json(result->level, result->n_level));
    return object;
}

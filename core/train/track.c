/* SPDX-License-Identifier: Apache-2.0 */
#include "train/track.h"
#include "train/result.h"
#include <jansson.h>
#include <stdlib.h>

EmendStatus track_begin(const Engine *engine, const char *run_dir, bool is_resumed,
                        const Emend__RunState *state, EmendError *err) {
    if (engine->n_trackers == 0) {
        return EMEND_OK;
    }
    char *text = NULL;
    EmendStatus status = recipe_print(engine->recipe, engine->resolver, 0, &text, err);
    for (size_t i = 0; status == EMEND_OK && i < engine->n_trackers; i++) {
        const EmendTracker *tracker = engine->trackers[i].table;
        EmendRunInfo info = {.struct_size = sizeof info,
                             .is_resumed = is_resumed,
                             .run_dir = emend_str(run_dir),
                             .name = emend_str(engine->recipe->message->name),
                             .recipe = emend_str(text),
                             .resume_step = state->step,
                             .resume_records = state->n_records};
        status = tracker->begin(engine->trackers[i].self, &info, err);
    }
    free(text);
    return status;
}

static void count_record(const Engine *engine) {
    if (engine->n_records) {
        ++*engine->n_records;
    }
}

EmendStatus track_scalars(const Engine *engine, uint64_t step, const char *phase, const char *stage,
                          const MetricSet *metrics, EmendError *err) {
    size_t n = 0;
    EmendScalar *scalars = metrics_scalars(metrics, &n);
    if (!scalars) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory for %zu metrics", metrics->n);
    }
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; status == EMEND_OK && i < engine->n_trackers; i++) {
        const EmendTracker *tracker = engine->trackers[i].table;
        status = tracker->scalars(engine->trackers[i].self, step, emend_str(phase),
                                  emend_str(stage), emend_span(scalars, n, sizeof *scalars), err);
    }
    free(scalars);
    count_record(engine);
    return status;
}

// Model-written bytes need not be UTF-8; what is not is replaced by '?'.
static json_t *json_text(const char *text, size_t len) {
    json_t *whole = json_stringn(text ? text : "", text ? len : 0);
    if (whole) {
        return whole;
    }
    char *ascii = malloc(len + 1);
    if (!ascii) {
        return NULL;
    }
    for (size_t i = 0; i < len; i++) {
        ascii[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
    }
    json_t *copy = json_stringn_nocheck(ascii, len);
    free(ascii);
    return copy;
}

static json_t *json_field(const Problem *problem, uint32_t field) {
    EmendStr text = problem_field(problem, field);
    return json_text(text.ptr, (size_t)text.len);
}

static json_t *json_turn(const TrajectoryTurn *turn) {
    json_t *object = json_object();
    json_object_set_new(object, "response", json_text(turn->response, turn->response_len));
    json_object_set_new(object, "extracted",
                        turn->extracted ? json_text(turn->extracted, turn->extracted_len)
                                        : json_null());
    json_object_set_new(object, "is_right",
                        turn->grade.state == EMEND_SCORE_VALUE
                            ? json_boolean(turn->grade.value > 0.5)
                            : json_null());
    json_object_set_new(object, "is_given", json_boolean(turn->is_given));
    json_object_set_new(object, "is_truncated", json_boolean(turn->is_truncated));
    json_object_set_new(object, "n_tokens", json_integer((json_int_t)turn->n_tokens));
    return object;
}

static char *transcript(const char *label, const Trajectory *trajectory) {
    const Problem *problem = trajectory->problem;
    json_t *object = json_object();
    json_t *turns = json_array();
    json_object_set_new(object, "label", json_string(label));
    json_object_set_new(object, "problem", json_field(problem, EMEND_PROBLEM_ID));
    json_object_set_new(object, "kind", json_field(problem, EMEND_PROBLEM_KIND));
    json_object_set_new(object, "level", json_field(problem, EMEND_PROBLEM_LEVEL));
    json_object_set_new(object, "prompt", json_field(problem, EMEND_PROBLEM_PROMPT));
    json_object_set_new(object, "reference", json_field(problem, EMEND_PROBLEM_REFERENCE));
    for (uint32_t t = 0; t < trajectory->n_turns; t++) {
        json_array_append_new(turns, json_turn(&trajectory->turns[t]));
    }
    json_object_set_new(object, "turns", turns);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

// Frees the text; NULL: there was no memory for it.
static EmendStatus track_event(const Engine *engine, uint64_t step, const char *name, char *text,
                               EmendError *err) {
    if (!text) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory for an event (%s)", name);
    }
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; status == EMEND_OK && i < engine->n_trackers; i++) {
        const EmendTracker *tracker = engine->trackers[i].table;
        if (tracker->event) {
            status = tracker->event(engine->trackers[i].self, step, emend_str(name),
                                    emend_str(text), err);
        }
    }
    free(text);
    count_record(engine);
    return status;
}

EmendStatus track_transcript(const Engine *engine, uint64_t step, const char *label,
                             const Trajectory *trajectory, EmendError *err) {
    return track_event(engine, step, "transcript", transcript(label, trajectory), err);
}

EmendStatus track_evaluation(const Engine *engine, const Emend__EvaluationResult *result,
                             uint32_t samples_per_problem, const Verdicts *verdicts,
                             EmendError *err) {
    char problems[17];
    EmendStatus status = verdicts_problems(verdicts, problems, err);
    if (status != EMEND_OK) {
        return status;
    }
    json_t *object = result_json(result), *letters = json_object();
    json_object_set_new(object, "samples_per_problem", json_integer(samples_per_problem));
    json_object_set_new(object, "problems", json_string(problems));
    for (uint32_t t = 0; t < verdicts->n_turns; t++) {
        EmendStr turn = buffer_str(&verdicts->turns[t]);
        char name[16];
        snprintf(name, sizeof name, "t%u", t + 1);
        json_object_set_new(letters, name, json_stringn(turn.ptr, (size_t)turn.len));
    }
    json_object_set_new(object, "verdicts", letters);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(object);
    return track_event(engine, result->step, "evaluation", text, err);
}

EmendStatus track_flush(const Engine *engine, EmendError *err) {
    for (size_t i = 0; i < engine->n_trackers; i++) {
        const EmendTracker *tracker = engine->trackers[i].table;
        if (tracker->flush && !component_is_broken(&engine->trackers[i])) {
            EmendStatus status = tracker->flush(engine->trackers[i].self, err);
            if (status != EMEND_OK) {
                return status;
            }
        }
    }
    return EMEND_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "report/run_log.h"
#include "report/measures.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX_SERIES = 128,
    MAX_STAGES = 256,
    MAX_EVALUATIONS = 10000,
    MAX_TRANSCRIPTS = 1000,
    MAX_PLUGINS = 100
};

// What cannot be shown is no number: a damaged file must not make a page of digits.
#define MAX_NUMBER 1e15

/* ---- JSON ----------------------------------------------------------------------------------- */

double number_of(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    double number = json_is_number(value) ? json_number_value(value) : NAN;
    return fabs(number) <= MAX_NUMBER ? number : NAN;
}

const char *string_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

unsigned turns_of(const json_t *evaluation) {
    char name[32] = "accuracy@t1";
    unsigned n = 0;
    while (n < 16 && !isnan(number_of(evaluation, name))) {
        n++;
        snprintf(name, sizeof name, "accuracy@t%u", n + 1);
    }
    return n;
}

/* ---- records -------------------------------------------------------------------------------- */

static EmendStatus no_memory(EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "no memory to read a run");
}

static void *grown(void *items, size_t n, size_t *capacity, size_t size) {
    if (n < *capacity) {
        return items;
    }
    size_t more = *capacity ? *capacity * 2 : 64;
    void *moved = realloc(items, more * size);
    *capacity = moved ? more : *capacity;
    return moved;
}

// Stages follow one another; one that comes again, after another, is found by its name.
static EmendStatus note_stage(RunLog *log, const char *name, double step, uint32_t *index,
                              EmendError *err) {
    for (size_t i = log->n_stages; i-- > 0;) {
        StageSpan *stage = &log->stages[i];
        if (strcmp(stage->name, name) == 0) {
            stage->first = step < stage->first ? step : stage->first;
            stage->last = step > stage->last ? step : stage->last;
            *index = (uint32_t)i;
            return EMEND_OK;
        }
    }
    if (log->n_stages == MAX_STAGES) {
        log->is_incomplete = true;
        *index = MAX_STAGES - 1;
        return EMEND_OK;
    }
    StageSpan *stages = realloc(log->stages, (log->n_stages + 1) * sizeof *stages);
    if (!stages) {
        return no_memory(err);
    }
    log->stages = stages;
    char *copy = strdup(name);
    if (!copy) {
        return no_memory(err);
    }
    *index = (uint32_t)log->n_stages;
    stages[log->n_stages++] = (StageSpan){.name = copy, .first = step, .last = step};
    return EMEND_OK;
}

// NULL when memory is gone; *is_full: there are too many names.
static Series *find_series(RunLog *log, const char *metric, bool *is_full) {
    for (size_t i = 0; i < log->n_series; i++) {
        if (strcmp(log->series[i].metric, metric) == 0) {
            return &log->series[i];
        }
    }
    *is_full = log->n_series == MAX_SERIES;
    if (*is_full) {
        return NULL;
    }
    Series *series = realloc(log->series, (log->n_series + 1) * sizeof *series);
    if (!series) {
        return NULL;
    }
    log->series = series;
    char *copy = strdup(metric);
    if (!copy) {
        return NULL;
    }
    series[log->n_series] = (Series){.metric = copy};
    return &series[log->n_series++];
}

static EmendStatus add_point(RunLog *log, const char *metric, Point point, EmendError *err) {
    bool is_full = false;
    Series *series = find_series(log, metric, &is_full);
    if (!series) {
        log->is_incomplete = log->is_incomplete || is_full;
        return is_full ? EMEND_OK : no_memory(err);
    }
    Point *points = grown(series->points, series->n, &series->capacity, sizeof *points);
    if (!points) {
        return no_memory(err);
    }
    series->points = points;
    points[series->n++] = point;
    return EMEND_OK;
}

static EmendStatus take_training(RunLog *log, const json_t *record, double step, EmendError *err) {
    const char *metric = NULL;
    json_t *metrics = json_object_get(record, "metrics"), *value = NULL;
    Point point = {.step = step};
    EmendStatus status = note_stage(log, string_of(record, "stage"), step, &point.stage, err);
    json_object_foreach(metrics, metric, value) {
        point.value = number_of(metrics, metric);
        if (status == EMEND_OK && measures_need(metric) && !isnan(point.value)) {
            status = add_point(log, metric, point, err);
        }
    }
    log->last_step = step > log->last_step ? step : log->last_step;
    return status;
}

static bool is_same_evaluation(const json_t *a, const json_t *b) {
    return strcmp(string_of(a, "policy"), string_of(b, "policy")) == 0 &&
           number_of(a, "step") == number_of(b, "step");
}

// Of an evaluation there are its numbers, and, in newer runs, an event that says more. `evaluation`
// is given away.
static void add_evaluation(RunLog *log, json_t *evaluation) {
    size_t n = json_array_size(log->evaluations);
    if (n > 0 && is_same_evaluation(json_array_get(log->evaluations, n - 1), evaluation)) {
        json_array_set_new(log->evaluations, n - 1, evaluation);
    } else if (n < MAX_EVALUATIONS) {
        json_array_append_new(log->evaluations, evaluation);
    } else {
        json_decref(evaluation);
        log->is_incomplete = true;
    }
}

static void take_numbers(RunLog *log, const json_t *record) {
    json_t *evaluation = json_copy(json_object_get(record, "metrics"));
    json_object_set(evaluation, "policy", json_object_get(record, "stage"));
    json_object_set(evaluation, "step", json_object_get(record, "step"));
    if (json_is_object(evaluation)) {
        add_evaluation(log, evaluation);
    } else {
        json_decref(evaluation);
    }
}

static void take_transcript(RunLog *log, const json_t *record, json_t *data) {
    const json_t *last = json_array_get(log->transcripts, 0);
    json_object_set(data, "step", json_object_get(record, "step"));
    if (last && (strcmp(string_of(last, "label"), string_of(data, "label")) != 0 ||
                 number_of(last, "step") != number_of(data, "step"))) {
        json_array_clear(log->transcripts);
    }
    if (json_array_size(log->transcripts) < MAX_TRANSCRIPTS) {
        json_array_append(log->transcripts, data);
    } else {
        log->is_incomplete = true;
    }
}

// Whether it is a record at all.
static bool take(RunLog *log, const json_t *record, EmendStatus *status, EmendError *err) {
    double step = number_of(record, "step");
    const char *phase = string_of(record, "phase"), *event = string_of(record, "event");
    json_t *data = json_object_get(record, "data");
    if (!(step >= 0)) {
        return false;
    }
    double time = number_of(record, "time");
    if (!isnan(time)) {
        log->started = log->started > 0 ? log->started : time;
        log->ended = time;
    }
    if (strcmp(phase, "train") == 0) {
        *status = take_training(log, record, step, err);
    } else if (strcmp(phase, "eval") == 0) {
        take_numbers(log, record);
    } else if (strcmp(event, "evaluation") == 0 && json_is_object(data)) {
        add_evaluation(log, json_incref(data));
    } else if (strcmp(event, "transcript") == 0 && json_is_object(data)) {
        take_transcript(log, record, data);
    }
    return true;
}

/* ---- files ---------------------------------------------------------------------------------- */

static EmendStatus read_lines(RunLog *log, FILE *file, EmendError *err) {
    EmendStatus status = EMEND_OK;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len = 0;
    while (status == EMEND_OK && (len = getline(&line, &capacity, file)) > 0) {
        log->n_lines++;
        log->is_cut = line[len - 1] != '\n';
        json_t *record = json_loadb(line, (size_t)len, JSON_ALLOW_NUL, NULL);
        if (!take(log, record, &status, err) && !log->is_cut) {
            log->first_unreadable = log->n_unreadable ? log->first_unreadable : log->n_lines;
            log->n_unreadable++;
        }
        json_decref(record);
    }
    free(line);
    return status;
}

static EmendStatus read_metrics(RunLog *log, EmendError *err) {
    char *path = NULL;
    if (asprintf(&path, "%s/metrics.jsonl", log->dir) < 0) {
        return no_memory(err);
    }
    FILE *file = fopen(path, "re");
    EmendStatus status = EMEND_OK;
    if (!file) {
        status = emend_fail(err, EMEND_NOT_FOUND,
                            "%s: %s; it must be the folder of a run whose recipe has the tracker "
                            "\"jsonl\"",
                            path, strerror(errno));
    } else {
        status = read_lines(log, file, err);
        fclose(file);
    }
    if (status == EMEND_OK && log->n_series == 0 && json_array_size(log->evaluations) == 0) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "%s: none of its %llu lines is a record with numbers; it must be "
                            "metrics of a run, one JSON object a line",
                            path, (unsigned long long)log->n_lines);
    }
    free(path);
    return status;
}

// Its first mebibyte: a recipe has a few hundred lines.
static EmendStatus read_recipe(RunLog *log, EmendError *err) {
    enum { MOST = 1 << 20 };
    char *path = NULL;
    if (asprintf(&path, "%s/recipe.textproto", log->dir) < 0) {
        return no_memory(err);
    }
    FILE *file = fopen(path, "re");
    free(path);
    if (!file) {
        return EMEND_OK;
    }
    log->recipe = malloc(MOST + 1);
    size_t n = log->recipe ? fread(log->recipe, 1, MOST, file) : 0;
    fclose(file);
    if (!log->recipe) {
        return no_memory(err);
    }
    log->recipe[n] = '\0';
    return recipe_fields_read(log->recipe, &log->fields, err);
}

// Written once a run has ended; where it is not there, or damaged, so much is not known.
static EmendStatus read_memory(RunLog *log, EmendError *err) {
    char *path = NULL, *line = NULL;
    size_t capacity = 0;
    ssize_t len = 0;
    if (asprintf(&path, "%s/memory.jsonl", log->dir) < 0) {
        return no_memory(err);
    }
    FILE *file = fopen(path, "re");
    free(path);
    while (file && json_array_size(log->memory) < MAX_PLUGINS &&
           (len = getline(&line, &capacity, file)) > 0) {
        json_t *account = json_loadb(line, (size_t)len, 0, NULL);
        if (string_of(account, "plugin")[0] != '\0') {
            json_array_append(log->memory, account);
        }
        json_decref(account);
    }
    if (file) {
        fclose(file);
    }
    free(line);
    return EMEND_OK;
}

static char *last_name(const char *dir) {
    char *whole = realpath(dir, NULL);
    const char *path = whole ? whole : dir, *slash = strrchr(path, '/');
    char *name = strdup(slash && slash[1] ? slash + 1 : path);
    free(whole);
    return name;
}

EmendStatus run_log_read(const char *dir, RunLog *out, EmendError *err) {
    RunLog log = {.dir = dir,
                  .title = last_name(dir),
                  .evaluations = json_array(),
                  .transcripts = json_array(),
                  .memory = json_array()};
    EmendStatus status =
        log.title && log.evaluations && log.transcripts && log.memory ? EMEND_OK : no_memory(err);
    if (status == EMEND_OK) {
        status = read_metrics(&log, err);
    }
    if (status == EMEND_OK) {
        status = read_recipe(&log, err);
    }
    if (status == EMEND_OK) {
        status = read_memory(&log, err);
    }
    if (status != EMEND_OK) {
        run_log_finish(&log);
        return status;
    }
    *out = log;
    return EMEND_OK;
}

void run_log_finish(RunLog *log) {
    for (size_t i = 0; i < log->n_stages; i++) {
        free(log->stages[i].name);
    }
    for (size_t i = 0; i < log->n_series; i++) {
        free(log->series[i].metric);
        free(log->series[i].points);
    }
    free(log->stages);
    free(log->series);
    free(log->title);
    free(log->recipe);
    json_decref(log->evaluations);
    json_decref(log->transcripts);
    json_decref(log->memory);
    recipe_fields_finish(&log->fields);
    *log = (RunLog){0};
}

/* ---- asking --------------------------------------------------------------------------------- */

const Series *run_log_series(const RunLog *log, const char *metric) {
    for (size_t i = 0; i < log->n_series; i++) {
        if (strcmp(log->series[i].metric, metric) == 0) {
            return &log->series[i];
        }
    }
    return NULL;
}

json_t *run_log_policy(const RunLog *log, const char *name) {
    for (size_t i = json_array_size(log->evaluations); i-- > 0;) {
        json_t *evaluation = json_array_get(log->evaluations, i);
        if (strcmp(string_of(evaluation, "policy"), name) == 0) {
            return evaluation;
        }
    }
    return NULL;
}

json_t **run_log_policies(const RunLog *log, size_t *n) {
    json_t **policies = calloc(json_array_size(log->evaluations) + 1, sizeof(json_t *));
    size_t i = 0;
    json_t *evaluation = NULL;
    *n = 0;
    json_array_foreach(log->evaluations, i, evaluation) {
        json_t *last = policies ? run_log_policy(log, string_of(evaluation, "policy")) : NULL;
        bool is_there = !last;
        for (size_t k = 0; k < *n && !is_there; k++) {
            is_there = policies[k] == last;
        }
        if (!is_there) {
            policies[(*n)++] = last;
        }
    }
    return policies;
}

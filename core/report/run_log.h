/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_RUN_LOG_H
#define REPORT_RUN_LOG_H
/* What a run's folder says of it: metrics.jsonl and recipe.textproto, neither of which is trusted.
 */
#include "emend/status.h"
#include "report/recipe_fields.h"
#include <jansson.h>
#include <stdbool.h>

typedef struct Point {
    double step, value; /* both finite */
    uint32_t stage;     /* index in RunLog.stages */
} Point;

/* A metric of the training steps, by step. */
typedef struct Series {
    char *metric;
    Point *points;
    size_t n, capacity;
} Series;

typedef struct StageSpan {
    char *name;
    double first, last; /* steps of the whole run */
} StageSpan;

typedef struct RunLog {
    const char *dir; /* borrowed */
    char *title;     /* the folder's last name, or what tells it apart */
    StageSpan *stages;
    size_t n_stages;
    Series *series;
    size_t n_series;
    json_t *evaluations; /* array, in order: {"policy":..,"step":..,"accuracy@t1":..,..} */
    json_t *transcripts; /* array, of the last evaluation that has some */
    json_t *memory;      /* array, by plugin: {"plugin":..,"peak_bytes":..,..} */
    char *recipe;        /* text; NULL: there is none */
    RecipeFields fields; /* of the recipe */
    double last_step;
    double started, ended; /* unix seconds of the first and last record; 0: not said */
    uint64_t n_lines, n_unreadable, first_unreadable;
    bool is_cut;        /* the last line has no end */
    bool is_incomplete; /* there were more names than are kept */
} RunLog;

/* Reads the folder. A file that is missing or has no record is an error that says so; lines that
 * cannot be read are counted and passed over. */
EmendStatus run_log_read(const char *dir, RunLog *out, EmendError *err);
void run_log_finish(RunLog *log);

/* NULL: not recorded. */
const Series *run_log_series(const RunLog *log, const char *metric);
/* The last evaluation of each policy, in the order in which policies came; borrowed. *n out. The
 * array is the caller's to free; NULL when memory is gone. */
json_t **run_log_policies(const RunLog *log, size_t *n);
/* The last evaluation of a policy; NULL: there is none. */
json_t *run_log_policy(const RunLog *log, const char *name);

/* A number of a JSON object; NAN where there is none, or none that can be shown. */
double number_of(const json_t *object, const char *key);
/* A text; "" where there is none. */
const char *string_of(const json_t *object, const char *key);
/* How many turns an evaluation has, by its accuracies; 16 at most. */
unsigned turns_of(const json_t *evaluation);

#endif

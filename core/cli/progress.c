/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"
#include "cli/table.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Seconds between lines where there is no terminal to rewrite one on.
#define PLAIN_SECONDS 10.0
#define LIVE_SECONDS 0.1

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_init(Progress *progress, bool is_json) {
    const char *term = getenv("TERM");
    *progress = (Progress){.is_json = is_json,
                           .is_live = !is_json && isatty(STDOUT_FILENO) && term &&
                                      strcmp(term, "dumb") != 0};
}

void progress_end_line(Progress *progress) {
    if (progress->has_live_line) {
        putchar('\n');
        progress->has_live_line = false;
    }
    fflush(stdout);
}

static void print_event(json_t *object) {
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));
    puts(text ? text : "{}");
    fflush(stdout);
    free(text);
    json_decref(object);
}

static json_t *new_event(const char *name) {
    json_t *object = json_object();
    json_object_set_new(object, "event", json_string(name));
    return object;
}

static void started(void *ctx, const char *backend, uint64_t n_parameters, uint64_t model_bytes) {
    Progress *progress = ctx;
    if (progress->is_json) {
        json_t *object = new_event("started");
        json_object_set_new(object, "backend", json_string(backend));
        json_object_set_new(object, "n_parameters", json_integer((json_int_t)n_parameters));
        json_object_set_new(object, "model_bytes", json_integer((json_int_t)model_bytes));
        print_event(object);
        return;
    }
    printf("%s; policy of %.2fM parameters, %.1f MiB\n", backend, 1e-6 * (double)n_parameters,
           (double)model_bytes / (1 << 20));
}

static void stage_started(void *ctx, const char *stage, size_t i, size_t n_stages, uint64_t n_steps,
                          uint64_t n_done) {
    Progress *progress = ctx;
    progress->stage_started_at = seconds_now();
    progress->stage_first_step = n_done;
    progress->shown_at = 0;
    if (progress->is_json) {
        json_t *object = new_event("stage");
        json_object_set_new(object, "stage", json_string(stage));
        json_object_set_new(object, "n_steps", json_integer((json_int_t)n_steps));
        json_object_set_new(object, "n_done", json_integer((json_int_t)n_done));
        print_event(object);
        return;
    }
    printf("stage %zu of %zu: %s, %llu steps%s\n", i + 1, n_stages, stage,
           (unsigned long long)n_steps, n_done > 0 ? " (resumed)" : "");
    fflush(stdout);
}

static void print_number(const char *name, double value, const char *format) {
    if (isfinite(value)) {
        printf("  %s ", name);
        printf(format, value);
    }
}

static void print_time(double seconds) {
    unsigned s = (unsigned)(seconds + 0.5);
    if (s >= 3600) {
        printf("  %uh%02um left", s / 3600, s / 60 % 60);
    } else {
        printf("  %um%02us left", s / 60, s % 60);
    }
}

static void print_step(const Progress *progress, const StepReport *report) {
    const MetricSet *m = report->metrics;
    printf("%s %llu/%llu", report->stage, (unsigned long long)report->stage_step,
           (unsigned long long)report->n_stage_steps);
    print_number("nll", metrics_get(m, "sft/nll"), "%.3f");
    print_number("accuracy@t1", 100 * metrics_get(m, "accuracy@t1"), "%.1f");
    print_number("@t2", 100 * metrics_get(m, "accuracy@t2"), "%.1f");
    print_number("delta", 100 * metrics_get(m, "delta(t1,t2)"), "%+.1f");
    print_number("kl", metrics_get(m, "kl/ref/t1"), "%.3f");
    print_number("tokens/s", metrics_get(m, "perf/tokens_per_second"), "%.0f");
    uint64_t n_here = report->stage_step - progress->stage_first_step;
    double rate = (seconds_now() - progress->stage_started_at) / (double)(n_here ? n_here : 1);
    print_time(rate * (double)(report->n_stage_steps - report->stage_step));
}

static void stepped_json(const StepReport *report) {
    json_t *object = new_event("step");
    json_t *metrics = json_object();
    json_object_set_new(object, "stage", json_string(report->stage));
    json_object_set_new(object, "step", json_integer((json_int_t)report->step));
    json_object_set_new(object, "n_steps", json_integer((json_int_t)report->n_steps));
    json_object_set_new(object, "stage_step", json_integer((json_int_t)report->stage_step));
    json_object_set_new(object, "n_stage_steps", json_integer((json_int_t)report->n_stage_steps));
    for (size_t i = 0; i < report->metrics->n; i++) {
        double value = metrics_get(report->metrics, report->metrics->items[i].name);
        json_object_set_new(metrics, report->metrics->items[i].name,
                            isfinite(value) ? json_real(value) : json_null());
    }
    json_object_set_new(object, "metrics", metrics);
    print_event(object);
}

static void stepped(void *ctx, const StepReport *report) {
    Progress *progress = ctx;
    if (progress->is_json) {
        stepped_json(report);
        return;
    }
    double now = seconds_now();
    bool is_last = report->stage_step == report->n_stage_steps;
    double pause = progress->is_live ? LIVE_SECONDS : PLAIN_SECONDS;
    if (!is_last && now - progress->shown_at < pause) {
        return;
    }
    progress->shown_at = now;
    if (progress->is_live) {
        fputs("\r\033[K", stdout);
    }
    print_step(progress, report);
    progress->has_live_line = progress->is_live;
    if (!progress->is_live || is_last) {
        putchar('\n');
        progress->has_live_line = false;
    }
    fflush(stdout);
}

static void evaluating(void *ctx, const char *label, uint64_t n_done, uint64_t n_all) {
    Progress *progress = ctx;
    if (!progress->is_live) {
        return;
    }
    printf("\r\033[Kevaluating %s: %llu of %llu problems", label, (unsigned long long)n_done,
           (unsigned long long)n_all);
    progress->has_live_line = true;
    fflush(stdout);
}

static void evaluated(void *ctx, const Emend__EvaluationResult *result, uint64_t step) {
    Progress *progress = ctx;
    if (progress->is_json) {
        table_print_json(stdout, result);
        putchar('\n');
        fflush(stdout);
        return;
    }
    if (progress->is_live) {
        fputs("\r\033[K", stdout);
        progress->has_live_line = false;
    }
    printf("evaluated at step %llu:", (unsigned long long)step);
    for (size_t t = 0; t < result->n_accuracy; t++) {
        printf("  accuracy@t%zu %.1f", t + 1, 100 * result->accuracy[t]);
    }
    if (result->n_accuracy > 1) {
        printf("  delta %+.1f", 100 * (result->accuracy[1] - result->accuracy[0]));
    }
    printf("  (%llu problems)\n", (unsigned long long)result->n_problems);
    fflush(stdout);
}

static void checkpointed(void *ctx, uint64_t step) {
    Progress *progress = ctx;
    if (progress->is_json) {
        json_t *object = new_event("checkpoint");
        json_object_set_new(object, "step", json_integer((json_int_t)step));
        print_event(object);
    }
}

static void noted(void *ctx, const char *message) {
    progress_end_line(ctx);
    fprintf(stderr, "emend: warning: %s; an older checkpoint is used\n", message);
}

RunEvents progress_events(Progress *progress) {
    return (RunEvents){.ctx = progress,
                       .started = started,
                       .stage_started = stage_started,
                       .stepped = stepped,
                       .evaluating = evaluating,
                       .evaluated = evaluated,
                       .checkpointed = checkpointed,
                       .noted = noted};
}

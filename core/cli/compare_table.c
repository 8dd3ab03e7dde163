/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/compare_table.h"
#include "emend/run.pb-c.h"
#include "report/bootstrap.h"
#include "report/run_log.h"
#include "train/checkpoint.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_METRICS = 5 };

static const char *const metric_names[N_METRICS] = {"accuracy@t1", "accuracy@t2", "delta(t1,t2)",
                                                    "delta(i->c)", "delta(c->i)"};

/* The last evaluation of one run. */
typedef struct Outcome {
    bool is_there;
    double metrics[N_METRICS]; /* NaN where there was one turn only */
} Outcome;

static Outcome read_outcome(const Job *job) {
    Outcome outcome = {0};
    Emend__RunState *state = NULL;
    char *path = NULL;
    if (checkpoint_find(job->dir, &path, &state, NULL, 0, NULL) == EMEND_OK &&
        state->n_evaluation > 0) {
        const Emend__EvaluationResult *last = state->evaluation[state->n_evaluation - 1];
        bool has_two = last->n_accuracy > 1;
        outcome.is_there = last->n_accuracy > 0;
        outcome.metrics[0] = last->n_accuracy > 0 ? last->accuracy[0] : NAN;
        outcome.metrics[1] = has_two ? last->accuracy[1] : NAN;
        outcome.metrics[2] = has_two ? last->accuracy[1] - last->accuracy[0] : NAN;
        outcome.metrics[3] = has_two ? last->delta_i_to_c : NAN;
        outcome.metrics[4] = has_two ? last->delta_c_to_i : NAN;
    }
    if (state) {
        emend__run_state__free_unpacked(state, NULL);
    }
    free(path);
    return outcome;
}

/* ---- differences ---------------------------------------------------------------------------- */

/* What became of every problem, seed by seed; has: all of them are known. */
typedef struct Verdicts {
    RunLog *logs;
    VerdictTable *tables;
    size_t n;
    bool has;
} Verdicts;

static void verdicts_finish(Verdicts *verdicts) {
    for (size_t s = 0; s < verdicts->n; s++) {
        verdict_table_finish(&verdicts->tables[s]);
        run_log_finish(&verdicts->logs[s]);
    }
    free(verdicts->logs);
    free(verdicts->tables);
    *verdicts = (Verdicts){0};
}

static bool read_last(const char *dir, RunLog *log, VerdictTable *table) {
    size_t n = 0;
    if (run_log_read(dir, log, NULL) != EMEND_OK) {
        return false;
    }
    json_t **policies = run_log_policies(log, &n);
    bool is_read = policies && n > 0 && verdict_table_read(policies[n - 1], table);
    free(policies);
    return is_read;
}

static Verdicts verdicts_read(const Job *jobs, size_t n) {
    Verdicts verdicts = {.logs = calloc(n, sizeof *verdicts.logs),
                         .tables = calloc(n, sizeof *verdicts.tables)};
    verdicts.has = verdicts.logs && verdicts.tables;
    for (size_t s = 0; verdicts.has && s < n; s++) {
        verdicts.n++;
        verdicts.has = read_last(jobs[s].dir, &verdicts.logs[s], &verdicts.tables[s]);
    }
    return verdicts;
}

static bool find_intervals(const Verdicts *a, const Verdicts *b, Intervals *out) {
    bool is_paired = a->has && b->has && a->n > 0;
    for (size_t s = 0; is_paired && s < a->n; s++) {
        is_paired = verdict_table_is_paired(&a->tables[s], &b->tables[s]);
    }
    return is_paired && bootstrap_seeds(a->tables, b->tables, a->n, out, NULL) == EMEND_OK;
}

static void print_interval(double mean, const Interval *interval) {
    if (isnan(mean) || isnan(interval->low)) {
        printf("  %26s", "-");
        return;
    }
    char text[64];
    snprintf(text, sizeof text, "%+.1f [%+.1f, %+.1f]", 100 * mean, 100 * interval->low,
             100 * interval->high);
    printf("  %26s", text);
}

static Outcome mean_of(const Outcome *outcomes, size_t n, size_t *n_there) {
    Outcome mean = {0};
    *n_there = 0;
    for (size_t i = 0; i < n; i++) {
        *n_there += outcomes[i].is_there;
        for (size_t m = 0; outcomes[i].is_there && m < N_METRICS; m++) {
            mean.metrics[m] += outcomes[i].metrics[m];
        }
    }
    mean.is_there = *n_there > 0;
    for (size_t m = 0; m < N_METRICS; m++) {
        mean.metrics[m] = mean.is_there ? mean.metrics[m] / (double)*n_there : NAN;
        mean.metrics[m] = fabs(mean.metrics[m]) < 1e-12 ? 0 : mean.metrics[m];
    }
    return mean;
}

/* ---- text ----------------------------------------------------------------------------------- */

static void print_outcome(const Outcome *outcome) {
    for (size_t m = 0; m < N_METRICS; m++) {
        if (!outcome->is_there || isnan(outcome->metrics[m])) {
            printf("  %12s", "-");
        } else {
            printf(m == 2 ? "  %+12.1f" : "  %12.1f", 100 * outcome->metrics[m]);
        }
    }
    printf("\n");
}

static void print_rows(const Matrix *matrix, const char *name, const Outcome *outcomes) {
    char label[64];
    size_t n_there = 0;
    Outcome mean = mean_of(outcomes, matrix->n_seeds, &n_there);
    printf("%-24.24s %5zu", name, n_there);
    print_outcome(&mean);
    for (size_t s = 0; s < matrix->n_seeds; s++) {
        snprintf(label, sizeof label, "  seed %llu", (unsigned long long)matrix->seeds[s]);
        printf("%-30s", label);
        print_outcome(&outcomes[s]);
    }
}

static void print_head(void) {
    printf("\n%-24s %5s", "variant", "seeds");
    for (size_t m = 0; m < N_METRICS; m++) {
        printf("  %12s", metric_names[m]);
    }
    printf("\n");
}

static void print_differences(const Matrix *matrix, const Job *jobs, const Outcome *outcomes) {
    size_t n = matrix->n_seeds, n_there = 0;
    Verdicts first = verdicts_read(jobs, n);
    Outcome base = mean_of(outcomes, n, &n_there);
    printf("\nless \"%s\", with 95 %% intervals over seeds and problems, paired\n",
           matrix->variants[0].recipe->message->name);
    printf("%-24s  %26s  %26s  %26s\n", "variant", metric_names[0], metric_names[1],
           metric_names[2]);
    for (size_t v = 1; v < matrix->n_variants; v++) {
        Verdicts other = verdicts_read(jobs + v * n, n);
        Outcome mean = mean_of(outcomes + v * n, n, &n_there);
        Intervals intervals;
        printf("%-24.24s", matrix->variants[v].recipe->message->name);
        if (find_intervals(&first, &other, &intervals)) {
            const Interval *each[] = {&intervals.accuracy[0], &intervals.accuracy[1],
                                      &intervals.delta};
            for (size_t m = 0; m < 3; m++) {
                print_interval(mean.metrics[m] - base.metrics[m], each[m]);
            }
        } else {
            printf("  unknown: not every run recorded every problem");
        }
        printf("\n");
        verdicts_finish(&other);
    }
    verdicts_finish(&first);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *json_outcome(const Outcome *outcome) {
    json_t *object = json_object();
    for (size_t m = 0; m < N_METRICS; m++) {
        bool is_number = outcome->is_there && isfinite(outcome->metrics[m]);
        json_object_set_new(object, metric_names[m],
                            is_number ? json_real(outcome->metrics[m]) : json_null());
    }
    return object;
}

static json_t *json_rows(const Matrix *matrix, const char *name, const Outcome *outcomes) {
    json_t *object = json_object(), *seeds = json_array();
    size_t n_there = 0;
    Outcome mean = mean_of(outcomes, matrix->n_seeds, &n_there);
    json_object_set_new(object, "variant", json_string(name));
    json_object_set_new(object, "mean", json_outcome(&mean));
    for (size_t s = 0; s < matrix->n_seeds; s++) {
        json_t *seed = json_outcome(&outcomes[s]);
        json_object_set_new(seed, "seed", json_integer((json_int_t)matrix->seeds[s]));
        json_array_append_new(seeds, seed);
    }
    json_object_set_new(object, "seeds", seeds);
    return object;
}

static EmendStatus print_json(json_t *variants, EmendError *err) {
    json_t *all = json_pack("{s:o}", "variants", variants);
    char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    if (!text) {
        return emend_fail(err, EMEND_EXHAUSTED, "compare: no memory for the results");
    }
    puts(text);
    free(text);
    return EMEND_OK;
}

/* ---- all ------------------------------------------------------------------------------------ */

EmendStatus compare_table_print(const Matrix *matrix, const Job *jobs, size_t n_bases, bool is_json,
                                EmendError *err) {
    size_t n_rows = matrix->n_variants + (n_bases > 0);
    size_t n = matrix->n_seeds;
    Outcome *outcomes = calloc(n_rows * n + 1, sizeof *outcomes);
    json_t *variants = is_json ? json_array() : NULL;
    if (!outcomes || (is_json && !variants)) {
        free(outcomes);
        json_decref(variants);
        return emend_fail(err, EMEND_EXHAUSTED, "compare: no memory for the results");
    }
    for (size_t i = 0; i < n_rows * n; i++) {
        outcomes[i] = read_outcome(&jobs[i]);
    }
    if (!is_json) {
        print_head();
    }
    for (size_t r = 0; r < n_rows; r++) {
        bool is_base = n_bases > 0 && r == 0;
        size_t v = r - (n_bases > 0);
        const char *name = is_base ? "shared" : matrix->variants[v].recipe->message->name;
        if (is_json) {
            json_array_append_new(variants, json_rows(matrix, name, outcomes + r * n));
        } else {
            print_rows(matrix, name, outcomes + r * n);
        }
    }
    if (!is_json && matrix->n_variants > 1) {
        size_t n_before = n_bases > 0 ? n : 0;
        print_differences(matrix, jobs + n_before, outcomes + n_before);
    }
    free(outcomes);
    return is_json ? print_json(variants, err) : EMEND_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/compare_table.h"
#include "compare/jobs.h"
#include "compare/matrix.h"
#include "train/folder.h"
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const Option options[] = {
    {"--seeds", "N|LIST", "how many seeds, from 1 (default 3); or which: 2,3,5"},
    {"--set", "FIELD=VALUE", "override a field in every recipe (repeatable)"},
    {"--budget", "EPISODES",
     "sample about so many episodes in each variant: steps behind the shared stages change"},
    {"--out", "DIR", "where the runs' folders go (default: runs/compare)"},
    {"--jobs", "N", "runs at once, each on processors of its own (default: one)"},
    {"--plugin-path", "DIRS", "look for plugins here first (folders joined by ':')"},
    {"--safe", NULL, "only the plugins of the installation itself"},
    {"--json", NULL, "the results as one JSON object"}};

typedef struct Comparison {
    const Arguments *arguments;
    Context context;
    Matrix matrix;
    const char *out;
    const char *assignments[MAX_VALUES];
    size_t n_assignments;
    size_t n_at_once;
    Job *jobs; /* the shared starts by seed, where there are any, then variants by seed */
    size_t n_jobs, n_bases;
} Comparison;

static EmendStatus no_memory(EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "compare: no memory for the runs");
}

static bool read_number(const char *text, uint64_t min, uint64_t max, uint64_t *out) {
    char *end = NULL;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && !*end && errno == 0 && *out >= min && *out <= max;
}

/* ---- what to run ---------------------------------------------------------------------------- */

static EmendStatus take_options(Comparison *comparison, EmendError *err) {
    const Arguments *arguments = comparison->arguments;
    const char *budget = argument_value(arguments, "--budget");
    const char *jobs = argument_value(arguments, "--jobs");
    const char *seeds = argument_value(arguments, "--seeds");
    uint64_t number = 1;
    if (jobs && !read_number(jobs, 1, 1024, &number)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "--jobs is \"%s\"; it must be a number from 1 to 1024", jobs);
    }
    comparison->n_at_once = (size_t)number;
    EmendStatus status = matrix_set_seeds(&comparison->matrix, seeds ? seeds : "3", err);
    if (status == EMEND_OK && budget) {
        if (!read_number(budget, 1, UINT64_MAX, &number)) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "--budget is \"%s\"; it must be how many episodes", budget);
        }
        status = matrix_set_budget(&comparison->matrix, number, err);
    }
    return status;
}

// The last stage that is the same in all; NULL: there is none.
static const char *shared_stage(const Matrix *matrix) {
    return matrix->n_shared > 0
               ? matrix->variants[0].recipe->message->stage[matrix->n_shared - 1]->name
               : NULL;
}

static EmendStatus add_common_words(const Comparison *comparison, Job *job, const Variant *variant,
                                    uint64_t seed, EmendError *err) {
    const char *path = argument_value(comparison->arguments, "--plugin-path");
    EmendStatus status = job_add_word(job, err, "/proc/self/exe");
    if (status == EMEND_OK) {
        status = job_add_word(job, err, "run");
    }
    if (status == EMEND_OK) {
        status = job_add_word(job, err, "%s", variant->path);
    }
    if (status == EMEND_OK) {
        status = job_add_word(job, err, "--out=%s", job->dir);
    }
    for (size_t i = 0; status == EMEND_OK && i < comparison->n_assignments; i++) {
        status = job_add_word(job, err, "--set=%s", comparison->assignments[i]);
    }
    if (status == EMEND_OK) {
        status = job_add_word(job, err, "--set=seed=%llu", (unsigned long long)seed);
    }
    if (status == EMEND_OK && path) {
        status = job_add_word(job, err, "--plugin-path=%s", path);
    }
    if (status == EMEND_OK && argument_given(comparison->arguments, "--safe")) {
        status = job_add_word(job, err, "--safe");
    }
    return status;
}

static EmendStatus name_job(const Comparison *comparison, Job *job, const char *name, uint64_t seed,
                            EmendError *err) {
    unsigned long long number = seed;
    if (asprintf(&job->label, "%s, seed %llu", name, number) < 0 ||
        asprintf(&job->dir, "%s/%s-seed%llu", comparison->out, name, number) < 0 ||
        asprintf(&job->log, "%s/%s-seed%llu.log", comparison->out, name, number) < 0) {
        return no_memory(err);
    }
    return EMEND_OK;
}

static EmendStatus add_base(Comparison *comparison, uint64_t seed, EmendError *err) {
    const Matrix *matrix = &comparison->matrix;
    Job *job = &comparison->jobs[comparison->n_jobs++];
    job->after = SIZE_MAX;
    EmendStatus status = name_job(comparison, job, "shared", seed, err);
    if (status == EMEND_OK) {
        status = add_common_words(comparison, job, &matrix->variants[0], seed, err);
    }
    if (status == EMEND_OK) {
        status = job_add_word(job, err, "--until=%s", shared_stage(matrix));
    }
    return status == EMEND_OK ? job_add_word(job, err, "--resume") : status;
}

static EmendStatus add_steps(const Matrix *matrix, const Variant *variant, Job *job,
                             EmendError *err) {
    const Emend__Recipe *message = variant->recipe->message;
    EmendStatus status = EMEND_OK;
    for (size_t s = matrix->n_shared; status == EMEND_OK && s < message->n_stage; s++) {
        if (variant->steps[s] != message->stage[s]->steps) {
            status = job_add_word(job, err, "--set=stage[%zu].steps=%llu", s,
                                  (unsigned long long)variant->steps[s]);
        }
    }
    return status;
}

static EmendStatus add_variant(Comparison *comparison, const Variant *variant, size_t s,
                               EmendError *err) {
    const Matrix *matrix = &comparison->matrix;
    Job *job = &comparison->jobs[comparison->n_jobs++];
    bool has_base = comparison->n_bases > 0;
    job->after = has_base ? s : SIZE_MAX;
    EmendStatus status =
        name_job(comparison, job, variant->recipe->message->name, matrix->seeds[s], err);
    if (status == EMEND_OK) {
        status = add_common_words(comparison, job, variant, matrix->seeds[s], err);
    }
    if (status == EMEND_OK) {
        status = add_steps(matrix, variant, job, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    return has_base && !folder_exists(job->dir)
               ? job_add_word(job, err, "--from=%s", comparison->jobs[s].dir)
               : job_add_word(job, err, "--resume");
}

static EmendStatus make_jobs(Comparison *comparison, EmendError *err) {
    const Matrix *matrix = &comparison->matrix;
    comparison->n_bases = matrix->n_shared > 0 ? matrix->n_seeds : 0;
    comparison->jobs = calloc(matrix->n_seeds * (matrix->n_variants + 1), sizeof *comparison->jobs);
    EmendStatus status = comparison->jobs ? EMEND_OK : no_memory(err);
    for (size_t s = 0; status == EMEND_OK && s < comparison->n_bases; s++) {
        status = add_base(comparison, matrix->seeds[s], err);
    }
    for (size_t v = 0; v < matrix->n_variants; v++) {
        for (size_t s = 0; status == EMEND_OK && s < matrix->n_seeds; s++) {
            status = add_variant(comparison, &matrix->variants[v], s, err);
        }
    }
    return status;
}

/* ---- running -------------------------------------------------------------------------------- */

static void say_began(void *ctx, const Job *job) {
    const Comparison *comparison = ctx;
    if (!argument_given(comparison->arguments, "--json")) {
        printf("%s: runs; %s\n", job->label, job->log);
        fflush(stdout);
    }
}

static void say_ended(void *ctx, const Job *job, size_t n_left) {
    const Comparison *comparison = ctx;
    if (job->state == JOB_FAILED) {
        print_error("%s: it failed with code %d; %s says why", job->label, job->code, job->log);
    } else if (!argument_given(comparison->arguments, "--json")) {
        printf("%s: %s in %.0f s; %zu wait\n", job->label,
               job->state == JOB_DONE ? "done" : "stopped", job->seconds, n_left);
        fflush(stdout);
    }
}

static void print_plan(const Comparison *comparison) {
    const Matrix *matrix = &comparison->matrix;
    const char *shared = shared_stage(matrix);
    printf("%zu variants, %zu seeds; %s%s%s\n", matrix->n_variants, matrix->n_seeds,
           shared ? "trained once for all, up to stage \"" : "nothing is the same for all",
           shared ? shared : "", shared ? "\"" : "");
    for (size_t v = 0; v < matrix->n_variants; v++) {
        const Variant *variant = &matrix->variants[v];
        printf("  %-20s %10llu episodes in %llu steps behind that\n",
               variant->recipe->message->name, (unsigned long long)variant->episodes,
               (unsigned long long)variant->updates);
    }
    fflush(stdout);
}

static int run_all(Comparison *comparison) {
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    bool is_json = argument_given(comparison->arguments, "--json");
    JobEvents events = {.ctx = comparison, .began = say_began, .ended = say_ended};
    EmendStatus status = folder_make(comparison->out, &err);
    if (status == EMEND_OK) {
        status = make_jobs(comparison, &err);
    }
    if (status == EMEND_OK && !is_json) {
        print_plan(comparison);
    }
    if (status == EMEND_OK) {
        status = jobs_run(comparison->jobs, comparison->n_jobs, comparison->n_at_once, &interrupted,
                          &events, &err);
    }
    if (status == EMEND_OK || status == EMEND_ABORTED) {
        char why[512];
        EmendError table_err = emend_error_on(why, sizeof why);
        EmendStatus printed = compare_table_print(&comparison->matrix, comparison->jobs,
                                                  comparison->n_bases, is_json, &table_err);
        if (printed != EMEND_OK) {
            status = emend_fail(&err, printed, "%s", why);
        }
    }
    if (status != EMEND_OK) {
        print_error("%s", message);
    }
    return exit_code(status);
}

static int compare(const Arguments *arguments) {
    char message[4096];
    EmendError err = emend_error_on(message, sizeof message);
    const char *out = argument_value(arguments, "--out");
    Comparison comparison = {.arguments = arguments, .out = out ? out : "runs/compare"};
    int code = context_open(&comparison.context, arguments, NULL);
    if (code != EXIT_DONE) {
        return code;
    }
    AnyResolver resolver = catalog_resolver(comparison.context.catalog);
    comparison.n_assignments = argument_values(arguments, "--set", comparison.assignments);
    EmendStatus status =
        matrix_load(arguments->positional, arguments->n_positional, comparison.assignments,
                    comparison.n_assignments, &resolver, &comparison.matrix, &err);
    if (status == EMEND_OK) {
        status = take_options(&comparison, &err);
    }
    if (status == EMEND_OK) {
        interrupts_catch();
        code = run_all(&comparison);
    } else {
        print_error("%s", message);
        code = exit_code(status);
    }
    for (size_t i = 0; i < comparison.n_jobs; i++) {
        job_finish(&comparison.jobs[i]);
    }
    free(comparison.jobs);
    matrix_finish(&comparison.matrix);
    context_close(&comparison.context);
    return code;
}

const Command command_compare = {
    .name = "compare",
    .usage = "RECIPE... [--seeds N] [--budget EPISODES] [--jobs N]",
    .summary = "run recipes over several seeds and print them side by side",
    .help =
        "Runs every recipe with every seed and prints means, every seed, and what each differs by\n"
        "from the first recipe. Leading stages that are the same in all of them are trained once\n"
        "for each seed, and every variant goes on from there: the base model is shared. A variant\n"
        "file shows only its difference with `include` and `set`.\n"
        "\n"
        "Everything stays in the folder: stop it with Ctrl-C, and the same command goes on; add a\n"
        "recipe or a seed, and only that is run.\n"
        "\n"
        "  emend compare manifests/ablations/*.textproto --seeds 3 --jobs 2\n",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .min_positional = 1,
    .max_positional = MAX_POSITIONAL,
    .run = compare};

/* SPDX-License-Identifier: Apache-2.0 */
#include "train/evaluate.h"
#include "train/rollout.h"
#include "train/score.h"
#include "train/track.h"
#include <stdlib.h>

// One batch of problems, those that fit the model's positions.
typedef struct EvaluationBatch {
    Problem *problems;
    size_t n;
    uint64_t n_too_long;
} EvaluationBatch;

static void batch_finish(EvaluationBatch *batch) {
    for (size_t i = 0; batch->problems && i < batch->n; i++) {
        problem_finish(&batch->problems[i]);
    }
    free(batch->problems);
    *batch = (EvaluationBatch){0};
}

static EmendStatus batch_read(const EvaluateArgs *args, uint32_t split, uint32_t max_positions,
                              uint64_t begin, uint64_t end, EvaluationBatch *batch,
                              EmendError *err) {
    const Emend__Evaluation *settings = args->settings;
    *batch = (EvaluationBatch){.problems = calloc((size_t)(end - begin), sizeof(Problem))};
    if (!batch->problems) {
        return emend_fail(err, EMEND_EXHAUSTED,
                          "no memory for %llu problems; lower evaluation.batch",
                          (unsigned long long)(end - begin));
    }
    for (uint64_t i = begin; i < end; i++) {
        Problem *problem = &batch->problems[batch->n];
        size_t longest = 0;
        EmendStatus status = problem_read(args->engine, split, i, problem, err);
        if (status == EMEND_OK) {
            batch->n++;
            status = rollout_longest(args->engine, problem, settings->n_turns,
                                     settings->max_response_tokens, &longest, err);
        }
        if (status != EMEND_OK) {
            batch_finish(batch);
            return status;
        }
        if (longest > max_positions) {
            batch->n--;
            problem_finish(problem);
            batch->n_too_long++;
        }
    }
    return EMEND_OK;
}

// What an evaluation gathers, batch by batch.
typedef struct Gathered {
    Tally tally;
    Verdicts verdicts;
    ScoreCounts counts;
    uint32_t n_transcripts; /* still to write */
} Gathered;

static RolloutSettings rollout_settings(const EvaluateArgs *args) {
    const Emend__Evaluation *settings = args->settings;
    return (RolloutSettings){
        .n_turns = settings->n_turns,
        .max_response_tokens = settings->max_response_tokens,
        .temperature = (float)settings->temperature,
        .top_p = (float)settings->top_p,
        .top_k = settings->top_k,
        .key = {.seed = args->engine->recipe->message->seed, .purpose = EMEND_RANDOM_EVALUATION},
        .is_keyed_by_problem = true};
}

// Some samples of every problem of a batch. Transcripts are of problems' first samples.
static EmendStatus samples_run(const EvaluateArgs *args, const EvaluationBatch *batch,
                               RolloutSettings *settings, Gathered *gathered, EmendError *err) {
    size_t n = batch->n * settings->samples_per_prompt;
    Trajectory *trajectories = NULL;
    EmendStatus status = grading_open(args->engine, n, settings->n_turns, &settings->grading, err);
    if (status == EMEND_OK) {
        status = rollout_run(args->engine, args->model, batch->problems, batch->n, settings,
                             &trajectories, err);
    }
    if (status == EMEND_OK) {
        status = grading_settle(settings->grading, &gathered->counts, err);
    }
    grading_close(settings->grading);
    if (status == EMEND_OK) {
        status = tally_add(&gathered->tally, trajectories, n, err);
    }
    if (status == EMEND_OK) {
        status = verdicts_add(&gathered->verdicts, trajectories, n, err);
    }
    for (size_t i = 0; status == EMEND_OK && i < n && gathered->n_transcripts > 0; i++) {
        if (trajectories[i].sample == 0) {
            gathered->n_transcripts--;
            status = track_transcript(args->engine, args->step, args->label, &trajectories[i], err);
        }
    }
    trajectories_destroy(trajectories, n);
    return status;
}

// All at once, or, where a problem alone has more samples than a batch holds, part by part.
static EmendStatus batch_run(const EvaluateArgs *args, const EvaluationBatch *batch,
                             Gathered *gathered, EmendError *err) {
    uint32_t n_samples = args->settings->samples_per_problem, most = args->settings->batch;
    EmendStatus status = EMEND_OK;
    uint32_t n = 0;
    for (uint32_t first = 0; status == EMEND_OK && batch->n > 0 && first < n_samples; first += n) {
        RolloutSettings settings = rollout_settings(args);
        n = n_samples - first < most ? n_samples - first : most;
        settings.first_sample = first;
        settings.samples_per_prompt = n;
        status = samples_run(args, batch, &settings, gathered, err);
    }
    return status;
}

static EmendStatus open_split(const EvaluateArgs *args, uint32_t *split, uint64_t *n,
                              EmendError *err) {
    uint64_t count = 0;
    EmendStatus status = args->engine->task->split_open(
        args->engine->task_component.self, emend_str(args->settings->split), split, &count, err);
    if (status != EMEND_OK) {
        return engine_said(&args->engine->task_component, "split_open", status, err);
    }
    *n = args->settings->n_problems;
    if (*n == 0 && count == EMEND_ENDLESS) {
        return text_tree_fail(
            args->engine->recipe->tree, "evaluation.n_problems", err,
            "evaluation.n_problems is 0, all of the split, and split \"%s\" has no "
            "end; it must be 1 or more",
            args->settings->split);
    }
    if (*n == 0 || *n > count) {
        *n = count;
    }
    return EMEND_OK;
}

static EmendStatus report(const EvaluateArgs *args, const Tally *tally, EmendError *err) {
    MetricSet metrics = {0};
    tally_metrics(tally, &metrics);
    metrics_set(&metrics, (double)tally->total.n_problems, "n_problems");
    metrics_set(&metrics, (double)tally->n_left_out, "n_left_out");
    EmendStatus status =
        track_scalars(args->engine, args->step, "eval", args->label, &metrics, err);
    metrics_finish(&metrics);
    return status;
}

// The result, which the trackers get too.
static EmendStatus keep(const EvaluateArgs *args, const Gathered *gathered,
                        Emend__EvaluationResult **out, EmendError *err) {
    Emend__EvaluationResult *result = tally_result(&gathered->tally, args->label, args->step);
    if (!result) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory for an evaluation's result");
    }
    EmendStatus status = track_evaluation(args->engine, result, args->settings->samples_per_problem,
                                          &gathered->verdicts, err);
    if (status != EMEND_OK) {
        emend__evaluation_result__free_unpacked(result, NULL);
        return status;
    }
    *out = result;
    return EMEND_OK;
}

static EmendStatus run_batches(const EvaluateArgs *args, uint32_t split, uint64_t n,
                               Gathered *gathered, EmendError *err) {
    EmendModelInfo info = {.struct_size = sizeof info};
    EmendStatus status = args->engine->backend->model_info(args->engine->backend_component.self,
                                                           args->model, &info, err);
    uint32_t n_samples = args->settings->samples_per_problem;
    uint64_t size = args->settings->batch > n_samples ? args->settings->batch / n_samples : 1;
    for (uint64_t begin = 0; status == EMEND_OK && begin < n; begin += size) {
        uint64_t end = begin + size < n ? begin + size : n;
        EvaluationBatch batch = {0};
        status =
            batch_read(args, split, info.config.max_position_embeddings, begin, end, &batch, err);
        gathered->tally.n_left_out += batch.n_too_long * n_samples;
        if (status == EMEND_OK) {
            status = batch_run(args, &batch, gathered, err);
        }
        batch_finish(&batch);
        if (status == EMEND_OK && args->progress) {
            args->progress(args->progress_ctx, args->label, end, n);
        }
    }
    return status;
}

// An evaluation of which too little could be graded is none.
static EmendStatus check_grades(const EvaluateArgs *args, const Gathered *gathered, uint64_t n,
                                EmendError *err) {
    const ScoreCounts *counts = &gathered->counts;
    double allowed = args->engine->recipe->message->max_error_fraction;
    if ((double)counts->n_errors > allowed * (double)counts->n_scores) {
        return emend_fail(err, EMEND_ABORTED,
                          "evaluation \"%s\": %llu of %llu grades are errors; max_error_fraction "
                          "is %g; the first: %s",
                          args->label, (unsigned long long)counts->n_errors,
                          (unsigned long long)counts->n_scores, allowed, counts->first_error);
    }
    if (gathered->tally.total.n == 0) {
        return emend_fail(
            err, EMEND_ABORTED, "evaluation \"%s\": none of %llu problems could be graded (%s)",
            args->label, (unsigned long long)n,
            counts->first_error[0] ? counts->first_error : "they do not fit the model's positions");
    }
    return EMEND_OK;
}

EmendStatus evaluate_check(const Engine *engine, const Emend__Evaluation *settings,
                           EmendError *err) {
    EvaluateArgs args = {.engine = engine, .settings = settings};
    uint32_t split = 0;
    uint64_t n = 0;
    return open_split(&args, &split, &n, err);
}

EmendStatus evaluate(const EvaluateArgs *args, Emend__EvaluationResult **out, EmendError *err) {
    uint32_t split = 0;
    uint64_t n = 0;
    Gathered gathered = {.tally = {.samples_per_problem = args->settings->samples_per_problem},
                         .n_transcripts = args->settings->n_transcripts};
    EmendStatus status = open_split(args, &split, &n, err);
    if (status == EMEND_OK) {
        status = run_batches(args, split, n, &gathered, err);
    }
    if (status == EMEND_OK) {
        status = check_grades(args, &gathered, n, err);
    }
    if (status == EMEND_OK) {
        status = report(args, &gathered.tally, err);
    }
    if (status == EMEND_OK) {
        status = keep(args, &gathered, out, err);
    }
    tally_finish(&gathered.tally);
    verdicts_finish(&gathered.verdicts);
    return status;
}

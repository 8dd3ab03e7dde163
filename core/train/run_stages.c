/* SPDX-License-Identifier: Apache-2.0 */
#include "train/best.h"
#include "train/checkpoint.h"
#include "train/clock.h"
#include "train/evaluate.h"
#include "train/folder.h"
#include "train/run_parts.h"
#include "train/settings.h"
#include "train/track.h"
#include <stdlib.h>

static bool is_cancelled(const Run *run) {
    return run->args->cancel && *run->args->cancel;
}

static EmendStatus append_evaluation(Run *run, Emend__EvaluationResult *result, EmendError *err) {
    Emend__RunState *state = run->state;
    Emend__EvaluationResult **all =
        realloc(state->evaluation, (state->n_evaluation + 1) * sizeof(Emend__EvaluationResult *));
    if (!all) {
        emend__evaluation_result__free_unpacked(result, NULL);
        return run_no_memory(err);
    }
    state->evaluation = all;
    state->evaluation[state->n_evaluation++] = result;
    return EMEND_OK;
}

static double elapsed(const Run *run) {
    return run->elapsed_before + seconds_now() - run->started_at;
}

// What was recorded up to here stays when the run goes on from the state.
static void keep_records(Run *run) {
    run->state->has_n_records = 1;
    run->state->n_records = run->n_records;
}

EmendStatus run_checkpoint(Run *run, EmendError *err) {
    run->state->has_elapsed_seconds = 1;
    run->state->elapsed_seconds = elapsed(run);
    EmendStatus status = track_flush(&run->engine, err);
    if (status == EMEND_OK) {
        status = checkpoint_write(&run->engine, run->args->run_dir, run->policy, run->state, err);
    }
    if (status == EMEND_OK) {
        status = checkpoint_prune(run->args->run_dir, run->state->step,
                                  recipe_checkpointing(run->recipe)->keep, err);
    }
    if (status == EMEND_OK && run->args->events.checkpointed) {
        run->args->events.checkpointed(run->args->events.ctx, run->state->step);
    }
    return status;
}

EmendStatus run_evaluate_policy(Run *run, const char *label, Emend__EvaluationResult **out,
                                EmendError *err) {
    EvaluateArgs args = {.engine = &run->engine,
                         .model = run->policy,
                         .settings = recipe_evaluation(run->recipe),
                         .label = label,
                         .step = run->state->step,
                         .progress = run->args->events.evaluating,
                         .progress_ctx = run->args->events.ctx};
    EmendStatus status = evaluate(&args, out, err);
    if (status == EMEND_OK && run->args->events.evaluated) {
        run->args->events.evaluated(run->args->events.ctx, *out, run->state->step);
    }
    return status;
}

static EmendStatus evaluate_and_keep(Run *run, const char *label, EmendError *err) {
    Emend__EvaluationResult *result = NULL;
    EmendStatus status = run_evaluate_policy(run, label, &result, err);
    return status == EMEND_OK ? append_evaluation(run, result, err) : status;
}

static bool ends_with_best(const Stage *stage) {
    return stage->recipe->end == EMEND__STAGE__END__BEST_REWARD;
}

static BestArgs best_args(Run *run, const Stage *stage) {
    return (BestArgs){.engine = &run->engine,
                      .run_dir = run->args->run_dir,
                      .stage = stage->recipe->name,
                      .policy = run->policy,
                      .state = run->state};
}

static EmendStatus after_step(Run *run, Stage *stage, EmendError *err) {
    const Emend__RunState *state = run->state;
    StepReport report = {.stage = stage->recipe->name,
                         .stage_step = state->stage_step,
                         .n_stage_steps = stage->recipe->steps,
                         .step = state->step,
                         .n_steps = run->n_steps,
                         .metrics = &run->metrics,
                         .elapsed_seconds = elapsed(run)};
    run->is_ahead = true; // of the records
    EmendStatus status =
        track_scalars(&run->engine, state->step, "train", stage->recipe->name, &run->metrics, err);
    if (status == EMEND_OK) {
        keep_records(run);
        run->is_ahead = false;
    }
    if (status == EMEND_OK && run->args->events.stepped) {
        run->args->events.stepped(run->args->events.ctx, &report);
    }
    bool is_last = state->stage_step == stage->recipe->steps;
    uint64_t every = recipe_checkpointing(run->recipe)->every_steps;
    bool is_due = every > 0 && state->step % every == 0;
    if (status == EMEND_OK && ends_with_best(stage)) {
        BestArgs args = best_args(run, stage);
        run->is_ahead = true; // of the step: it is not counted in yet
        status = best_step(&args, &run->metrics, is_due || is_last, err);
        run->is_ahead = status != EMEND_OK;
    }
    // The stage's end has a checkpoint of its own, behind its evaluation.
    if (status == EMEND_OK && is_due && !is_last) {
        status = run_checkpoint(run, err);
    }
    return status;
}

// From here on the policy is not that of the last step, until the stage is over in the state too.
static EmendStatus take_best(Run *run, const Stage *stage, EmendError *err) {
    BestArgs args = best_args(run, stage);
    char *folder = NULL;
    EmendStatus status = best_folder(&args, &folder, err);
    run->is_ahead = true;
    if (status == EMEND_OK && folder) {
        status = folder_verify(folder, "config.json", err);
    }
    if (status == EMEND_OK && folder) {
        status = run_open_folder(run, folder, 0, err);
    }
    free(folder);
    return status;
}

// A run that goes on from this step's checkpoint evaluates once more, and records it once.
static EmendStatus evaluate_between_steps(Run *run, const Stage *stage, EmendError *err) {
    uint64_t every = recipe_evaluation(run->recipe)->every_steps;
    if (every == 0 || run->state->stage_step == 0 || run->state->stage_step % every != 0) {
        return EMEND_OK;
    }
    Emend__EvaluationResult *result = NULL;
    EmendStatus status = run_evaluate_policy(run, stage->recipe->name, &result, err);
    if (status == EMEND_OK) {
        emend__evaluation_result__free_unpacked(result, NULL);
    }
    return status;
}

static EmendStatus run_steps(Run *run, Stage *stage, EmendError *err) {
    EmendStatus status = EMEND_OK;
    while (status == EMEND_OK && run->state->stage_step < stage->recipe->steps) {
        if (is_cancelled(run)) {
            return emend_fail(err, EMEND_CANCELLED, "stopped");
        }
        status = evaluate_between_steps(run, stage, err);
        if (status == EMEND_OK) {
            status = stage_step(stage, run->state, &run->metrics, err);
            run->is_ahead = stage->is_ahead;
        }
        if (status == EMEND_OK) {
            status = after_step(run, stage, err);
        }
    }
    return status;
}

static EmendStatus finish_stage(Run *run, const Stage *stage, EmendError *err) {
    EmendStatus status = ends_with_best(stage) ? take_best(run, stage, err) : EMEND_OK;
    if (status == EMEND_OK) {
        status = run_write_policy(run, stage->recipe->name, err);
    }
    if (status == EMEND_OK) {
        status = evaluate_and_keep(run, stage->recipe->name, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    run->is_ahead = false;
    run->state->stage = (uint32_t)stage->index + 1;
    run->state->stage_step = run->state->stage_updates = 0;
    free(run->state->algorithm_state.data);
    run->state->algorithm_state = (ProtobufCBinaryData){0};
    run->state->has_algorithm_state = 0;
    keep_records(run);
    best_forget(run->state);
    status = run_checkpoint(run, err);
    BestArgs args = best_args(run, stage);
    return status == EMEND_OK && ends_with_best(stage) ? best_sweep(&args, err) : status;
}

static EmendStatus run_stage(Run *run, size_t index, EmendError *err) {
    Stage stage;
    EmendBytes algorithm_state = {0};
    if (run->state->stage_step > 0) {
        algorithm_state =
            (EmendBytes){run->state->algorithm_state.data, run->state->algorithm_state.len};
    }
    EmendStatus status = stage_open(&stage, &run->engine, index, run->args->run_dir, run->policy,
                                    algorithm_state, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (run->args->events.stage_started) {
        run->args->events.stage_started(run->args->events.ctx, stage.recipe->name, index,
                                        run->recipe->n_stage, stage.recipe->steps,
                                        run->state->stage_step);
    }
    status = run_steps(run, &stage, err);
    if (status == EMEND_OK) {
        status = finish_stage(run, &stage, err);
    }
    stage_close(&stage);
    return status;
}

// Each stage starts from the folder that an earlier one wrote, with a new optimizer.
static EmendStatus reopen_policy(Run *run, size_t index, EmendError *err) {
    char *dir = run_stage_dir(run, stage_start(&run->engine, index));
    if (!dir) {
        return run_no_memory(err);
    }
    EmendStatus status = folder_verify(dir, "config.json", err);
    if (status == EMEND_OK) {
        status = run_open_folder(run, dir, 0, err);
    }
    free(dir);
    return status;
}

EmendStatus run_stages(Run *run, EmendError *err) {
    EmendStatus status = EMEND_OK;
    if (run->state->stage == 0 && run->state->stage_step == 0 && run->state->n_evaluation == 0) {
        status = run_write_policy(run, "initial", err);
        if (status == EMEND_OK && run->recipe->policy->model) {
            status = evaluate_and_keep(run, "initial", err);
        }
        if (status == EMEND_OK) {
            keep_records(run);
        }
    }
    for (size_t i = run->state->stage; status == EMEND_OK && i < run->n_stages; i++) {
        if (i > 0 && run->state->stage_step == 0) {
            status = reopen_policy(run, i, err);
        }
        if (status == EMEND_OK) {
            status = run_stage(run, i, err);
        }
    }
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "train/best.h"
#include "train/checkpoint.h"
#include "train/evaluate.h"
#include "train/folder.h"
#include "train/settings.h"
#include "train/stage.h"
#include "train/track.h"
#include "train/train.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

// A run on its way.
typedef struct Run {
    const RunArgs *args;
    const Emend__Recipe *recipe;
    int lock; /* descriptor of the run folder's lock, or -1 */
    Engine engine;
    EmendModel *policy;
    Emend__RunState *state;
    MetricSet metrics;
    double started_at, elapsed_before;
    size_t n_stages;    /* to run */
    uint64_t n_steps;   /* of all stages */
    uint64_t n_records; /* that the trackers got, in this process and before */
    bool is_resumed;
    bool has_begun; /* the run's folder is there, and all that a checkpoint takes */
    bool is_ahead;  /* policy or state are ahead of what a checkpoint must hold */
} Run;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static EmendStatus no_memory(EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "no memory to keep the run's state");
}

static void note(const Run *run, const char *message) {
    if (run->args->events.noted) {
        run->args->events.noted(run->args->events.ctx, message);
    }
}

static bool is_cancelled(const Run *run) {
    return run->args->cancel && *run->args->cancel;
}

/* ---- state ---------------------------------------------------------------------------------- */

static EmendStatus recipe_hash(const Run *run, uint8_t digest[32], EmendError *err) {
    return sha256(run->args->recipe->wire.ptr, (size_t)run->args->recipe->wire.len, digest, err);
}

static EmendStatus state_new(Run *run, EmendError *err) {
    Emend__RunState *state = malloc(sizeof *state);
    uint8_t *digest = malloc(32);
    if (!state || !digest) {
        free(state);
        free(digest);
        return no_memory(err);
    }
    emend__run_state__init(state);
    state->has_format = state->has_recipe_sha256 = state->has_stage = 1;
    state->format = 1;
    state->recipe_sha256 = (ProtobufCBinaryData){32, digest};
    run->state = state;
    return recipe_hash(run, digest, err);
}

static EmendStatus check_same_recipe(const Run *run, const char *path, EmendError *err) {
    uint8_t digest[32];
    EmendStatus status = recipe_hash(run, digest, err);
    if (status != EMEND_OK) {
        return status;
    }
    const ProtobufCBinaryData *theirs = &run->state->recipe_sha256;
    if (theirs->len == sizeof digest && memcmp(theirs->data, digest, sizeof digest) == 0) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_PRECONDITION,
                      "%s: it was written by another recipe than %s; compare with "
                      "%s/recipe.textproto, give the same --set as before, or start a new run with "
                      "--out",
                      path, run->args->recipe->path, run->args->run_dir);
}

static EmendStatus append_evaluation(Run *run, Emend__EvaluationResult *result, EmendError *err) {
    Emend__RunState *state = run->state;
    Emend__EvaluationResult **all =
        realloc(state->evaluation, (state->n_evaluation + 1) * sizeof(Emend__EvaluationResult *));
    if (!all) {
        emend__evaluation_result__free_unpacked(result, NULL);
        return no_memory(err);
    }
    state->evaluation = all;
    state->evaluation[state->n_evaluation++] = result;
    return EMEND_OK;
}

/* ---- models --------------------------------------------------------------------------------- */

static EmendStatus open_folder(Run *run, const char *dir, uint32_t flags, EmendError *err) {
    const EmendBackend *backend = run->engine.backend;
    void *self = run->engine.backend_component.self;
    EmendModelSource source = {.struct_size = sizeof source, .flags = flags, .dir = emend_str(dir)};
    EmendModel *opened = NULL;
    EmendStatus status = backend->model_open(self, &source, &opened, err);
    status = engine_said(&run->engine.backend_component, "model_open", status, err);
    if (status == EMEND_OK) {
        backend->model_close(self, run->policy);
        run->policy = opened;
    }
    return status;
}

static EmendStatus open_fresh(Run *run, const Emend__FreshModel *fresh, EmendError *err) {
    const EmendTokenizer *tokenizer = run->engine.tokenizer;
    EmendModelConfig config = {
        .struct_size = sizeof config,
        .flags = fresh->tie_word_embeddings ? EMEND_MODEL_TIED_EMBEDDINGS : 0,
        .vocab_size = tokenizer->vocab_size(run->engine.tokenizer_component.self),
        .hidden_size = fresh->hidden_size,
        .intermediate_size = fresh->intermediate_size,
        .num_hidden_layers = fresh->num_hidden_layers,
        .num_attention_heads = fresh->num_attention_heads,
        .num_key_value_heads = fresh->num_key_value_heads,
        .head_dim = fresh->head_dim,
        .max_position_embeddings = fresh->max_position_embeddings,
        .rope_theta = fresh->rope_theta,
        .rms_norm_eps = fresh->rms_norm_eps,
        .initializer_range = fresh->initializer_range};
    EmendModelSource source = {
        .struct_size = sizeof source, .config = &config, .seed = run->recipe->seed};
    EmendStatus status = run->engine.backend->model_open(run->engine.backend_component.self,
                                                         &source, &run->policy, err);
    return engine_said(&run->engine.backend_component, "model_open", status, err);
}

static EmendStatus check_vocabulary(const Run *run, EmendError *err) {
    EmendModelInfo info = {.struct_size = sizeof info};
    EmendStatus status = run->engine.backend->model_info(run->engine.backend_component.self,
                                                         run->policy, &info, err);
    uint32_t n = run->engine.tokenizer->vocab_size(run->engine.tokenizer_component.self);
    if (status == EMEND_OK && n > info.config.vocab_size) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "tokenizer \"%s\" has %u ids and the model's vocabulary %u; the model must "
            "have as many; use the tokenizer it was trained with",
            run->engine.tokenizer_component.name, n, info.config.vocab_size);
    }
    if (status == EMEND_OK && run->args->events.started) {
        char text[160] = "";
        run->engine.backend->describe(run->engine.backend_component.self, text, sizeof text);
        run->args->events.started(run->args->events.ctx, text, info.n_parameters, info.n_bytes);
    }
    return status;
}

static char *stage_dir(const Run *run, const char *name) {
    char *path = NULL;
    return asprintf(&path, "%s/stages/%s", run->args->run_dir, name) < 0 ? NULL : path;
}

static EmendStatus write_stage_policy(Run *run, const char *name, EmendError *err) {
    char *path = stage_dir(run, name);
    if (!path) {
        return no_memory(err);
    }
    EmendStatus status = policy_write(&run->engine, run->policy, path, err);
    free(path);
    return status;
}

/* ---- beginning ------------------------------------------------------------------------------ */

// Where the policy and the tokenizer come from; NULL for a fresh model. malloc'd.
static EmendStatus find_start(Run *run, char **model_dir, EmendError *err) {
    const RunArgs *args = run->args;
    char *checkpoint = NULL;
    char skipped[512] = "";
    EmendStatus status =
        checkpoint_find(args->run_dir, &checkpoint, &run->state, skipped, sizeof skipped, err);
    if (!args->is_resumed && (status == EMEND_OK || skipped[0])) {
        free(checkpoint);
        return emend_fail(err, EMEND_ALREADY_EXISTS,
                          "%s: it holds a run already; go on with --resume, or name another folder "
                          "with --out",
                          args->run_dir);
    }
    if (status == EMEND_OK) {
        run->is_resumed = true;
        status = check_same_recipe(run, checkpoint, err);
        if (status == EMEND_OK && asprintf(model_dir, "%s/policy", checkpoint) < 0) {
            *model_dir = NULL;
            status = no_memory(err);
        }
        if (status == EMEND_OK && skipped[0]) {
            note(run, skipped);
        }
        free(checkpoint);
        return status;
    }
    if (status != EMEND_NOT_FOUND || skipped[0]) {
        return status; // there were checkpoints, and none is whole, or it cannot be known
    }
    if (err && err->message) {
        *err->message = '\0';
    }
    if (run->recipe->policy->model) {
        Engine at = {.recipe = args->recipe};
        *model_dir = engine_path(&at, run->recipe->policy->model);
        if (!*model_dir) {
            return no_memory(err);
        }
    }
    return state_new(run, err);
}

static EmendStatus open_policy(Run *run, const char *model_dir, EmendError *err) {
    if (!model_dir) {
        return open_fresh(run, run->recipe->policy->fresh, err);
    }
    // At a stage's start its optimizer is new; within one it goes on.
    bool has_moments = run->is_resumed && run->state->stage_step > 0;
    return open_folder(run, model_dir, has_moments ? EMEND_MODEL_OPTIMIZER : 0, err);
}

static EmendStatus write_recipe(const Run *run, EmendError *err) {
    char *text = NULL, *path = NULL;
    EmendStatus status = recipe_print(run->args->recipe, run->args->resolver, 0, &text, err);
    if (status == EMEND_OK && asprintf(&path, "%s/recipe.textproto", run->args->run_dir) < 0) {
        path = NULL;
        status = no_memory(err);
    }
    if (status == EMEND_OK) {
        status = file_write(path, text, strlen(text), err);
    }
    free(text);
    free(path);
    return status;
}

// What a later stage would fail of, hours from now.
static EmendStatus check_ahead(const Run *run, EmendError *err) {
    EmendStatus status = evaluate_check(&run->engine, recipe_evaluation(run->recipe), err);
    for (size_t i = 0; status == EMEND_OK && i < run->recipe->n_stage; i++) {
        status = stage_check(&run->engine, i, err);
    }
    return status;
}

// One process at a time writes into a run's folder; the lock goes with the process.
static EmendStatus lock_folder(Run *run, EmendError *err) {
    run->lock = open(run->args->run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run->lock < 0 || flock(run->lock, LOCK_EX | LOCK_NB) != 0) {
        return emend_fail(err, EMEND_UNAVAILABLE,
                          "%s: another process is running in it (%s); wait for it, or name another "
                          "folder with --out",
                          run->args->run_dir, strerror(errno));
    }
    return EMEND_OK;
}

static EmendStatus run_begin(Run *run, EmendError *err) {
    char *model_dir = NULL;
    EmendStatus status = find_start(run, &model_dir, err);
    if (status == EMEND_OK) {
        status = engine_init(&run->engine, run->args->recipe, run->args->resolver,
                             run->args->plugins, model_dir, err);
    }
    if (status == EMEND_OK) {
        status = check_ahead(run, err);
    }
    if (status == EMEND_OK) {
        status = open_policy(run, model_dir, err);
    }
    if (status == EMEND_OK) {
        status = check_vocabulary(run, err);
    }
    if (status == EMEND_OK) {
        status = folder_make(run->args->run_dir, err);
    }
    if (status == EMEND_OK) {
        status = lock_folder(run, err);
    }
    if (status == EMEND_OK) {
        status =
            track_begin(&run->engine, run->args->run_dir, run->args->is_resumed, run->state, err);
    }
    // Behind the trackers, which refuse the folder of another run: its recipe stays.
    if (status == EMEND_OK && !run->is_resumed) {
        status = write_recipe(run, err);
    }
    if (status == EMEND_OK) {
        run->has_begun = true;
        run->n_records = run->state->n_records;
        run->engine.n_records = &run->n_records;
        run->elapsed_before = run->state->elapsed_seconds;
    }
    free(model_dir);
    return status;
}

/* ---- stages --------------------------------------------------------------------------------- */

static double elapsed(const Run *run) {
    return run->elapsed_before + seconds_now() - run->started_at;
}

// What was recorded up to here stays when the run goes on from the state.
static void keep_records(Run *run) {
    run->state->has_n_records = 1;
    run->state->n_records = run->n_records;
}

static EmendStatus checkpoint_now(Run *run, EmendError *err) {
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

// What a run that ends before its time can still do for the user: the last whole step becomes a
// checkpoint, where the policy is that of the step and its backend can be trusted.
static EmendStatus save_last_step(Run *run, EmendError *err) {
    if (!run->has_begun || run->is_ahead || component_is_broken(&run->engine.backend_component)) {
        return EMEND_OK;
    }
    return checkpoint_now(run, err);
}

// The end of a run that the user stopped.
static EmendStatus stop(Run *run, EmendError *err) {
    EmendStatus status = save_last_step(run, err);
    if (status != EMEND_OK) {
        return status;
    }
    return emend_fail(err, EMEND_CANCELLED,
                      "stopped at step %llu%s; go on with: emend run %s --out %s --resume "
                      "(with the same --set, where there were any)",
                      (unsigned long long)(run->state ? run->state->step : 0),
                      run->is_ahead ? ", between two updates of the next: the last checkpoint stays"
                                    : "",
                      run->args->recipe->path, run->args->run_dir);
}

// The end of a run that failed: no whole step is lost, and what failed is what the user is told.
static void fail(Run *run) {
    char text[512];
    EmendError ignored = emend_error_on(text, sizeof text);
    save_last_step(run, &ignored);
}

static EmendStatus evaluate_policy(Run *run, const char *label, Emend__EvaluationResult **out,
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
    EmendStatus status = evaluate_policy(run, label, &result, err);
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
        status = checkpoint_now(run, err);
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
        status = open_folder(run, folder, 0, err);
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
    EmendStatus status = evaluate_policy(run, stage->recipe->name, &result, err);
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
        status = write_stage_policy(run, stage->recipe->name, err);
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
    status = checkpoint_now(run, err);
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
    char *dir = stage_dir(run, stage_start(&run->engine, index));
    if (!dir) {
        return no_memory(err);
    }
    EmendStatus status = folder_verify(dir, "config.json", err);
    if (status == EMEND_OK) {
        status = open_folder(run, dir, 0, err);
    }
    free(dir);
    return status;
}

static EmendStatus run_stages(Run *run, EmendError *err) {
    EmendStatus status = EMEND_OK;
    if (run->state->stage == 0 && run->state->stage_step == 0 && run->state->n_evaluation == 0) {
        status = write_stage_policy(run, "initial", err);
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

static void run_end(Run *run) {
    if (run->lock >= 0) {
        close(run->lock);
    }
    if (run->policy) {
        run->engine.backend->model_close(run->engine.backend_component.self, run->policy);
    }
    engine_finish(&run->engine);
    metrics_finish(&run->metrics);
}

// The user is told something even where a plugin failed without a word.
static EmendStatus explained(EmendStatus status, EmendError *err) {
    if (status != EMEND_OK && err && err->message && err->message[0] == '\0') {
        return emend_fail(
            err, status,
            "a plugin failed with %s and gave no message, which is a bug of the plugin; "
            "report it to its authors",
            emend_status_name(status));
    }
    return status;
}

static EmendStatus count_stages(Run *run, EmendError *err) {
    const char *until = run->args->until;
    bool is_found = !until;
    while (run->n_stages < run->recipe->n_stage) {
        const Emend__Stage *stage = run->recipe->stage[run->n_stages++];
        run->n_steps += stage->steps;
        if (until && strcmp(stage->name, until) == 0) {
            is_found = true;
            break;
        }
    }
    return is_found
               ? EMEND_OK
               : emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: it has no stage \"%s\" to end with",
                            run->args->recipe->path, until);
}

EmendStatus run_train(const RunArgs *args, Emend__RunState **out, EmendError *err) {
    Run run = {
        .lock = -1, .args = args, .recipe = args->recipe->message, .started_at = seconds_now()};
    EmendStatus status = count_stages(&run, err);
    if (status == EMEND_OK) {
        status = run_begin(&run, err);
    }
    if (status == EMEND_OK) {
        status = run_stages(&run, err);
    }
    if (status == EMEND_OK) {
        status = track_flush(&run.engine, err);
    }
    if (status == EMEND_CANCELLED) {
        status = stop(&run, err);
    } else if (status != EMEND_OK) {
        fail(&run);
    }
    run_end(&run);
    *out = run.state;
    return explained(status, err);
}

EmendStatus run_evaluate(const RunArgs *args, const char *model_dir, Emend__EvaluationResult **out,
                         EmendError *err) {
    Run run = {
        .lock = -1, .args = args, .recipe = args->recipe->message, .started_at = seconds_now()};
    char *from_recipe = NULL;
    if (!model_dir && run.recipe->policy->model) {
        Engine at = {.recipe = args->recipe};
        model_dir = from_recipe = engine_path(&at, run.recipe->policy->model);
        if (!from_recipe) {
            return no_memory(err);
        }
    }
    EmendStatus status = state_new(&run, err);
    if (status == EMEND_OK) {
        status =
            engine_init(&run.engine, args->recipe, args->resolver, args->plugins, model_dir, err);
    }
    if (status == EMEND_OK) {
        // Trackers write into a run's folder, and an evaluation has none.
        while (run.engine.n_trackers > 0) {
            component_destroy(&run.engine.trackers[--run.engine.n_trackers]);
        }
        status = model_dir ? open_folder(&run, model_dir, EMEND_MODEL_FROZEN, err)
                           : open_fresh(&run, run.recipe->policy->fresh, err);
    }
    if (status == EMEND_OK) {
        status = check_vocabulary(&run, err);
    }
    if (status == EMEND_OK) {
        status = evaluate_policy(&run, "eval", out, err);
    }
    run_end(&run);
    emend__run_state__free_unpacked(run.state, NULL);
    free(from_recipe);
    return explained(status, err);
}

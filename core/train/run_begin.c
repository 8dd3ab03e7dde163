/* SPDX-License-Identifier: Apache-2.0 */
#include "train/checkpoint.h"
#include "train/evaluate.h"
#include "train/folder.h"
#include "train/run_parts.h"
#include "train/settings.h"
#include "train/track.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

static void note(const Run *run, const char *message) {
    if (run->args->events.noted) {
        run->args->events.noted(run->args->events.ctx, message);
    }
}

static EmendStatus recipe_hash(const Run *run, uint8_t digest[32], EmendError *err) {
    return sha256(run->args->recipe->wire.ptr, (size_t)run->args->recipe->wire.len, digest, err);
}

EmendStatus run_state_new(Run *run, EmendError *err) {
    Emend__RunState *state = malloc(sizeof *state);
    uint8_t *digest = malloc(32);
    if (!state || !digest) {
        free(state);
        free(digest);
        return run_no_memory(err);
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
            status = run_no_memory(err);
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
            return run_no_memory(err);
        }
    }
    return run_state_new(run, err);
}

static EmendStatus open_policy(Run *run, const char *model_dir, EmendError *err) {
    if (!model_dir) {
        return run_open_fresh(run, run->recipe->policy->fresh, err);
    }
    // At a stage's start its optimizer is new; within one it goes on.
    bool has_moments = run->is_resumed && run->state->stage_step > 0;
    return run_open_folder(run, model_dir, has_moments ? EMEND_MODEL_OPTIMIZER : 0, err);
}

static EmendStatus write_recipe(const Run *run, EmendError *err) {
    char *text = NULL, *path = NULL;
    EmendStatus status = recipe_print(run->args->recipe, run->args->resolver, 0, &text, err);
    if (status == EMEND_OK && asprintf(&path, "%s/recipe.textproto", run->args->run_dir) < 0) {
        path = NULL;
        status = run_no_memory(err);
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

EmendStatus run_begin(Run *run, EmendError *err) {
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
        status = run_check_vocabulary(run, err);
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "train/fork.h"
#include "train/checkpoint.h"
#include "train/folder.h"
#include <stdlib.h>
#include <string.h>

static EmendStatus no_memory(EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "no memory to go on from another run");
}

/* ---- what must be the same ------------------------------------------------------------------ */

static EmendStatus differs(const char *from, const char *what, EmendError *err) {
    return emend_fail(err, EMEND_PRECONDITION,
                      "%s: its recipe has another %s; a run can only go on from one that came to "
                      "the checkpoint in the same way",
                      from, what);
}

static EmendStatus check_stages(const Emend__Recipe *theirs, const Emend__Recipe *ours,
                                const Emend__RunState *state, const char *from, EmendError *err) {
    char what[128];
    for (size_t i = 0; i < state->stage; i++) {
        if (i >= ours->n_stage || i >= theirs->n_stage ||
            !recipe_part_is_same(&theirs->stage[i]->base, &ours->stage[i]->base)) {
            snprintf(what, sizeof what, "stage %zu%s%s%s", i + 1, i < ours->n_stage ? " (" : "",
                     i < ours->n_stage ? ours->stage[i]->name : "", i < ours->n_stage ? ")" : "");
            return differs(from, what, err);
        }
    }
    if (state->stage_step > 0 && state->stage >= ours->n_stage) {
        return differs(from, "number of stages", err);
    }
    return EMEND_OK;
}

static EmendStatus check_recipes(const Emend__Recipe *theirs, const Emend__Recipe *ours,
                                 const Emend__RunState *state, const char *from, EmendError *err) {
    const struct {
        const char *what;
        const ProtobufCMessage *theirs, *ours;
    } parts[] = {{"tokenizer", RECIPE_PART(theirs->tokenizer), RECIPE_PART(ours->tokenizer)},
                 {"template", RECIPE_PART(theirs->template_), RECIPE_PART(ours->template_)},
                 {"policy", RECIPE_PART(theirs->policy), RECIPE_PART(ours->policy)}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!recipe_part_is_same(parts[i].theirs, parts[i].ours)) {
            return differs(from, parts[i].what, err);
        }
    }
    return theirs->seed == ours->seed ? check_stages(theirs, ours, state, from, err)
                                      : differs(from, "seed", err);
}

/* ---- the state ------------------------------------------------------------------------------ */

// State of an algorithm is of use to itself alone.
static void drop_foreign_state(const Emend__Recipe *theirs, const Emend__Recipe *ours,
                               Emend__RunState *state) {
    if (state->stage_step == 0 ||
        recipe_part_is_same(RECIPE_PART(theirs->stage[state->stage]->algorithm),
                            RECIPE_PART(ours->stage[state->stage]->algorithm))) {
        return;
    }
    free(state->algorithm_state.data);
    state->algorithm_state = (ProtobufCBinaryData){0};
    state->has_algorithm_state = 0;
}

static EmendStatus take_state(const Recipe *recipe, const AnyResolver *resolver, const char *from,
                              Emend__RunState *state, EmendError *err) {
    Recipe *theirs = NULL;
    char *path = NULL;
    if (asprintf(&path, "%s/recipe.textproto", from) < 0) {
        return no_memory(err);
    }
    EmendStatus status = recipe_load(path, NULL, 0, resolver, &theirs, err);
    if (status == EMEND_OK) {
        status = check_recipes(theirs->message, recipe->message, state, from, err);
    }
    if (status == EMEND_OK) {
        drop_foreign_state(theirs->message, recipe->message, state);
        status = sha256(recipe->wire.ptr, recipe->wire.len, state->recipe_sha256.data, err);
    }
    recipe_destroy(theirs);
    free(path);
    return status;
}

/* ---- the folder ----------------------------------------------------------------------------- */

static EmendStatus find_checkpoint(const char *from, uint64_t step, char **path,
                                   Emend__RunState **state, EmendError *err) {
    if (step == FORK_NEWEST) {
        return checkpoint_find(from, path, state, NULL, 0, err);
    }
    if (asprintf(path, "%s/checkpoints/step-%08llu", from, (unsigned long long)step) < 0) {
        *path = NULL;
        return no_memory(err);
    }
    return checkpoint_read(*path, state, err);
}

// Everything but checkpoints and what is of the old recipe alone.
static EmendStatus copy_records(const char *from, const char *to, EmendError *err) {
    static const char *const left_out[] = {"checkpoints", "recipe.textproto", "report.html", NULL};
    return folder_copy_all(from, to, left_out, err);
}

static EmendStatus copy_checkpoint(const char *path, const Emend__RunState *state, const char *to,
                                   EmendError *err) {
    char *policy = NULL, *target = NULL;
    EmendStatus status = EMEND_OK;
    if (asprintf(&policy, "%s/policy", path) < 0 ||
        asprintf(&target, "%s/checkpoints/step-%08llu", to, (unsigned long long)state->step) < 0) {
        status = no_memory(err);
    }
    if (status == EMEND_OK) {
        status = checkpoint_write_copy(policy, state, target, err);
    }
    free(policy);
    free(target);
    return status;
}

static EmendStatus write_recipe(const Recipe *recipe, const AnyResolver *resolver, const char *to,
                                EmendError *err) {
    char *text = NULL, *path = NULL;
    EmendStatus status = recipe_print(recipe, resolver, 0, &text, err);
    if (status == EMEND_OK && asprintf(&path, "%s/recipe.textproto", to) < 0) {
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

EmendStatus run_fork(const Recipe *recipe, const AnyResolver *resolver, const char *from,
                     uint64_t step, const char *run_dir, EmendError *err) {
    Emend__RunState *state = NULL;
    char *checkpoint = NULL;
    if (folder_exists(run_dir)) {
        return emend_fail(err, EMEND_ALREADY_EXISTS,
                          "%s: it is there already; name another folder with --out, or go on with "
                          "--resume",
                          run_dir);
    }
    EmendStatus status = find_checkpoint(from, step, &checkpoint, &state, err);
    if (status == EMEND_OK) {
        status = take_state(recipe, resolver, from, state, err);
    }
    char *aside = NULL;
    if (status == EMEND_OK && asprintf(&aside, "%s.fork", run_dir) < 0) {
        aside = NULL;
        status = no_memory(err);
    }
    if (status == EMEND_OK && folder_exists(aside)) {
        status = folder_remove(aside, err); // of one that was killed
    }
    if (status == EMEND_OK) {
        status = copy_records(from, aside, err);
    }
    if (status == EMEND_OK) {
        status = copy_checkpoint(checkpoint, state, aside, err);
    }
    if (status == EMEND_OK) {
        status = write_recipe(recipe, resolver, aside, err);
    }
    if (status == EMEND_OK) {
        status = folder_rename(aside, run_dir, err);
    }
    if (state) {
        emend__run_state__free_unpacked(state, NULL);
    }
    free(checkpoint);
    free(aside);
    return status;
}

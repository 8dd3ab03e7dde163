/* SPDX-License-Identifier: Apache-2.0 */
#include "train/clock.h"
#include "train/run_parts.h"
#include "train/settings.h"
#include "train/track.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

EmendStatus run_no_memory(EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "no memory to keep the run's state");
}

// What a run that ends before its time can still do for the user: the last whole step becomes a
// checkpoint, where the policy is that of the step and its backend can be trusted.
static EmendStatus save_last_step(Run *run, EmendError *err) {
    if (!run->has_begun || run->is_ahead || component_is_broken(&run->engine.backend_component)) {
        return EMEND_OK;
    }
    return run_checkpoint(run, err);
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
            return run_no_memory(err);
        }
    }
    EmendStatus status = run_state_new(&run, err);
    if (status == EMEND_OK) {
        status =
            engine_init(&run.engine, args->recipe, args->resolver, args->plugins, model_dir, err);
    }
    if (status == EMEND_OK) {
        // Trackers write into a run's folder, and an evaluation has none.
        while (run.engine.n_trackers > 0) {
            component_destroy(&run.engine.trackers[--run.engine.n_trackers]);
        }
        status = model_dir ? run_open_folder(&run, model_dir, EMEND_MODEL_FROZEN, err)
                           : run_open_fresh(&run, run.recipe->policy->fresh, err);
    }
    if (status == EMEND_OK) {
        status = run_check_vocabulary(&run, err);
    }
    if (status == EMEND_OK) {
        status = run_evaluate_policy(&run, "eval", out, err);
    }
    run_end(&run);
    emend__run_state__free_unpacked(run.state, NULL);
    free(from_recipe);
    return explained(status, err);
}

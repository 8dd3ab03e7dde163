/* SPDX-License-Identifier: Apache-2.0 */
#include "train/best.h"
#include "train/checkpoint.h"
#include "train/folder.h"
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static EmendStatus no_memory(EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "no memory for the best policy's name");
}

EmendStatus best_folder(const BestArgs *args, char **out, EmendError *err) {
    *out = NULL;
    if (!args->state->has_best_step) {
        return EMEND_OK;
    }
    return asprintf(out, "%s/stages/.%s.best-%08llu", args->run_dir, args->stage,
                    (unsigned long long)args->state->best_step) < 0
               ? no_memory(err)
               : EMEND_OK;
}

EmendStatus best_sweep(const BestArgs *args, EmendError *err) {
    char *folder = NULL, *prefix = NULL, *kept = NULL;
    EmendStatus status = best_folder(args, &kept, err);
    if (status == EMEND_OK && (asprintf(&folder, "%s/stages", args->run_dir) < 0 ||
                               asprintf(&prefix, ".%s.best-", args->stage) < 0)) {
        status = no_memory(err);
    }
    DIR *entries = status == EMEND_OK ? opendir(folder) : NULL;
    for (const struct dirent *entry; entries && status == EMEND_OK && (entry = readdir(entries));) {
        char *path = NULL;
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0) {
            continue;
        }
        if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0) {
            status = no_memory(err);
        } else if (!kept || strcmp(path, kept) != 0) {
            status = folder_remove(path, err);
        }
        free(path);
    }
    if (entries) {
        closedir(entries);
    }
    free(folder);
    free(prefix);
    free(kept);
    return status;
}

// A checkpoint from before may still name the folder of the old best: it stays until the next
// sweep.
static EmendStatus keep(const BestArgs *args, double reward, EmendError *err) {
    Emend__RunState *state = args->state;
    char *path = NULL;
    EmendStatus status = best_sweep(args, err);
    if (status != EMEND_OK) {
        return status;
    }
    state->has_best_step = state->has_best_reward = 1;
    state->best_step = state->step;
    state->best_reward = reward;
    status = best_folder(args, &path, err);
    if (status == EMEND_OK) {
        status = policy_write(args->engine, args->policy, path, err);
    }
    free(path);
    return status;
}

EmendStatus best_step(const BestArgs *args, const MetricSet *metrics, bool is_window_over,
                      EmendError *err) {
    Emend__RunState *state = args->state;
    double reward = metrics_get(metrics, "reward/mean");
    state->has_window_reward = state->has_window_steps = 1;
    if (isfinite(reward)) {
        state->window_reward += reward;
        state->window_steps++;
    }
    if (!is_window_over || state->window_steps == 0) {
        return EMEND_OK;
    }
    double mean = state->window_reward / (double)state->window_steps;
    state->window_reward = 0;
    state->window_steps = 0;
    return !state->has_best_step || mean > state->best_reward ? keep(args, mean, err) : EMEND_OK;
}

void best_forget(Emend__RunState *state) {
    state->has_best_step = state->has_best_reward = 0;
    state->has_window_reward = state->has_window_steps = 0;
    state->best_step = state->window_steps = 0;
    state->best_reward = state->window_reward = 0;
}

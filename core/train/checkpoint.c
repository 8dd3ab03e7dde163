/* SPDX-License-Identifier: Apache-2.0 */
#include "train/checkpoint.h"
#include "manifest/file.h"
#include "train/folder.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_STATE_BYTES (64u << 20)

static EmendStatus no_memory(EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "no memory for a checkpoint's names and state");
}

static EmendStatus save_policy(const Engine *engine, const EmendModel *policy, const char *dir,
                               uint32_t flags, EmendError *err) {
    EmendStatus status = engine->backend->model_save(engine->backend_component.self, policy,
                                                     emend_str(dir), flags, err);
    status = engine_said(&engine->backend_component, "model_save", status, err);
    if (status == EMEND_OK && engine->tokenizer->save) {
        status = engine->tokenizer->save(engine->tokenizer_component.self, emend_str(dir), err);
    }
    return status;
}

EmendStatus policy_write(const Engine *engine, const EmendModel *policy, const char *path,
                         EmendError *err) {
    char *aside = NULL;
    EmendStatus status = folder_begin(path, &aside, err);
    if (status != EMEND_OK) {
        return status;
    }
    status = save_policy(engine, policy, aside, 0, err);
    if (status != EMEND_OK) {
        folder_abandon(aside);
        return status;
    }
    return folder_commit(aside, path, err);
}

static EmendStatus write_state(const char *folder, const Emend__RunState *state, EmendError *err) {
    size_t len = emend__run_state__get_packed_size(state);
    uint8_t *bytes = malloc(len + 1);
    char *path = NULL;
    EmendStatus status = EMEND_OK;
    if (!bytes || asprintf(&path, "%s/state.pb", folder) < 0) {
        path = NULL;
        status = no_memory(err);
    } else {
        emend__run_state__pack(state, bytes);
        status = file_write(path, bytes, len, err);
    }
    free(bytes);
    free(path);
    return status;
}

static EmendStatus write_parts(const Engine *engine, const char *aside, const EmendModel *policy,
                               const Emend__RunState *state, EmendError *err) {
    char *dir = NULL;
    if (asprintf(&dir, "%s/policy", aside) < 0) {
        return no_memory(err);
    }
    EmendStatus status = folder_make(dir, err);
    if (status == EMEND_OK) {
        status = save_policy(engine, policy, dir, EMEND_MODEL_OPTIMIZER, err);
    }
    if (status == EMEND_OK) {
        status = write_state(aside, state, err);
    }
    free(dir);
    return status;
}

EmendStatus checkpoint_write(const Engine *engine, const char *run_dir, const EmendModel *policy,
                             const Emend__RunState *state, EmendError *err) {
    char *path = NULL, *aside = NULL;
    if (asprintf(&path, "%s/checkpoints/step-%08llu", run_dir, (unsigned long long)state->step) <
        0) {
        return no_memory(err);
    }
    EmendStatus status = folder_begin(path, &aside, err);
    if (status == EMEND_OK) {
        status = write_parts(engine, aside, policy, state, err);
        if (status == EMEND_OK) {
            status = folder_commit(aside, path, err);
        } else {
            folder_abandon(aside);
        }
    }
    free(path);
    return status;
}

EmendStatus checkpoint_write_copy(const char *policy_dir, const Emend__RunState *state,
                                  const char *path, EmendError *err) {
    char *aside = NULL, *policy = NULL;
    EmendStatus status = folder_begin(path, &aside, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (asprintf(&policy, "%s/policy", aside) < 0) {
        policy = NULL;
        status = no_memory(err);
    }
    if (status == EMEND_OK) {
        status = folder_copy_all(policy_dir, policy, NULL, err);
    }
    if (status == EMEND_OK) {
        status = write_state(aside, state, err);
    }
    free(policy);
    if (status != EMEND_OK) {
        folder_abandon(aside);
        return status;
    }
    return folder_commit(aside, path, err);
}

static bool read_step(const char *name, uint64_t *step) {
    unsigned long long number = 0;
    int end = 0;
    bool is_read = sscanf(name, "step-%llu%n", &number, &end) == 1 && name[end] == '\0';
    *step = number;
    return is_read;
}

static int is_checkpoint(const struct dirent *entry) {
    uint64_t step = 0;
    return read_step(entry->d_name, &step);
}

// Names of the run's checkpoints, oldest first; none where there is no folder of them.
static EmendStatus list(const char *run_dir, struct dirent ***entries, int *n, EmendError *err) {
    char *folder = NULL;
    if (asprintf(&folder, "%s/checkpoints", run_dir) < 0) {
        return no_memory(err);
    }
    EmendStatus status = EMEND_OK;
    *n = scandir(folder, entries, is_checkpoint, versionsort);
    if (*n < 0 && errno != ENOENT) {
        status = emend_fail(err, EMEND_UNAVAILABLE, "%s: it cannot be listed: %s", folder,
                            strerror(errno));
    }
    free(folder);
    return status;
}

static void list_free(struct dirent **entries, int n) {
    for (int i = 0; i < n; i++) {
        free(entries[i]);
    }
    if (n >= 0) {
        free(entries);
    }
}

EmendStatus checkpoint_prune(const char *run_dir, uint64_t step, uint32_t keep, EmendError *err) {
    struct dirent **entries = NULL;
    int n = 0;
    uint32_t n_kept = 0;
    EmendStatus status = list(run_dir, &entries, &n, err);
    for (int i = n - 1; status == EMEND_OK && i >= 0; i--) {
        char *path = NULL;
        uint64_t theirs = 0;
        if (read_step(entries[i]->d_name, &theirs) && theirs <= step && n_kept < keep) {
            n_kept++;
            continue;
        }
        if (asprintf(&path, "%s/checkpoints/%s", run_dir, entries[i]->d_name) < 0) {
            status = no_memory(err);
            break;
        }
        status = folder_remove(path, err);
        free(path);
    }
    list_free(entries, n);
    return status;
}

EmendStatus checkpoint_read(const char *path, Emend__RunState **state, EmendError *err) {
    char *file = NULL, *bytes = NULL;
    size_t len = 0;
    EmendStatus status = folder_verify(path, "state.pb", err);
    if (status == EMEND_OK && asprintf(&file, "%s/state.pb", path) < 0) {
        file = NULL;
        status = no_memory(err);
    }
    if (status == EMEND_OK) {
        status = file_read(file, MAX_STATE_BYTES, &bytes, &len, err);
    }
    if (status == EMEND_OK) {
        Emend__RunState *read = emend__run_state__unpack(NULL, len, (uint8_t *)bytes);
        if (!read) {
            status = emend_fail(err, EMEND_DATA_LOSS, "%s: it is not a run's state", file);
        } else if (read->format != 1) {
            status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                                "%s: its format is %u; this version reads 1", file, read->format);
            emend__run_state__free_unpacked(read, NULL);
        } else {
            *state = read;
        }
    }
    free(bytes);
    free(file);
    return status;
}

EmendStatus checkpoint_find(const char *run_dir, char **path, Emend__RunState **state,
                            char *skipped, size_t skipped_capacity, EmendError *err) {
    struct dirent **entries = NULL;
    int n = 0;
    bool is_found = false;
    char why[512] = "";
    if (skipped && skipped_capacity > 0) {
        skipped[0] = '\0';
    }
    EmendStatus status = list(run_dir, &entries, &n, err);
    for (int i = n - 1; i >= 0 && status == EMEND_OK && !is_found; i--) {
        char *candidate = NULL;
        EmendError local = emend_error_on(why, sizeof why);
        if (asprintf(&candidate, "%s/checkpoints/%s", run_dir, entries[i]->d_name) < 0) {
            status = no_memory(err);
            break;
        }
        is_found = checkpoint_read(candidate, state, &local) == EMEND_OK;
        if (is_found) {
            *path = candidate;
        } else {
            free(candidate);
            if (skipped) {
                snprintf(skipped, skipped_capacity, "%s", why);
            }
        }
    }
    list_free(entries, n);
    if (status == EMEND_OK && !is_found) {
        return emend_fail(
            err, EMEND_NOT_FOUND,
            "%s: there is no checkpoint to resume from%s%s; run without --resume, into "
            "an empty folder",
            run_dir, why[0] ? ": " : "", why);
    }
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "runs.h"
#include "emend/run.pb-c.h"
#include <check.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- running -------------------------------------------------------------------------------- */

Child run_recipe(const char *recipe, const char *dir, const char *moment,
                 const char *const *words) {
    const char *all[32] = {"run", recipe, "--out", dir};
    char told[128] = "", preload[PATH_MAX] = "", asan[256] = "";
    const char *env[] = {told, preload, asan, NULL}, *options = getenv("ASAN_OPTIONS");
    size_t n = 4;
    for (size_t i = 0; words && words[i] && n < 31; i++) {
        all[n++] = words[i];
    }
    if (moment) {
        snprintf(told, sizeof told, "EMEND_TEST_MOMENT=%s", moment);
        snprintf(preload, sizeof preload, "LD_PRELOAD=%s", EMEND_MOMENT_LIBRARY);
        // A sanitized build wants to be first; here it may be second.
        snprintf(asan, sizeof asan, "ASAN_OPTIONS=%s:verify_asan_link_order=0",
                 options ? options : "");
    }
    return child_run(&(ChildArgs){.words = all, .env = moment ? env : NULL});
}

Child run_tiny(const char *dir, const char *moment, bool is_resumed) {
    const char *const resume[] = {"--resume", NULL};
    return run_recipe(fixture("tiny.textproto"), dir, moment, is_resumed ? resume : NULL);
}

long count_moments(const char *calls) {
    char moment[64], path[PATH_MAX];
    size_t len = 0;
    snprintf(path, sizeof path, "%s", scratch("count"));
    snprintf(moment, sizeof moment, "%s:0:KILL", calls);
    setenv("EMEND_TEST_COUNT", path, 1);
    Child child = run_tiny(scratch("counted"), moment, false);
    unsetenv("EMEND_TEST_COUNT");
    child_expect(&child, 0);
    child_finish(&child);
    folder_drop(scratch("counted"));
    char *text = file_get(path, &len);
    long n = strtol(text, NULL, 10);
    free(text);
    ck_assert_msg(n > 0, "a run makes none of the calls %s", calls);
    return n;
}

/* ---- comparing ------------------------------------------------------------------------------ */

static int is_name(const struct dirent *entry) {
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

bool files_are_equal(const char *a, const char *b) {
    size_t n_a = 0, n_b = 0;
    char *bytes_a = file_get(a, &n_a), *bytes_b = file_get(b, &n_b);
    bool is_equal = n_a == n_b && memcmp(bytes_a, bytes_b, n_a) == 0;
    free(bytes_a);
    free(bytes_b);
    return is_equal;
}

// A checkpoint's state without the time it took, packed.
static uint8_t *state_of(const char *path, size_t *len) {
    char *bytes = file_get(path, len);
    Emend__RunState *state = emend__run_state__unpack(NULL, *len, (uint8_t *)bytes);
    ck_assert_msg(state != NULL, "%s: not a state", path);
    state->elapsed_seconds = 0;
    *len = emend__run_state__get_packed_size(state);
    uint8_t *packed = malloc(*len);
    emend__run_state__pack(state, packed);
    emend__run_state__free_unpacked(state, NULL);
    free(bytes);
    return packed;
}

static void compare_states(const char *a, const char *b, const char *what) {
    size_t n_a = 0, n_b = 0;
    uint8_t *state_a = state_of(a, &n_a), *state_b = state_of(b, &n_b);
    ck_assert_msg(n_a == n_b && memcmp(state_a, state_b, n_a) == 0, "%s: %s and %s differ", what, a,
                  b);
    free(state_a);
    free(state_b);
}

static void drop_times(json_t *record) {
    json_t *metrics = json_object_get(record, "metrics"), *value = NULL;
    const char *name = NULL;
    void *next = NULL;
    json_object_del(record, "time");
    json_object_foreach_safe(metrics, next, name, value) {
        if (strncmp(name, "timing_s/", 9) == 0 || strncmp(name, "perf/", 5) == 0) {
            json_object_del(metrics, name);
        }
    }
}

static json_t *records_of(const char *path) {
    size_t len = 0;
    char *text = file_get(path, &len);
    json_t *all = child_json(&(Child){.out = text}), *record = NULL;
    size_t i = 0;
    json_array_foreach(all, i, record) {
        drop_times(record);
    }
    free(text);
    return all;
}

static void compare_metrics(const char *a, const char *b, const char *what) {
    json_t *all_a = records_of(a), *all_b = records_of(b);
    size_t n = json_array_size(all_a);
    for (size_t i = 0; i < n || i < json_array_size(all_b); i++) {
        json_t *record_a = json_array_get(all_a, i), *record_b = json_array_get(all_b, i);
        if (!json_equal(record_a, record_b)) {
            ck_abort_msg("%s: line %zu: %s has\n%s\n%s has\n%s", what, i + 1, a,
                         record_a ? json_dumps(record_a, 0) : "nothing", b,
                         record_b ? json_dumps(record_b, 0) : "nothing");
        }
    }
    ck_assert_uint_gt(n, 0);
    json_decref(all_a);
    json_decref(all_b);
}

static void compare_folders(const char *a, const char *b, const char *what);

static void compare_entries(const char *a, const char *b, const char *name, const char *what) {
    char path_a[PATH_MAX], path_b[PATH_MAX];
    snprintf(path_a, sizeof path_a, "%s/%s", a, name);
    snprintf(path_b, sizeof path_b, "%s/%s", b, name);
    DIR *folder = opendir(path_a);
    if (strcmp(name, "report.html") == 0) {
        ck_assert_ptr_null(folder); // it tells of times
    } else if (folder) {
        closedir(folder);
        compare_folders(path_a, path_b, what);
    } else if (strcmp(name, "metrics.jsonl") == 0) {
        compare_metrics(path_a, path_b, what);
    } else if (strcmp(name, "state.pb") == 0) {
        compare_states(path_a, path_b, what);
    } else if (strcmp(name, "memory.jsonl") == 0) {
        // Of the last process alone.
    } else if (strcmp(name, "SHA256SUMS") != 0 || !strstr(a, "/checkpoints/")) {
        // The sums of a checkpoint hold the state's, which holds times.
        ck_assert_msg(files_are_equal(path_a, path_b), "%s: %s and %s differ", what, path_a,
                      path_b);
    }
}

static void compare_folders(const char *a, const char *b, const char *what) {
    struct dirent **entries_a = NULL, **entries_b = NULL;
    int n_a = scandir(a, &entries_a, is_name, alphasort);
    int n_b = scandir(b, &entries_b, is_name, alphasort);
    for (int i = 0; i < n_a || i < n_b; i++) {
        const char *name_a = i < n_a ? entries_a[i]->d_name : "nothing more";
        const char *name_b = i < n_b ? entries_b[i]->d_name : "nothing more";
        ck_assert_msg(strcmp(name_a, name_b) == 0, "%s: %s has %s, %s has %s", what, a, name_a, b,
                      name_b);
        compare_entries(a, b, name_a, what);
    }
    for (int i = 0; i < n_a; i++) {
        free(entries_a[i]);
        free(entries_b[i]);
    }
    free(entries_a);
    free(entries_b);
    ck_assert_int_gt(n_a, 0);
}

void runs_are_equal(const char *a, const char *b, const char *what) {
    compare_folders(a, b, what);
}

bool policies_are_equal(const char *a, const char *b) {
    static const char *const stages[] = {"initial", "base", "stage1", "stage2"};
    bool is_equal = true;
    for (size_t i = 0; is_equal && i < sizeof stages / sizeof *stages; i++) {
        char path_a[PATH_MAX], path_b[PATH_MAX];
        snprintf(path_a, sizeof path_a, "%s/stages/%s/model.safetensors", a, stages[i]);
        snprintf(path_b, sizeof path_b, "%s/stages/%s/model.safetensors", b, stages[i]);
        is_equal = files_are_equal(path_a, path_b);
    }
    return is_equal;
}

void metrics_are_equal(const char *a, const char *b, const char *what) {
    char path_a[PATH_MAX], path_b[PATH_MAX];
    snprintf(path_a, sizeof path_a, "%s/metrics.jsonl", a);
    snprintf(path_b, sizeof path_b, "%s/metrics.jsonl", b);
    compare_metrics(path_a, path_b, what);
}

const char *newest_checkpoint(const char *dir) {
    static char newest[64];
    struct dirent **entries = NULL;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/checkpoints", dir);
    int n = scandir(path, &entries, is_name, alphasort);
    newest[0] = '\0';
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.') {
            snprintf(newest, sizeof newest, "%.63s", entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
    return newest[0] ? newest : NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The task "math": MATH's problems, SCoRe's prompts, answers compared by meaning. */
#include "config.pb-c.h"
#include "emend/plugin.h"
#include "emend/task.h"
#include "grade.h"
#include "prompts.h"
#include "split.h"

#include <string.h>

typedef Emend__Tasks__Math__Config Config;

enum { SPLIT_TRAIN = 1, SPLIT_TEST = 2, N_SPLITS = 2 };

static const char *const split_names[] = {[SPLIT_TRAIN] = "train", [SPLIT_TEST] = "test"};

struct EmendPlugin {
    const EmendHost *host;
};

typedef struct Math {
    const EmendHost *host;
    ProtobufCAllocator allocator; // the config's
    Config *config;
    Prompts prompts;
    GradeRules grading;
    // By number; zeroed where nothing was loaded or opened yet.
    Dataset datasets[N_SPLITS + 1];
    Selection splits[N_SPLITS + 1];
} Math;

static void *config_alloc(void *host, size_t size) {
    return ((const EmendHost *)host)->alloc(host, size, 0);
}

static void config_free(void *host, void *block) {
    ((const EmendHost *)host)->free(host, block);
}

static EmendStatus put_str(const EmendSink *sink, uint32_t field, EmendStr text) {
    return sink->put(sink->ctx, field, text.ptr, text.len);
}

static const char *split_path(const Math *task, uint32_t split) {
    return split == SPLIT_TRAIN ? task->config->train : task->config->test;
}

static EmendStatus find_split(const Math *task, EmendStr name, uint32_t *split, EmendError *err) {
    for (uint32_t i = 1; i <= N_SPLITS; i++) {
        if (split_path(task, i) && strlen(split_names[i]) == name.len &&
            memcmp(split_names[i], name.ptr, name.len) == 0) {
            *split = i;
            return EMEND_OK;
        }
    }
    const char *there = task->config->train && task->config->test ? "train, test"
                        : task->config->train                     ? "train"
                        : task->config->test                      ? "test"
                                                                  : "none";
    return emend_fail(err, EMEND_NOT_FOUND,
                      "split: '%.*s' is not there; the config names a file for %s: set `train`, "
                      "`test`",
                      (int)(name.len < 64 ? name.len : 64), name.ptr, there);
}

// The last part of a path, which the ids of a folder's problems begin with: their own path in MATH
// as released. The split's name where that says nothing or would name two problems alike.
static EmendStr folder_name(const Math *task, uint32_t split) {
    EmendStr names[N_SPLITS + 1] = {{NULL, 0}};
    for (uint32_t i = 1; i <= N_SPLITS; i++) {
        EmendStr path = emend_str(split_path(task, i));
        while (path.len > 0 && path.ptr[path.len - 1] == '/') {
            path.len--;
        }
        const char *slash = path.len > 0 ? memrchr(path.ptr, '/', path.len) : NULL;
        uint64_t n_before = slash ? (uint64_t)(slash + 1 - path.ptr) : 0;
        names[i] = path.len > 0 ? (EmendStr){path.ptr + n_before, path.len - n_before} : path;
    }
    EmendStr name = names[split], other = names[N_SPLITS + 1 - split];
    bool is_clear = name.len > 0 && name.ptr[0] != '.' &&
                    (name.len != other.len || memcmp(name.ptr, other.ptr, name.len) != 0);
    return is_clear ? name : emend_str(split_names[split]);
}

static EmendStatus load(Math *task, uint32_t split, EmendError *err) {
    Naming naming = {split_names[split], folder_name(task, split)};
    return task->datasets[split].n_rows > 0 ? EMEND_OK
                                            : dataset_load(task->host, split_path(task, split),
                                                           &naming, &task->datasets[split], err);
}

// Training problems are compared with the test problems whichever is opened first, so that what a
// split holds does not depend on it.
static EmendStatus open_new(Math *task, uint32_t split, EmendError *err) {
    const Config *config = task->config;
    SplitRules rules = {
        .name = split_names[split],
        .number = split,
        .filter = {config->subject, config->n_subject, config->level, config->n_level},
        .is_shuffled = config->has_shuffle_seed,
        .shuffle_seed = config->shuffle_seed,
        .max_problems = config->max_problems,
        .overlap = (OverlapRule)config->overlap};
    bool is_compared = split == SPLIT_TRAIN && config->test;
    EmendStatus status = load(task, split, err);
    if (status == EMEND_OK && is_compared) {
        status = load(task, SPLIT_TEST, err);
    }
    if (status == EMEND_OK) {
        status = split_select(&rules, &task->datasets[split],
                              is_compared ? &task->datasets[SPLIT_TEST] : NULL,
                              &task->splits[split], err);
    }
    return status;
}

static EmendStatus split_open(void *self, EmendStr name, uint32_t *split, uint64_t *count,
                              EmendError *err) {
    Math *task = self;
    uint32_t found = 0;
    EmendStatus status = find_split(task, name, &found, err);
    if (status == EMEND_OK && task->splits[found].n_rows == 0) {
        status = open_new(task, found, err);
    }
    if (status == EMEND_OK) {
        *split = found;
        *count = task->splits[found].n_rows;
    }
    return status;
}

static EmendStatus row_at(const Math *task, uint32_t split, uint64_t index, const Row **row,
                          EmendError *err) {
    if (split < 1 || split > N_SPLITS || index >= task->splits[split].n_rows) {
        return emend_fail(err, EMEND_OUT_OF_RANGE,
                          "problem: there is no %llu in split %u; split_open tells the numbers",
                          (unsigned long long)index, split);
    }
    *row = &task->datasets[split].rows[task->splits[split].rows[index]];
    return EMEND_OK;
}

static EmendStatus put_level(const EmendSink *fields, const Row *row) {
    char level[16];
    snprintf(level, sizeof level, "%u", row->level);
    return row->level > 0 ? put_str(fields, EMEND_PROBLEM_LEVEL, emend_str(level)) : EMEND_OK;
}

static EmendStatus problem(void *self, uint32_t split, uint64_t index, const EmendSink *fields,
                           EmendError *err) {
    const Math *task = self;
    const Row *row = NULL;
    Text text = {.host = task->host};
    EmendStatus status = row_at(task, split, index, &row, err);
    if (status == EMEND_OK) {
        status = put_str(fields, EMEND_PROBLEM_ID, row->id);
    }
    if (status == EMEND_OK) {
        status = prompts_ask(&task->prompts, row->problem, &text, err);
    }
    if (status == EMEND_OK) {
        status = put_str(fields, EMEND_PROBLEM_PROMPT, text_str(&text));
    }
    if (status == EMEND_OK) {
        status = put_str(fields, EMEND_PROBLEM_REFERENCE, row->answer);
    }
    if (status == EMEND_OK && row->subject.len > 0) {
        status = put_str(fields, EMEND_PROBLEM_KIND, row->subject);
    }
    text_finish(&text);
    return status == EMEND_OK ? put_level(fields, row) : status;
}

static EmendStatus turn_prompt(void *self, const EmendHistory *history, const EmendSink *text,
                               EmendError *err) {
    const Math *task = self;
    (void)history; // the instruction depends on nothing, so it cannot tell whether it was right
    (void)err;
    return put_str(text, 0, task->prompts.instruction);
}

static EmendStatus grade(void *self, const EmendGradeArgs *args, EmendScore *score,
                         const EmendSink *fields, EmendError *err) {
    const Math *task = self;
    (void)err;
    return grade_turn(&task->grading, prompts_problem(&task->prompts, args->prompt), args, score,
                      fields);
}

static EmendStatus demonstrate(void *self, uint32_t split, uint64_t index, uint64_t seed,
                               uint32_t n_turns, const EmendSink *fields, EmendError *err) {
    const Math *task = self;
    const Row *row = NULL;
    Text text = {.host = task->host};
    (void)seed; // there is one solution
    EmendStatus status = row_at(task, split, index, &row, err);
    if (status == EMEND_OK) {
        status = prompts_demonstrate(&task->prompts, row, &text, err);
    }
    for (uint32_t turn = 0; turn < n_turns && status == EMEND_OK; turn++) {
        status = put_str(fields, EMEND_DEMONSTRATION_RESPONSE, text_str(&text));
    }
    text_finish(&text);
    return status;
}

static EmendStatus record(void *self, EmendSpan fields, const EmendSink *verdict, EmendError *err) {
    const Math *task = self;
    return grade_record(&task->grading, fields, verdict, err);
}

static const EmendTask task_table = {
    .struct_size = sizeof(EmendTask),
    .split_open = split_open,
    .problem = problem,
    .turn_prompt = turn_prompt,
    .grade = grade,
    .demonstrate = demonstrate,
    .grade_record = record,
};

static void destroy(EmendPlugin *plugin, void *instance) {
    Math *task = instance;
    if (task) {
        for (int i = 0; i <= N_SPLITS; i++) {
            plugin->host->free(plugin->host, task->splits[i].rows);
            dataset_finish(&task->datasets[i]);
        }
        emend__tasks__math__config__free_unpacked(task->config, &task->allocator);
        plugin->host->free(plugin->host, task);
    }
}

static uint32_t marks_of(const Config *config, uint32_t otherwise) {
    if (!config->has_extraction) {
        return otherwise;
    }
    switch (config->extraction) {
    case EMEND__TASKS__MATH__CONFIG__EXTRACTION__ANYWHERE:
        return ANSWER_ANYWHERE;
    case EMEND__TASKS__MATH__CONFIG__EXTRACTION__BOX_ONLY:
        return ANSWER_IN_BOX;
    default:
        return ANSWER_MARKED;
    }
}

static EmendStatus configure(Math *task, EmendError *err) {
    const Config *config = task->config;
    if (config->train && config->test && strcmp(config->train, config->test) == 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "test: is the file that train names, '%s'; the splits must not share "
                          "problems",
                          config->test);
    }
    task->grading = (GradeRules){.marks = marks_of(config, ANSWER_MARKED),
                                 .record_marks = marks_of(config, ANSWER_ANYWHERE),
                                 .rounded_digits = config->rounded_digits,
                                 .refuse_unevaluated = config->refuse_unevaluated};
    return prompts_init(config, &task->prompts, err);
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    (void)name; // the package has one component
    Math *task = plugin->host->alloc(plugin->host, sizeof *task, 0);
    if (!task) {
        return emend_fail(err, EMEND_EXHAUSTED, "math: no memory for the task");
    }
    *task = (Math){.host = plugin->host};
    task->allocator =
        (ProtobufCAllocator){config_alloc, config_free, (void *)(uintptr_t)plugin->host};
    task->config = emend__tasks__math__config__unpack(&task->allocator, bytes.len, bytes.ptr);
    EmendStatus status = EMEND_OK;
    if (!task->config) {
        status =
            emend_fail(err, EMEND_INVALID_ARGUMENT,
                       "config: its %llu bytes are not an emend.tasks.math.Config, or there is "
                       "no memory for them",
                       (unsigned long long)bytes.len);
    } else {
        status = configure(task, err);
    }
    if (status != EMEND_OK) {
        destroy(plugin, task);
        return status;
    }
    *instance = task;
    *table = &task_table;
    return EMEND_OK;
}

static const EmendFactory task_factory = {
    .struct_size = sizeof(EmendFactory),
    .concurrency = EMEND_CONCURRENCY_PARALLEL,
    .create = create,
    .destroy = destroy,
};

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    (void)dir;
    EmendPlugin *plugin = host->alloc(host, sizeof *plugin, 0);
    if (!plugin) {
        return emend_fail(err, EMEND_EXHAUSTED, "math: no memory for the plugin");
    }
    plugin->host = host;
    *out = plugin;
    return EMEND_OK;
}

static void plugin_close(EmendPlugin *plugin) {
    plugin->host->free(plugin->host, plugin);
}

static const EmendFactory *plugin_factory(EmendPlugin *plugin, const char *kind) {
    (void)plugin;
    return strcmp(kind, EMEND_KIND_TASK) == 0 ? &task_factory : NULL;
}

EMEND_DECLARE_PLUGIN("emend.tasks.math", "0.1.0", plugin_open, plugin_close, plugin_factory);

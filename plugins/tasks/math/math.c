/* SPDX-License-Identifier: Apache-2.0 */
/* The task "math": MATH's problems, SCoRe's prompts, answers compared by meaning. */
#include "answers.h"
#include "config.pb-c.h"
#include "dataset.h"
#include "emend/plugin.h"
#include "emend/task.h"

#include <string.h>

typedef Emend__Tasks__Math__Config Config;

enum { SPLIT_TRAIN = 1, SPLIT_TEST = 2, N_SPLITS = 2 };

static const char *const split_names[] = {[SPLIT_TRAIN] = "train", [SPLIT_TEST] = "test"};

// The paper's texts (arXiv 2409.12917, appendix C).
static const char paper_prompt[] =
    "You are a math expert. When you respond, respond only with the Solution of the final Problem, "
    "thinking step by step. At the end of the Solution, when you give your final answer, write it "
    "in "
    "the form \"Final Answer: The final answer is $answer$. I hope it is correct.\"\n\nProblem:\n";
static const char paper_instruction[] =
    "There might be an error in the solution above because of lack of understanding of the "
    "question. Please correct the error, if any, and rewrite the solution. Only output the final "
    "solution! At the end of the Solution, when you give your final answer, write it in the form "
    "\"Final Answer: The final answer is $answer$. I hope it is correct.\"";
static const char boxed_prompt[] =
    "Solve the problem, thinking step by step, and put the final answer in \\boxed{}.\n\n";
static const char boxed_instruction[] =
    "There might be an error in the solution above because of lack of understanding of the "
    "question. Please correct the error, if any, and rewrite the solution. Only output the final "
    "solution, with the final answer in \\boxed{}.";

struct EmendPlugin {
    const EmendHost *host;
};

typedef struct Math {
    const EmendHost *host;
    ProtobufCAllocator allocator; // the config's
    Config *config;
    Dataset splits[N_SPLITS + 1]; // by number; not opened ones are zeroed
} Math;

// Text that grows in host memory. Zero-initialise; `bytes` is the owner's to free.
typedef struct Text {
    const EmendHost *host;
    char *bytes;
    uint64_t len, capacity;
} Text;

static void *config_alloc(void *host, size_t size) {
    return ((const EmendHost *)host)->alloc(host, size, 0);
}

static void config_free(void *host, void *block) {
    ((const EmendHost *)host)->free(host, block);
}

static EmendStatus text_add(Text *text, EmendStr part, EmendError *err) {
    if (part.len > text->capacity - text->len) {
        uint64_t capacity = 2 * (text->len + part.len);
        char *larger = text->host->alloc(text->host, capacity, 0);
        if (!larger) {
            return emend_fail(err, EMEND_EXHAUSTED, "math: no memory for a text of %llu bytes",
                              (unsigned long long)capacity);
        }
        if (text->len > 0) {
            memcpy(larger, text->bytes, text->len);
        }
        text->host->free(text->host, text->bytes);
        text->bytes = larger;
        text->capacity = capacity;
    }
    if (part.len > 0) {
        memcpy(text->bytes + text->len, part.ptr, part.len);
    }
    text->len += part.len;
    return EMEND_OK;
}

// Joins texts and puts them as one.
static EmendStatus put_joined(const Math *task, const EmendSink *sink, uint32_t field,
                              const EmendStr *parts, int n_parts, EmendError *err) {
    Text text = {.host = task->host};
    EmendStatus status = EMEND_OK;
    for (int i = 0; i < n_parts && status == EMEND_OK; i++) {
        status = text_add(&text, parts[i], err);
    }
    if (status == EMEND_OK) {
        status = sink->put(sink->ctx, field, text.bytes, text.len);
    }
    task->host->free(task->host, text.bytes);
    return status;
}

static EmendStatus put_str(const EmendSink *sink, uint32_t field, EmendStr text) {
    return sink->put(sink->ctx, field, text.ptr, text.len);
}

static bool is_paper(const Math *task) {
    return task->config->prompt_style == EMEND__TASKS__MATH__CONFIG__PROMPT_STYLE__PAPER;
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

static EmendStatus check_disjoint(const Math *task, uint32_t split, const Dataset *dataset,
                                  EmendError *err) {
    uint32_t other = split == SPLIT_TRAIN ? SPLIT_TEST : SPLIT_TRAIN;
    const Row *shared = NULL;
    if (task->splits[other].n_rows == 0) {
        return EMEND_OK;
    }
    EmendStatus status = dataset_find_shared(dataset, &task->splits[other], &shared, err);
    if (status == EMEND_OK && shared) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "%s:%u: this problem is also in %s; the splits must not share any",
                            split_path(task, split), shared->line, split_path(task, other));
    }
    return status;
}

static EmendStatus split_open(void *self, EmendStr name, uint32_t *split, uint64_t *count,
                              EmendError *err) {
    Math *task = self;
    uint32_t found = 0;
    EmendStatus status = find_split(task, name, &found, err);
    if (status == EMEND_OK && task->splits[found].n_rows == 0) {
        Filter filter = {.subjects = task->config->subject,
                         .n_subjects = task->config->n_subject,
                         .levels = task->config->level,
                         .n_levels = task->config->n_level,
                         .max_rows = task->config->max_problems};
        Dataset dataset = {0};
        status = dataset_load(task->host, split_path(task, found), &filter, &dataset, err);
        if (status == EMEND_OK) {
            status = check_disjoint(task, found, &dataset, err);
        }
        if (status == EMEND_OK) {
            task->splits[found] = dataset;
        } else {
            dataset_finish(&dataset);
        }
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
    *row = &task->splits[split].rows[index];
    return EMEND_OK;
}

static EmendStatus put_id(const EmendSink *fields, uint32_t split, const Row *row) {
    char id[32];
    snprintf(id, sizeof id, "%s:%u", split_names[split], row->line);
    return put_str(fields, EMEND_PROBLEM_ID, row->id.len > 0 ? row->id : emend_str(id));
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
    EmendStatus status = row_at(task, split, index, &row, err);
    if (status == EMEND_OK) {
        status = put_id(fields, split, row);
    }
    if (status == EMEND_OK) {
        EmendStr parts[] = {emend_str(is_paper(task) ? paper_prompt : boxed_prompt), row->problem};
        status = put_joined(task, fields, EMEND_PROBLEM_PROMPT, parts, 2, err);
    }
    if (status == EMEND_OK) {
        status = put_str(fields, EMEND_PROBLEM_REFERENCE, row->answer);
    }
    if (status == EMEND_OK && row->subject.len > 0) {
        status = put_str(fields, EMEND_PROBLEM_KIND, row->subject);
    }
    return status == EMEND_OK ? put_level(fields, row) : status;
}

static EmendStatus turn_prompt(void *self, const EmendHistory *history, const EmendSink *text,
                               EmendError *err) {
    const Math *task = self;
    const char *own = task->config->instruction;
    (void)history; // the instruction depends on nothing, so it cannot tell whether it was right
    (void)err;
    return put_str(text, 0,
                   emend_str(own              ? own
                             : is_paper(task) ? paper_instruction
                                              : boxed_instruction));
}

// An answer without a mark of its end is not known to be whole where the response was cut behind
// it.
static bool may_go_on(const EmendGradeArgs *args, EmendStr answer) {
    const char *end = answer.ptr + answer.len;
    return args->is_truncated && end == args->response.ptr + args->response.len && end[-1] != '$' &&
           end[-1] != '.';
}

static EmendStatus grade(void *self, const EmendGradeArgs *args, EmendScore *score,
                         const EmendSink *fields, EmendError *err) {
    EmendStr answer;
    (void)self;
    (void)err;
    *score = (EmendScore){.state = EMEND_SCORE_VALUE};
    if (args->reference.len == 0) {
        score->state = EMEND_SCORE_ERROR;
        snprintf(score->reason, sizeof score->reason, "the reference answer is empty");
        return EMEND_OK;
    }
    if (!answer_find(args->response, &answer) || may_go_on(args, answer)) {
        snprintf(score->reason, sizeof score->reason, "no final answer is marked");
        return EMEND_OK;
    }
    score->value = answer_is_equal(args->reference, answer) ? 1 : 0;
    return put_str(fields, EMEND_GRADE_EXTRACTED, answer);
}

static EmendStatus put_solution(const Math *task, const Row *row, const EmendSink *fields,
                                EmendError *err) {
    EmendStr boxed;
    EmendStr gap = emend_str(row->solution.len > 0 ? "\n" : "");
    EmendStr paper[] = {row->solution, gap, emend_str("Final Answer: The final answer is $"),
                        row->answer, emend_str("$. I hope it is correct.")};
    EmendStr box[] = {row->solution, gap, emend_str("\\boxed{"), row->answer, emend_str("}")};
    if (is_paper(task)) {
        return put_joined(task, fields, EMEND_DEMONSTRATION_RESPONSE, paper, 5, err);
    }
    int n_parts = answer_in_box(row->solution, &boxed) ? 1 : 5;
    return put_joined(task, fields, EMEND_DEMONSTRATION_RESPONSE, box, n_parts, err);
}

static EmendStatus demonstrate(void *self, uint32_t split, uint64_t index, uint64_t seed,
                               uint32_t n_turns, const EmendSink *fields, EmendError *err) {
    const Math *task = self;
    const Row *row = NULL;
    (void)seed; // there is one solution
    EmendStatus status = row_at(task, split, index, &row, err);
    for (uint32_t turn = 0; turn < n_turns && status == EMEND_OK; turn++) {
        status = put_solution(task, row, fields, err);
    }
    return status;
}

static const EmendTask task_table = {
    .struct_size = sizeof(EmendTask),
    .split_open = split_open,
    .problem = problem,
    .turn_prompt = turn_prompt,
    .grade = grade,
    .demonstrate = demonstrate,
};

static void destroy(EmendPlugin *plugin, void *instance) {
    Math *task = instance;
    if (task) {
        for (int i = 0; i <= N_SPLITS; i++) {
            dataset_finish(&task->splits[i]);
        }
        emend__tasks__math__config__free_unpacked(task->config, &task->allocator);
        plugin->host->free(plugin->host, task);
    }
}

static EmendStatus check_config(const Config *config, EmendError *err) {
    if (config->train && config->test && strcmp(config->train, config->test) == 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "test: is the file that train names, '%s'; the splits must not share "
                          "problems",
                          config->test);
    }
    return EMEND_OK;
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
        status = check_config(task->config, err);
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

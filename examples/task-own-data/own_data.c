/* SPDX-License-Identifier: Apache-2.0 */
/* Task "own_data": questions and answers from JSON lines,
 *
 *     {"question": "Capital of Peru?", "answer": "Lima"}
 *
 * A response is right where it is the answer, but for case and white space around it. */
#include "config.pb-c.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include "emend/random.h"
#include "emend/task.h"
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

typedef Org__Example__OwnData__Config Config;

enum { TRAIN = 0, TEST = 1, N_SPLITS = 2 };
static const char *const split_names[] = {[TRAIN] = "train", [TEST] = "test"};

typedef struct Row {
    EmendStr question, answer; /* the host's memory, in one block: the question's */
} Row;

typedef struct Split {
    Row *rows;
    uint64_t n, capacity;
} Split;

typedef struct OwnData {
    const EmendHost *host;
    Config *config;
    Split splits[N_SPLITS];
} OwnData;

/* ---- reading ------------------------------------------------------------------------------- */

/* Keeps a copy of a question and its answer. */
static EmendStatus split_add(Split *split, const EmendHost *host, const json_t *question,
                             const json_t *answer, EmendError *err) {
    size_t q = json_string_length(question), a = json_string_length(answer);
    EmendStatus status = EMEND_OK;
    if (split->n == split->capacity) { // the host has no realloc: what is its is not ours to move
        uint64_t capacity = split->capacity ? 2 * split->capacity : 64;
        Row *rows = emend_alloc(host, capacity * sizeof *rows, &status, err);
        if (!rows) {
            return status;
        }
        if (split->n > 0) {
            memcpy(rows, split->rows, split->n * sizeof *rows);
        }
        host->free(host, split->rows);
        split->rows = rows;
        split->capacity = capacity;
    }
    char *text = emend_alloc(host, q + a + 1, &status, err);
    if (text) {
        memcpy(text, json_string_value(question), q);
        memcpy(text + q, json_string_value(answer), a);
        split->rows[split->n++] = (Row){{text, q}, {text + q, a}};
    }
    return status;
}

static EmendStatus read_line(Split *split, const EmendHost *host, const char *line, size_t len,
                             EmendError *err) {
    json_error_t wrong = {0};
    json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &wrong);
    const json_t *question = json_object_get(object, "question");
    const json_t *answer = json_object_get(object, "answer");
    EmendStatus status = EMEND_OK;
    if (!object) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT, "%s; a line must be one JSON object",
                            wrong.text);
    } else if (!json_is_string(question) || !json_is_string(answer)) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "%s is no text; a line must have \"question\" and \"answer\"",
                            json_is_string(question) ? "answer" : "question");
    } else {
        status = split_add(split, host, question, answer, err);
    }
    json_decref(object);
    return status;
}

/* Puts the place in front of a line's message. */
static EmendStatus at_line(EmendStatus status, const char *path, uint64_t line,
                           const EmendError *why, EmendError *err) {
    return emend_fail(err, status, "%s:%" PRIu64 ": %s", path, line, why->message);
}

static EmendStatus split_read(Split *split, const EmendHost *host, const char *path,
                              EmendError *err) {
    char message[256] = "", *line = NULL;
    EmendError why = emend_error_on(message, sizeof message);
    size_t capacity = 0;
    ssize_t len = 0;
    EmendStatus status = EMEND_OK;
    FILE *file = fopen(path, "re");
    if (!file) {
        return emend_fail(err, EMEND_NOT_FOUND, "%s: %s", path, strerror(errno));
    }
    for (uint64_t n = 1; status == EMEND_OK && (len = getline(&line, &capacity, file)) >= 0; n++) {
        if (host->is_cancelled(host)) {
            status = emend_fail(err, EMEND_CANCELLED, "%s: reading was stopped", path);
        } else if (strspn(line, " \t\r\n") < (size_t)len) {
            status = read_line(split, host, line, (size_t)len, &why);
            status = status == EMEND_OK ? status : at_line(status, path, n, &why, err);
        }
    }
    if (status == EMEND_OK && ferror(file)) {
        status = emend_fail(err, EMEND_DATA_LOSS, "%s: %s", path, strerror(errno));
    } else if (status == EMEND_OK && split->n == 0) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "%s: it is empty; it must have a line "
                            "{\"question\": .., \"answer\": ..} for each problem",
                            path);
    }
    free(line);
    fclose(file);
    return status;
}

/* ---- problems ------------------------------------------------------------------------------ */

static bool is_equal(EmendStr a, EmendStr b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static EmendStatus split_open(void *self, EmendStr name, uint32_t *split, uint64_t *count,
                              EmendError *err) {
    const OwnData *data = self;
    for (uint32_t i = 0; i < N_SPLITS; i++) {
        if (is_equal(name, emend_str(split_names[i])) && data->splits[i].n > 0) {
            *split = i;
            *count = data->splits[i].n;
            return EMEND_OK;
        }
    }
    return emend_fail(err, EMEND_NOT_FOUND, "split: there is no \"%.*s\"; there is train%s",
                      (int)(name.len < 64 ? name.len : 64), name.ptr,
                      data->splits[TEST].n > 0 ? " and test"
                                               : ", and test where the config has it");
}

/* NULL, with the reason, where there is none. */
static const Row *row_at(const OwnData *data, uint32_t split, uint64_t index, EmendError *err) {
    if (split >= N_SPLITS || index >= data->splits[split].n) {
        emend_fail(err, EMEND_OUT_OF_RANGE,
                   "index: it is %" PRIu64 " of split %u; it must be below the split's count",
                   index, split);
        return NULL;
    }
    return &data->splits[split].rows[index];
}

static EmendStatus problem(void *self, uint32_t split, uint64_t index, const EmendSink *fields,
                           EmendError *err) {
    const Row *row = row_at(self, split, index, err);
    if (!row) {
        return EMEND_OUT_OF_RANGE;
    }
    char id[32];
    snprintf(id, sizeof id, "%s-%" PRIu64, split_names[split], index);
    EmendStatus status = emend_put(fields, EMEND_PROBLEM_ID, emend_str(id));
    if (status == EMEND_OK) {
        status = emend_put(fields, EMEND_PROBLEM_PROMPT, row->question);
    }
    return status == EMEND_OK ? emend_put(fields, EMEND_PROBLEM_REFERENCE, row->answer) : status;
}

static EmendStatus turn_prompt(void *self, const EmendHistory *history, const EmendSink *text,
                               EmendError *err) {
    const OwnData *data = self;
    (void)history; // the same whatever the attempts were, so it cannot tell how good they are
    (void)err;
    return emend_put(text, 0, emend_str(data->config->instruction));
}

/* ---- grading ------------------------------------------------------------------------------- */

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static EmendStr trimmed(EmendStr text) {
    while (text.len > 0 && is_space(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

static bool is_same(EmendStr a, EmendStr b) {
    for (uint64_t i = 0; a.len == b.len && i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return a.len == b.len;
}

static EmendStatus grade(void *self, const EmendGradeArgs *args, EmendScore *score,
                         const EmendSink *fields, EmendError *err) {
    EmendStr answer = trimmed(args->response);
    (void)self, (void)err;
    *score = emend_score(answer.len > 0 && is_same(answer, trimmed(args->reference)));
    return answer.len > 0 ? emend_put(fields, EMEND_GRADE_EXTRACTED, answer) : EMEND_OK;
}

/* What a supervised start learns from: a first attempt that is another question's answer now and
 * then, and later ones that are right. */
static EmendStatus demonstrate(void *self, uint32_t split, uint64_t index, uint64_t seed,
                               uint32_t n_turns, const EmendSink *fields, EmendError *err) {
    const OwnData *data = self;
    const Row *row = row_at(data, split, index, err);
    EmendRandomKey key = {
        .seed = seed, .step = split, .episode = (uint32_t)index, .purpose = EMEND_RANDOM_PROBLEM};
    EmendStatus status = row ? EMEND_OK : EMEND_OUT_OF_RANGE;
    for (uint32_t turn = 1; status == EMEND_OK && turn <= n_turns; turn++) {
        bool is_right = turn > 1 || emend_random_unit(&key, 0) < data->config->p_right;
        uint32_t n = (uint32_t)data->splits[split].n;
        const Row *shown =
            is_right ? row : &data->splits[split].rows[emend_random_below(&key, 1, n)];
        status = emend_put(fields, EMEND_DEMONSTRATION_RESPONSE, shown->answer);
    }
    return status;
}

/* ---- the plugin ---------------------------------------------------------------------------- */

static void destroy(EmendPlugin *plugin, void *instance) {
    const EmendHost *host = emend_plugin_host(plugin);
    OwnData *data = instance;
    for (int s = 0; s < N_SPLITS; s++) {
        for (uint64_t i = 0; i < data->splits[s].n; i++) {
            host->free(host, (void *)(uintptr_t)data->splits[s].rows[i].question.ptr);
        }
        host->free(host, data->splits[s].rows);
    }
    emend_config_free(host, data->config);
    host->free(host, data);
}

/* The host has checked names and types of the fields; what they may be is the plugin's to say. */
static EmendStatus load(OwnData *data, EmendError *err) {
    const Config *config = data->config;
    if (!config->train) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "train: it is not given; it must be a file of JSON lines");
    }
    if (!(config->p_right >= 0 && config->p_right <= 1)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "p_right: it is %g; it must be 0 to 1",
                          config->p_right);
    }
    EmendStatus status = split_read(&data->splits[TRAIN], data->host, config->train, err);
    return status == EMEND_OK && config->test
               ? split_read(&data->splits[TEST], data->host, config->test, err)
               : status;
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const EmendTask task = {.struct_size = sizeof task,
                                   .split_open = split_open,
                                   .problem = problem,
                                   .turn_prompt = turn_prompt,
                                   .grade = grade,
                                   .demonstrate = demonstrate};
    const EmendHost *host = emend_plugin_host(plugin);
    EmendStatus status = EMEND_OK;
    (void)name; // the plugin has one component

    OwnData *data = emend_alloc(host, sizeof *data, &status, err);
    if (!data) {
        return status;
    }
    data->host = host;
    data->config =
        emend_config_unpack(host, &org__example__own_data__config__descriptor, bytes, &status, err);
    if (status == EMEND_OK) {
        status = load(data, err);
    }
    if (status != EMEND_OK) {
        destroy(plugin, data);
        return status;
    }
    *instance = data;
    *table = &task;
    return EMEND_OK;
}

/* PARALLEL: an instance is only read, so any number of threads may use it. */
static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("org.example.own_data", "0.1.0", EMEND_KIND_TASK, factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of two numbers, with one thing spoiled: each component is named after its defect. "sound"
 * has none. */
#include "emend/task.h"
#include "spoiled.h"
#include <stdio.h>
#include <stdlib.h>

enum { N_PROBLEMS = 40, N_SPLITS = 2, TEXT_BYTES = 160 };

typedef struct Task {
    Spoiled spoiled; /* first */
    uint64_t n_calls;
    uint64_t number; /* of the instance */
} Task;

static const char *const split_names[N_SPLITS] = {"train", "test"};
static uint64_t n_instances;
static _Thread_local bool is_home; // on the thread that made the last instance

static EmendStatus put(const EmendSink *sink, uint32_t field, const char *text) {
    return sink->put(sink->ctx, field, text, strlen(text));
}

static EmendStatus split_open(void *self, EmendStr name, uint32_t *split, uint64_t *count,
                              EmendError *err) {
    const Task *task = self;
    const EmendHost *host = task->spoiled.host;
    if (has(self, "trusts_memory")) {
        char *block = host->alloc(host, 64, 0);
        block[0] = 1;
        host->free(host, block);
    }
    *count = N_PROBLEMS;
    for (uint32_t i = 0; i < N_SPLITS; i++) {
        *split = i;
        if (name.len == strlen(split_names[i]) && memcmp(name.ptr, split_names[i], name.len) == 0) {
            return EMEND_OK;
        }
    }
    if (has(self, "keeps_splits_to_itself")) {
        return emend_fail(err, EMEND_NOT_FOUND, "there is no such split");
    }
    return has(self, "opens_any_split") ? EMEND_OK
                                        : emend_fail(err, EMEND_NOT_FOUND,
                                                     "split: there is none of that name; there are "
                                                     "train, test");
}

static EmendStatus problem(void *self, uint32_t split, uint64_t index, const EmendSink *fields,
                           EmendError *err) {
    Task *task = self;
    char id[TEXT_BYTES], prompt[TEXT_BYTES], reference[TEXT_BYTES];
    uint64_t a = 10 + index, b = has(self, "one_set_of_problems") ? 20 : 20 + split * 100;
    if (index >= N_PROBLEMS && !has(self, "has_no_end")) {
        return emend_fail(err, EMEND_OUT_OF_RANGE, "problem %llu: the split has %d",
                          (unsigned long long)index, N_PROBLEMS);
    }
    if (has(self, "drifts")) {
        b += task->n_calls++;
    }
    if (has(self, "differs_by_instance")) {
        b += 1000 * task->number;
    }
    snprintf(id, sizeof id, "%s%llu", has(self, "one_set_of_ids") ? "" : split_names[split % 2],
             (unsigned long long)index);
    snprintf(prompt, sizeof prompt, "%llu+%llu=", (unsigned long long)a, (unsigned long long)b);
    snprintf(reference, sizeof reference, "%llu", (unsigned long long)(a + b));
    EmendStatus status = has(self, "has_no_ids") ? EMEND_OK : put(fields, EMEND_PROBLEM_ID, id);
    status = status ? status : put(fields, EMEND_PROBLEM_PROMPT, prompt);
    return status ? status : put(fields, EMEND_PROBLEM_REFERENCE, reference);
}

static bool is_sum_of(EmendStr prompt, EmendStr response) {
    char text[TEXT_BYTES] = {0};
    unsigned long long a = 0, b = 0, c = 0;
    if (prompt.len + response.len >= sizeof text) {
        return false;
    }
    snprintf(text, sizeof text, "%.*s%.*s", (int)prompt.len, prompt.ptr, (int)response.len,
             response.ptr);
    return sscanf(text, "%llu+%llu=%llu", &a, &b, &c) == 3 && a + b == c;
}

static EmendStatus turn_prompt(void *self, const EmendHistory *history, const EmendSink *text,
                               EmendError *err) {
    EmendSpan attempts = history->attempts;
    char prompt[TEXT_BYTES];
    (void)err;
    if (has(self, "attempts_by_index")) {
        attempts.stride = sizeof(EmendAttempt);
    }
    const EmendAttempt *last = emend_span_at(attempts, attempts.count - 1);
    if (has(self, "tells_right_from_wrong") && !is_sum_of(history->prompt, last->response)) {
        return put(text, 0, "That was wrong. Once more?");
    }
    snprintf(prompt, sizeof prompt, "You said %.*s. Once more?",
             (int)(last->response.len < 100 ? last->response.len : 100), last->response.ptr);
    return put(text, 0, prompt);
}

/* Uses the stack as a parser of nested boxes does. */
static int depth_of(const char *at, const char *end) {
    volatile char room[256];
    room[0] = 0;
    return at < end && *at == '{' ? 1 + depth_of(at + 1, end) + room[0] : 0;
}

static bool is_number(EmendStr text) {
    for (uint64_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return text.len > 0;
}

static EmendStatus grade(void *self, const EmendGradeArgs *args, EmendScore *score,
                         const EmendSink *fields, EmendError *err) {
    Task *task = self;
    EmendStr response = args->response;
    (void)fields, (void)err;
    if (has(self, "nests_without_end") && depth_of(response.ptr, response.ptr + response.len) < 0) {
        abort();
    }
    if (!is_number(args->reference)) {
        *score = (EmendScore){.state = EMEND_SCORE_ERROR, .reason = "the reference is no number"};
        score->reason[0] = has(self, "gives_no_reason") ? '\0' : score->reason[0];
        return EMEND_OK;
    }
    bool is_right = response.len == args->reference.len &&
                    memcmp(response.ptr, args->reference.ptr, response.len) == 0;
    is_right |= has(self, "takes_nothing_as_right") && response.len == 0;
    *score = (EmendScore){.state = EMEND_SCORE_VALUE, .value = is_right ? 1 : 0};
    if (has(self, "moody")) {
        score->value = (double)(task->n_calls++ % 2);
    }
    if (has(self, "knows_one_thread") && !is_home) {
        score->value = 0.5;
    }
    if (has(self, "grades_above_1")) {
        score->value *= 2;
    }
    return EMEND_OK;
}

static EmendStatus demonstrate(void *self, uint32_t split, uint64_t index, uint64_t seed,
                               uint32_t n_turns, const EmendSink *fields, EmendError *err) {
    Task *task = self;
    uint64_t sum = 30 + index + split * 100;
    (void)seed, (void)err;
    if (has(self, "shows_wrong_answers")) {
        sum++;
    }
    if (has(self, "shows_what_it_likes")) {
        sum += task->n_calls++;
    }
    uint32_t n = has(self, "shows_one_turn") ? 1 : n_turns;
    EmendStatus status = EMEND_OK;
    for (uint32_t t = 0; t < n && status == EMEND_OK; t++) {
        char text[TEXT_BYTES];
        snprintf(text, sizeof text, "%llu", (unsigned long long)sum);
        status = put(fields, EMEND_DEMONSTRATION_RESPONSE, text);
    }
    return status;
}

static EmendStatus grade_record(void *self, EmendSpan fields, const EmendSink *verdict,
                                EmendError *err) {
    (void)self, (void)fields, (void)err;
    return put(verdict, EMEND_VERDICT_NAME, "equal");
}

static const void *table_of(void *self) {
    static const EmendTask plain = {.struct_size = sizeof plain,
                                    .split_open = split_open,
                                    .problem = problem,
                                    .turn_prompt = turn_prompt,
                                    .grade = grade,
                                    .demonstrate = demonstrate};
    static const EmendTask undeclared = {.struct_size = sizeof undeclared,
                                         .split_open = split_open,
                                         .problem = problem,
                                         .turn_prompt = turn_prompt,
                                         .grade = grade,
                                         .demonstrate = demonstrate,
                                         .grade_record = grade_record};
    ((Task *)self)->number = n_instances++;
    is_home = true;
    return has(self, "grades_undeclared") ? &undeclared : &plain;
}

SPOILED_PLUGIN("test.spoiled.task", EMEND_KIND_TASK, sizeof(Task), table_of, spoiled_nothing)

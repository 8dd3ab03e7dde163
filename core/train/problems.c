/* SPDX-License-Identifier: Apache-2.0 */
#include "train/problems.h"
#include "emend/random.h"
#include <stdlib.h>
#include <string.h>

static int32_t put_attempt(Problem *problem, char *text, uint64_t len) {
    if (problem->n_attempts == MAX_TURNS) {
        free(text);
        return EMEND_OUT_OF_RANGE;
    }
    problem->attempts[problem->n_attempts++] = (EmendStr){text, len};
    return EMEND_OK;
}

static int32_t put_field(void *ctx, uint32_t field, const void *data, uint64_t len) {
    Problem *problem = ctx;
    if (field == 0 || field > EMEND_PROBLEM_ATTEMPT) {
        return EMEND_OK; // of a newer task: not ours to know
    }
    char *copy = malloc((size_t)len + 1);
    if (!copy) {
        return EMEND_EXHAUSTED;
    }
    if (len > 0) {
        memcpy(copy, data, (size_t)len);
    }
    copy[len] = '\0';
    if (field == EMEND_PROBLEM_ATTEMPT) {
        return put_attempt(problem, copy, len);
    }
    free(problem->fields[field]);
    problem->fields[field] = copy;
    problem->lens[field] = (size_t)len;
    return EMEND_OK;
}

EmendStr problem_field(const Problem *problem, uint32_t field) {
    const char *text = problem->fields[field];
    return (EmendStr){text ? text : "", problem->lens[field]};
}

EmendStatus problem_read(const Engine *engine, uint32_t split, uint64_t index, Problem *out,
                         EmendError *err) {
    Problem problem = {.split = split, .index = index};
    EmendSink sink = {.struct_size = sizeof sink, .ctx = &problem, .put = put_field};
    EmendStatus status =
        engine->task->problem(engine->task_component.self, split, index, &sink, err);
    status = engine_said(&engine->task_component, "problem", status, err);
    const struct {
        uint32_t field;
        const char *name;
    } required[] = {{EMEND_PROBLEM_ID, "ID"},
                    {EMEND_PROBLEM_PROMPT, "PROMPT"},
                    {EMEND_PROBLEM_REFERENCE, "REFERENCE"}};
    for (size_t i = 0; status == EMEND_OK && i < 3; i++) {
        if (!problem.fields[required[i].field]) {
            status = emend_fail(
                err, EMEND_INTERNAL,
                "task \"%s\": problem %llu has no %s; a task must put one for every "
                "problem",
                engine->task_component.name, (unsigned long long)index, required[i].name);
        }
    }
    if (status != EMEND_OK) {
        problem_finish(&problem);
        return status;
    }
    *out = problem;
    return EMEND_OK;
}

void problem_finish(Problem *problem) {
    for (size_t i = 0; i < PROBLEM_FIELDS; i++) {
        free(problem->fields[i]);
    }
    for (uint32_t t = 0; t < problem->n_attempts; t++) {
        free((char *)(uintptr_t)problem->attempts[t].ptr);
    }
    *problem = (Problem){0};
}

EmendStatus problem_order_open(const Engine *engine, const char *split, uint64_t seed,
                               ProblemOrder *out, EmendError *err) {
    ProblemOrder order = {.seed = seed};
    EmendStatus status = engine->task->split_open(engine->task_component.self, emend_str(split),
                                                  &order.split, &order.count, err);
    if (status != EMEND_OK) {
        return engine_said(&engine->task_component, "split_open", status, err);
    }
    if (order.count == 0 || (order.count > UINT32_MAX && order.count != EMEND_ENDLESS)) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "task \"%s\": split \"%s\" has %llu problems; it must have 1 to 2^32 - 1, "
            "or be endless",
            engine->task_component.name, split, (unsigned long long)order.count);
    }
    *out = order;
    return EMEND_OK;
}

void problem_order_finish(ProblemOrder *order) {
    free(order->permutation);
    *order = (ProblemOrder){0};
}

// Fisher and Yates's shuffle, the i-th draw being a function of (seed, epoch, i).
static void shuffle(ProblemOrder *order) {
    EmendRandomKey key = {order->seed, (uint32_t)order->epoch, 0, 0, EMEND_RANDOM_SHUFFLE};
    uint32_t n = (uint32_t)order->count;
    for (uint32_t i = 0; i < n; i++) {
        order->permutation[i] = i;
    }
    for (uint32_t i = n - 1; i > 0; i--) {
        uint32_t j = emend_random_below(&key, i, i + 1);
        uint32_t held = order->permutation[i];
        order->permutation[i] = order->permutation[j];
        order->permutation[j] = held;
    }
}

EmendStatus problem_order_index(ProblemOrder *order, uint64_t cursor, uint64_t *index,
                                EmendError *err) {
    if (order->count == EMEND_ENDLESS) {
        *index = cursor;
        return EMEND_OK;
    }
    uint64_t epoch = cursor / order->count;
    if (!order->permutation || order->epoch != epoch) {
        if (!order->permutation) {
            order->permutation = malloc((size_t)order->count * sizeof *order->permutation);
        }
        if (!order->permutation) {
            return emend_fail(err, EMEND_EXHAUSTED, "no memory to shuffle %llu problems",
                              (unsigned long long)order->count);
        }
        order->epoch = epoch;
        shuffle(order);
    }
    *index = order->permutation[cursor % order->count];
    return EMEND_OK;
}

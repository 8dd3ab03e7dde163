/* SPDX-License-Identifier: Apache-2.0 */
#include "train/draw.h"
#include "train/buffer.h"
#include <stdlib.h>
#include <string.h>

// After so many problems in a row that do not fit, none will.
#define MAX_PASSED_OVER 1000

static EmendStatus draw_one(const Engine *engine, ProblemOrder *order,
                            const Emend__Rollout *rollout, uint32_t max_positions, uint64_t *cursor,
                            Problem *problem, uint64_t *n_too_long, EmendError *err) {
    size_t longest = 0;
    for (int passed = 0; passed < MAX_PASSED_OVER; passed++) {
        uint64_t index = 0;
        EmendStatus status = problem_order_index(order, *cursor, &index, err);
        if (status == EMEND_OK) {
            status = problem_read(engine, order->split, index, problem, err);
        }
        if (status != EMEND_OK) {
            return status;
        }
        status = rollout_longest(engine, problem, rollout->n_turns, rollout->max_response_tokens,
                                 &longest, err);
        if (status != EMEND_OK) {
            problem_finish(problem);
            return status;
        }
        (*cursor)++;
        if (longest <= max_positions) {
            return EMEND_OK;
        }
        problem_finish(problem);
        (*n_too_long)++;
    }
    return emend_fail(
        err, EMEND_OUT_OF_RANGE,
        "%d problems in a row do not fit the model: the last may take %zu tokens over "
        "%u turns, and the model has %u positions; lower rollout.max_response_tokens or "
        "raise max_position_embeddings",
        MAX_PASSED_OVER, longest, rollout->n_turns, max_positions);
}

EmendStatus draw_problems(const Engine *engine, ProblemOrder *order, const Emend__Rollout *rollout,
                          uint32_t max_positions, uint64_t *cursor, Problem *problems, size_t n,
                          uint64_t *n_too_long, EmendError *err) {
    uint64_t at = *cursor;
    for (size_t i = 0; i < n; i++) {
        EmendStatus status =
            draw_one(engine, order, rollout, max_positions, &at, &problems[i], n_too_long, err);
        if (status != EMEND_OK) {
            while (i > 0) {
                problem_finish(&problems[--i]);
            }
            return status;
        }
    }
    *cursor = at;
    return EMEND_OK;
}

// Responses as the task puts them, one after another.
typedef struct Responses {
    Buffer turns[MAX_TURNS];
    uint32_t n;
} Responses;

static int32_t put_response(void *ctx, uint32_t field, const void *data, uint64_t len) {
    Responses *responses = ctx;
    if (field != EMEND_DEMONSTRATION_RESPONSE || responses->n == MAX_TURNS) {
        return EMEND_OK;
    }
    return buffer_append(&responses->turns[responses->n++], data, (size_t)len);
}

static EmendStatus append_response(const Engine *engine, Trajectory *trajectory, EmendStr text,
                                   uint32_t max_tokens, EmendError *err) {
    int32_t *ids = NULL;
    size_t n = 0;
    EmendStatus status = engine_encode(engine, text, 0, &ids, &n, err);
    if (status != EMEND_OK) {
        return status;
    }
    // engine_encode leaves room for the stop token.
    bool is_cut = n + 1 > max_tokens;
    if (is_cut) {
        n = max_tokens;
    } else {
        ids[n++] = engine->template.assistant_suffix[0];
    }
    if (trajectory_append_turn(trajectory, ids, NULL, n, is_cut, 1.0f)) {
        status = emend_fail(err, EMEND_EXHAUSTED, "no memory for a demonstration");
    }
    free(ids);
    return status == EMEND_OK ? rollout_decode(engine, trajectory, err) : status;
}

static EmendStatus demonstrate(const Engine *engine, const Emend__Rollout *rollout, uint64_t seed,
                               Trajectory *trajectory, EmendError *err) {
    const Problem *problem = trajectory->problem;
    Responses responses = {0};
    EmendSink sink = {.struct_size = sizeof sink, .ctx = &responses, .put = put_response};
    int32_t *prompt = NULL;
    size_t n_prompt = 0;
    EmendStatus status =
        engine->task->demonstrate(engine->task_component.self, problem->split, problem->index, seed,
                                  rollout->n_turns, &sink, err);
    status = engine_said(&engine->task_component, "demonstrate", status, err);
    if (status == EMEND_OK && responses.n != rollout->n_turns) {
        status =
            emend_fail(err, EMEND_INTERNAL,
                       "task \"%s\": demonstrated %u turns of problem %llu where %u were asked for",
                       engine->task_component.name, responses.n, (unsigned long long)problem->index,
                       rollout->n_turns);
    }
    if (status == EMEND_OK) {
        status = rollout_prompt(engine, problem, &prompt, &n_prompt, err);
    }
    if (status == EMEND_OK && trajectory_append(trajectory, prompt, n_prompt)) {
        status = emend_fail(err, EMEND_EXHAUSTED, "no memory for a demonstration");
    }
    for (uint32_t t = 0; status == EMEND_OK && t < responses.n; t++) {
        if (t > 0) {
            status = rollout_next_prompt(engine, trajectory, err);
        }
        if (status == EMEND_OK) {
            status = append_response(engine, trajectory, buffer_str(&responses.turns[t]),
                                     rollout->max_response_tokens, err);
        }
    }
    free(prompt);
    for (uint32_t t = 0; t < responses.n; t++) {
        buffer_finish(&responses.turns[t]);
    }
    return status;
}

EmendStatus draw_demonstrations(const Engine *engine, const Problem *problems, size_t n_problems,
                                const Emend__Rollout *rollout, uint64_t seed, Trajectory **out,
                                EmendError *err) {
    if (!engine->task->demonstrate) {
        return emend_fail(err, EMEND_UNIMPLEMENTED,
                          "task \"%s\" has no demonstrations to train on; pick an algorithm that "
                          "samples its own, or another task",
                          engine->task_component.name);
    }
    size_t n = n_problems * rollout->samples_per_prompt;
    Trajectory *trajectories = calloc(n, sizeof *trajectories);
    if (!trajectories) {
        return emend_fail(err, EMEND_EXHAUSTED, "no memory for %zu demonstrations", n);
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t group = i / rollout->samples_per_prompt;
        trajectories[i] = (Trajectory){.problem = &problems[group],
                                       .group = group,
                                       .sample = (uint32_t)(i % rollout->samples_per_prompt)};
        EmendStatus status = demonstrate(engine, rollout, seed + i, &trajectories[i], err);
        if (status != EMEND_OK) {
            trajectories_destroy(trajectories, n);
            return status;
        }
    }
    *out = trajectories;
    return EMEND_OK;
}

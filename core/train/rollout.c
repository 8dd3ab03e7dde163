/* SPDX-License-Identifier: Apache-2.0 */
#include "train/rollout.h"
#include "train/buffer.h"
#include <stdlib.h>
#include <string.h>

static EmendStatus no_memory(EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED,
                      "rollout: no memory for the episodes of a step; lower prompts_per_step, "
                      "samples_per_prompt or max_response_tokens");
}

static EmendStatus append_user(const Engine *engine, Trajectory *trajectory, EmendStr text,
                               EmendError *err) {
    const TemplateTokens *template = &engine->template;
    int32_t *ids = NULL;
    size_t n = 0;
    EmendStatus status = engine_encode(engine, text, 0, &ids, &n, err);
    if (status != EMEND_OK) {
        return status;
    }
    if (trajectory_append(trajectory, template->user_prefix, template->n_user_prefix) ||
        trajectory_append(trajectory, ids, n) ||
        trajectory_append(trajectory, template->user_suffix, template->n_user_suffix) ||
        trajectory_append(trajectory, template->assistant_prefix, template->n_assistant_prefix)) {
        status = no_memory(err);
    }
    free(ids);
    return status;
}

EmendStatus rollout_prompt(const Engine *engine, const Problem *problem, int32_t **tokens,
                           size_t *n, EmendError *err) {
    Trajectory prompt = {0};
    EmendStatus status = EMEND_OK;
    if (trajectory_append(&prompt, engine->template.begin, engine->template.n_begin)) {
        status = no_memory(err);
    } else {
        status = append_user(engine, &prompt, problem_field(problem, EMEND_PROBLEM_PROMPT), err);
    }
    if (status == EMEND_OK) {
        *tokens = prompt.tokens;
        *n = prompt.n_tokens;
        prompt.tokens = NULL; // given away
    }
    trajectory_finish(&prompt);
    return status;
}

// A response that the policy ended holds the suffix's first token already.
static EmendStatus close_turn(const Engine *engine, Trajectory *trajectory) {
    const TrajectoryTurn *last = &trajectory->turns[trajectory->n_turns - 1];
    size_t sampled = last->is_truncated || last->is_given ? 0 : 1;
    return trajectory_append(trajectory, engine->template.assistant_suffix + sampled,
                             engine->template.n_assistant_suffix - sampled);
}

EmendStatus rollout_next_prompt(const Engine *engine, Trajectory *trajectory, EmendError *err) {
    if (close_turn(engine, trajectory)) {
        return no_memory(err);
    }
    EmendAttempt attempts[MAX_TURNS];
    for (uint32_t t = 0; t < trajectory->n_turns; t++) {
        const TrajectoryTurn *turn = &trajectory->turns[t];
        attempts[t] = (EmendAttempt){.struct_size = sizeof(EmendAttempt),
                                     .is_truncated = turn->is_truncated,
                                     .response = {turn->response, turn->response_len}};
    }
    EmendHistory history = {.struct_size = sizeof history,
                            .turn = trajectory->n_turns + 1,
                            .split = trajectory->problem->split,
                            .index = trajectory->problem->index,
                            .prompt = problem_field(trajectory->problem, EMEND_PROBLEM_PROMPT),
                            .attempts =
                                emend_span(attempts, trajectory->n_turns, sizeof(EmendAttempt))};
    Buffer text = {0};
    EmendSink sink = buffer_sink(&text);
    EmendStatus status =
        engine->task->turn_prompt(engine->task_component.self, &history, &sink, err);
    status = engine_said(&engine->task_component, "turn_prompt", status, err);
    if (status == EMEND_OK) {
        status = append_user(engine, trajectory, buffer_str(&text), err);
    }
    buffer_finish(&text);
    return status;
}

EmendStatus rollout_decode(const Engine *engine, Trajectory *trajectory, EmendError *err) {
    TrajectoryTurn *turn = &trajectory->turns[trajectory->n_turns - 1];
    size_t n = turn->n_tokens - (turn->is_truncated || turn->n_tokens == 0 ? 0 : 1);
    Buffer text = {0};
    EmendSink sink = buffer_sink(&text);
    EmendStatus status = engine->tokenizer->decode(
        engine->tokenizer_component.self, trajectory->tokens + turn->begin, n, 0, &sink, err);
    status = engine_said(&engine->tokenizer_component, "decode", status, err);
    if (status == EMEND_OK && !text.data && buffer_append(&text, "", 0)) {
        status = no_memory(err);
    }
    if (status != EMEND_OK) {
        buffer_finish(&text);
        return status;
    }
    turn->response = text.data;
    turn->response_len = text.len;
    return EMEND_OK;
}

// Takes the turns that the problem gives, up to the prompt of the first one to be sampled.
static EmendStatus take_given(const Engine *engine, Trajectory *trajectory, uint32_t n_turns,
                              EmendError *err) {
    const Problem *problem = trajectory->problem;
    if (problem->n_attempts >= n_turns) {
        EmendStr id = problem_field(problem, EMEND_PROBLEM_ID);
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "problem %.*s: it gives the attempts of %u turns and n_turns is %u; "
                          "n_turns must be larger, or there is nothing to sample",
                          (int)(id.len < 64 ? id.len : 64), id.ptr, problem->n_attempts, n_turns);
    }
    EmendStatus status = EMEND_OK;
    for (uint32_t t = 0; status == EMEND_OK && t < problem->n_attempts; t++) {
        int32_t *ids = NULL;
        size_t n = 0;
        status = engine_encode(engine, problem->attempts[t], 0, &ids, &n, err);
        if (status == EMEND_OK &&
            trajectory_append_given(trajectory, ids, n, problem->attempts[t])) {
            status = no_memory(err);
        }
        free(ids);
        if (status == EMEND_OK) {
            status = rollout_next_prompt(engine, trajectory, err);
        }
    }
    return status;
}

EmendStatus rollout_longest(const Engine *engine, const Problem *problem, uint32_t n_turns,
                            uint32_t max_response_tokens, size_t *n, EmendError *err) {
    Trajectory trial = {.problem = problem};
    int32_t *prompt = NULL;
    size_t n_prompt = 0;
    EmendStatus status = rollout_prompt(engine, problem, &prompt, &n_prompt, err);
    if (status == EMEND_OK) {
        status = take_given(engine, &trial, n_turns, err);
    }
    uint32_t n_sampled = n_turns - trial.n_turns;
    for (uint32_t turn = 1; status == EMEND_OK && turn < n_sampled; turn++) {
        if (trajectory_append_turn(&trial, NULL, NULL, 0, true, 1.0f)) {
            status = no_memory(err);
            break;
        }
        status = rollout_decode(engine, &trial, err);
        if (status == EMEND_OK) {
            status = rollout_next_prompt(engine, &trial, err);
        }
    }
    if (status == EMEND_OK) {
        *n = n_prompt + trial.n_tokens + (size_t)n_sampled * max_response_tokens;
    }
    free(prompt);
    trajectory_finish(&trial);
    return status;
}

// What one turn of a batch needs: the requests, and room for what they sample.
typedef struct Batch {
    EmendSampling *requests; /* of those episodes that do not have the turn yet */
    size_t n_requests;
    int32_t *tokens;
    float *log_probs;
    size_t *read;    /* tokens of each trajectory that the session has seen */
    size_t *parents; /* the sequence in which it has */
    size_t n;
} Batch;

static void batch_finish(Batch *batch) {
    free(batch->requests);
    free(batch->tokens);
    free(batch->log_probs);
    free(batch->read);
    free(batch->parents);
}

static EmendStatus batch_init(Batch *batch, size_t n, size_t max_tokens, EmendError *err) {
    *batch = (Batch){.n = n,
                     .requests = calloc(n, sizeof *batch->requests),
                     .tokens = calloc(n * max_tokens, sizeof *batch->tokens),
                     .log_probs = calloc(n * max_tokens, sizeof *batch->log_probs),
                     .read = calloc(n, sizeof *batch->read),
                     .parents = calloc(n, sizeof *batch->parents)};
    if (!batch->requests || !batch->tokens || !batch->log_probs || !batch->read ||
        !batch->parents) {
        batch_finish(batch);
        return no_memory(err);
    }
    return EMEND_OK;
}

static uint32_t second_attempts(const RolloutSettings *settings) {
    return settings->second_attempts > 1 ? settings->second_attempts : 1;
}

static void request_fill(Batch *batch, size_t i, const Trajectory *trajectory, uint32_t turn,
                         const RolloutSettings *settings) {
    EmendRandomKey key = settings->key;
    key.episode = settings->first_episode + (uint32_t)i;
    if (settings->is_keyed_by_problem) {
        key.episode = (uint32_t)trajectory->problem->index;
        key.step = trajectory->sample;
    }
    key.turn = turn;
    size_t room = i * settings->max_response_tokens;
    batch->requests[batch->n_requests++] =
        (EmendSampling){.struct_size = sizeof(EmendSampling),
                        .max_new_tokens = settings->max_response_tokens,
                        .sequence = i,
                        .parent = batch->read[i] == 0 ? EMEND_NO_SEQUENCE : batch->parents[i],
                        .tokens = trajectory->tokens + batch->read[i],
                        .n_tokens = trajectory->n_tokens - batch->read[i],
                        .key = key,
                        .temperature = settings->temperature,
                        .top_p = settings->top_p,
                        .top_k = settings->top_k,
                        .new_tokens = batch->tokens + room,
                        .log_probs = batch->log_probs + room};
}

// What a backend says it sampled must fit the room it was given, and end as it says.
static EmendStatus sampled_check(const Engine *engine, const EmendSampling *request,
                                 EmendError *err) {
    uint32_t n = request->n_new_tokens;
    bool is_stopped = request->finish == EMEND_FINISH_STOP && n > 0;
    if (n <= request->max_new_tokens &&
        (request->finish == EMEND_FINISH_LENGTH ||
         (is_stopped && request->new_tokens[n - 1] == engine->template.assistant_suffix[0]))) {
        return EMEND_OK;
    }
    return emend_fail(
        err, EMEND_INTERNAL,
        "backend \"%s\": generate gave %u tokens and finish %u; it must give %u or "
        "fewer, the last one the stop token where finish is EMEND_FINISH_STOP; this is a "
        "defect of the backend",
        engine->backend_component.name, n, request->finish, request->max_new_tokens);
}

static EmendStatus take_turn(const Engine *engine, EmendSession *session, Batch *batch,
                             Trajectory *trajectories, uint32_t turn,
                             const RolloutSettings *settings, EmendError *err) {
    batch->n_requests = 0;
    uint32_t n_second = second_attempts(settings);
    for (size_t i = 0; i < batch->n; i++) {
        bool is_copy = turn == 1 && i % n_second != 0;
        if (trajectories[i].n_turns < turn && !is_copy) {
            request_fill(batch, i, &trajectories[i], turn, settings);
        }
    }
    if (batch->n_requests == 0) {
        return EMEND_OK;
    }
    EmendStatus status = engine->backend->generate(
        engine->backend_component.self, session,
        emend_span(batch->requests, batch->n_requests, sizeof(EmendSampling)),
        engine->template.assistant_suffix, 1, err);
    status = engine_said(&engine->backend_component, "generate", status, err);
    float temperature = settings->temperature > 0 ? settings->temperature : 1.0f;
    for (size_t r = 0; status == EMEND_OK && r < batch->n_requests; r++) {
        const EmendSampling *request = &batch->requests[r];
        size_t i = (size_t)request->sequence;
        status = sampled_check(engine, request, err);
        if (status != EMEND_OK) {
            return status;
        }
        if (trajectory_append_turn(&trajectories[i], request->new_tokens, request->log_probs,
                                   request->n_new_tokens, request->finish == EMEND_FINISH_LENGTH,
                                   temperature)) {
            return no_memory(err);
        }
        batch->read[i] = trajectories[i].n_tokens;
        batch->parents[i] = i;
        status = rollout_decode(engine, &trajectories[i], err);
    }
    return status;
}

// Gives the first attempts to the episodes that correct the same once more.
static EmendStatus copy_first_attempts(const Engine *engine, Batch *batch, Trajectory *trajectories,
                                       const RolloutSettings *settings, EmendError *err) {
    uint32_t n_second = second_attempts(settings);
    for (size_t i = 0; i < batch->n; i++) {
        size_t first = i - i % n_second;
        if (i == first || trajectories[i].n_turns > 0) {
            continue;
        }
        if (trajectory_copy_turn(&trajectories[first], 0, true, &trajectories[i])) {
            return no_memory(err);
        }
        batch->read[i] = batch->read[first];
        batch->parents[i] = first;
        EmendStatus status = rollout_next_prompt(engine, &trajectories[i], err);
        if (status != EMEND_OK) {
            return status;
        }
    }
    return EMEND_OK;
}

// The first turns that are not sampled: those of the problem, or one that another policy made.
static EmendStatus begin_episode(const Engine *engine, const RolloutSettings *settings, size_t p,
                                 Trajectory *trajectory, EmendError *err) {
    if (p >= settings->n_first_attempts) {
        return take_given(engine, trajectory, settings->n_turns, err);
    }
    if (trajectory_copy_turn(&settings->first_attempts[p], 0, true, trajectory)) {
        return no_memory(err);
    }
    return rollout_next_prompt(engine, trajectory, err);
}

static EmendStatus start(const Engine *engine, const Problem *problems, size_t n_problems,
                         const RolloutSettings *settings, Trajectory *trajectories,
                         EmendError *err) {
    uint32_t n_samples = settings->samples_per_prompt * second_attempts(settings);
    for (size_t p = 0; p < n_problems; p++) {
        int32_t *tokens = NULL;
        size_t n = 0;
        EmendStatus status = rollout_prompt(engine, &problems[p], &tokens, &n, err);
        for (uint32_t s = 0; status == EMEND_OK && s < n_samples; s++) {
            Trajectory *trajectory = &trajectories[p * n_samples + s];
            *trajectory = (Trajectory){.problem = &problems[p],
                                       .group = settings->first_group + p,
                                       .sample = settings->first_sample + s};
            if (trajectory_append(trajectory, tokens, n)) {
                status = no_memory(err);
            } else {
                status = begin_episode(engine, settings, p, trajectory, err);
            }
        }
        free(tokens);
        if (status != EMEND_OK) {
            return status;
        }
    }
    return EMEND_OK;
}

static EmendStatus take_turns(const Engine *engine, EmendModel *model, Trajectory *trajectories,
                              size_t n, const RolloutSettings *settings, EmendError *err) {
    void *backend = engine->backend_component.self;
    EmendSession *session = NULL;
    Batch batch = {0};
    EmendStatus status = batch_init(&batch, n, settings->max_response_tokens, err);
    if (status == EMEND_OK) {
        status = engine->backend->session_open(backend, model, &session, err);
        status = engine_said(&engine->backend_component, "session_open", status, err);
    }
    for (uint32_t turn = 1; status == EMEND_OK && turn <= settings->n_turns; turn++) {
        for (size_t i = 0; status == EMEND_OK && i < n; i++) {
            // A given turn has its next prompt behind it already.
            if (turn > 1 && trajectories[i].n_turns == turn - 1 &&
                !trajectories[i].turns[turn - 2].is_given) {
                status = rollout_next_prompt(engine, &trajectories[i], err);
            }
        }
        if (status == EMEND_OK) {
            status = take_turn(engine, session, &batch, trajectories, turn, settings, err);
        }
        if (status == EMEND_OK && turn == 1) {
            status = copy_first_attempts(engine, &batch, trajectories, settings, err);
        }
        if (status == EMEND_OK && settings->grading) {
            grading_turn(settings->grading, trajectories, turn - 1);
        }
    }
    if (session) {
        engine->backend->session_close(backend, session);
    }
    batch_finish(&batch);
    return status;
}

size_t rollout_n_episodes(const RolloutSettings *settings, size_t n_problems) {
    return n_problems * settings->samples_per_prompt * second_attempts(settings);
}

EmendStatus rollout_run(const Engine *engine, EmendModel *model, const Problem *problems,
                        size_t n_problems, const RolloutSettings *settings, Trajectory **out,
                        EmendError *err) {
    size_t n = rollout_n_episodes(settings, n_problems);
    *out = calloc(n, sizeof **out);
    if (!*out) {
        return no_memory(err);
    }
    EmendStatus status = start(engine, problems, n_problems, settings, *out, err);
    return status == EMEND_OK ? take_turns(engine, model, *out, n, settings, err) : status;
}

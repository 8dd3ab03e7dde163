/* SPDX-License-Identifier: Apache-2.0 */
#include "train/trajectory.h"
#include <stdlib.h>
#include <string.h>

static EmendStatus reserve(Trajectory *trajectory, size_t n) {
    if (trajectory->n_tokens + n <= trajectory->capacity) {
        return EMEND_OK;
    }
    size_t capacity = (trajectory->n_tokens + n) * 2;
    int32_t *tokens = realloc(trajectory->tokens, capacity * sizeof *tokens);
    if (!tokens) {
        return EMEND_EXHAUSTED;
    }
    trajectory->tokens = tokens;
    float *log_probs = realloc(trajectory->sampler_log_probs, capacity * sizeof *log_probs);
    if (!log_probs) {
        return EMEND_EXHAUSTED;
    }
    trajectory->sampler_log_probs = log_probs;
    trajectory->capacity = capacity;
    return EMEND_OK;
}

EmendStatus trajectory_append(Trajectory *trajectory, const int32_t *tokens, size_t n) {
    EmendStatus status = reserve(trajectory, n);
    if (status != EMEND_OK || n == 0) {
        return status;
    }
    memcpy(trajectory->tokens + trajectory->n_tokens, tokens, n * sizeof *tokens);
    memset(trajectory->sampler_log_probs + trajectory->n_tokens, 0, n * sizeof(float));
    trajectory->n_tokens += n;
    return EMEND_OK;
}

EmendStatus trajectory_append_given(Trajectory *trajectory, const int32_t *tokens, size_t n,
                                    EmendStr response) {
    char *copy = calloc(1, (size_t)response.len + 1);
    EmendStatus status = copy ? trajectory_append(trajectory, tokens, n) : EMEND_EXHAUSTED;
    if (status != EMEND_OK) {
        free(copy);
        return status;
    }
    memcpy(copy, response.ptr, (size_t)response.len);
    trajectory->turns[trajectory->n_turns++] =
        (TrajectoryTurn){.begin = trajectory->n_tokens,
                         .is_given = true,
                         .n_given_tokens = n,
                         .temperature = 1.0f,
                         .response = copy,
                         .response_len = (size_t)response.len};
    return EMEND_OK;
}

EmendStatus trajectory_append_turn(Trajectory *trajectory, const int32_t *tokens,
                                   const float *log_probs, size_t n, bool is_truncated,
                                   float temperature) {
    size_t begin = trajectory->n_tokens;
    EmendStatus status = trajectory_append(trajectory, tokens, n);
    if (status != EMEND_OK) {
        return status;
    }
    if (log_probs && n > 0) {
        memcpy(trajectory->sampler_log_probs + begin, log_probs, n * sizeof *log_probs);
    }
    trajectory->turns[trajectory->n_turns++] = (TrajectoryTurn){
        .begin = begin, .n_tokens = n, .is_truncated = is_truncated, .temperature = temperature};
    return EMEND_OK;
}

static EmendStatus copy_text(const char *text, size_t len, char **out) {
    if (!text) {
        return EMEND_OK;
    }
    *out = malloc(len + 1);
    if (!*out) {
        return EMEND_EXHAUSTED;
    }
    memcpy(*out, text, len + 1);
    return EMEND_OK;
}

EmendStatus trajectory_copy_turn(const Trajectory *source, uint32_t turn, bool is_context,
                                 Trajectory *out) {
    const TrajectoryTurn *from = &source->turns[turn];
    const int32_t *tokens = source->tokens + from->begin - from->n_given_tokens;
    size_t n = from->n_given_tokens + from->n_tokens;
    EmendStr response = {from->response, from->response_len};
    EmendStatus status = EMEND_OK;
    if (is_context) {
        // The stop token that was sampled comes back as the template's.
        size_t n_stop = !from->is_given && !from->is_truncated ? 1 : 0;
        status = trajectory_append_given(out, tokens, n - n_stop, response);
    } else {
        status =
            trajectory_append_turn(out, tokens, NULL, n, from->is_truncated, from->temperature);
        if (status == EMEND_OK) {
            TrajectoryTurn *to = &out->turns[out->n_turns - 1];
            to->response_len = from->response_len;
            status = copy_text(from->response, from->response_len, &to->response);
        }
    }
    if (status == EMEND_OK) {
        TrajectoryTurn *to = &out->turns[out->n_turns - 1];
        to->is_truncated = from->is_truncated;
        to->grade = from->grade;
        to->reward = from->reward;
        to->state = from->state;
        to->extracted_len = from->extracted_len;
        status = copy_text(from->extracted, from->extracted_len, &to->extracted);
    }
    return status;
}

void trajectory_finish(Trajectory *trajectory) {
    free(trajectory->tokens);
    free(trajectory->sampler_log_probs);
    for (uint32_t t = 0; t < trajectory->n_turns; t++) {
        free(trajectory->turns[t].response);
        free(trajectory->turns[t].extracted);
    }
    *trajectory = (Trajectory){0};
}

void trajectories_destroy(Trajectory *trajectories, size_t n) {
    for (size_t i = 0; trajectories && i < n; i++) {
        trajectory_finish(&trajectories[i]);
    }
    free(trajectories);
}

bool trajectory_is_right(const Trajectory *trajectory, uint32_t turn) {
    const EmendScore *grade = &trajectory->turns[turn].grade;
    return grade->state == EMEND_SCORE_VALUE && grade->value > 0.5;
}

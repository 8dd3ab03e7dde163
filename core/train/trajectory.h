/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_TRAJECTORY_H
#define TRAIN_TRAJECTORY_H
/* One episode as it grows: an append-only array of tokens, with spans that say what each is.
 *
 * Sampled ids are never decoded and encoded again, and what was sampled is said by the spans, never
 * by token values: a stop token inside a prompt is a prompt token.
 */
#include "emend/algorithm.h"
#include "emend/task.h"
#include "train/problems.h"
#include <stdbool.h>

/* One turn, sampled or given. Texts are malloc'd. */
typedef struct TrajectoryTurn {
    size_t begin, n_tokens; /* of the sampled tokens, the stop token included */
    bool is_given;          /* no token of it is sampled, or none is learned */
    size_t n_given_tokens;  /* before `begin`, where it is given; no suffix among them */
    bool is_truncated;
    float temperature;
    char *response; /* decoded, without special tokens */
    size_t response_len;
    char *extracted; /* the task's reading of the answer; NULL: none */
    size_t extracted_len;
    EmendScore grade;
    double reward;
    uint32_t state; /* EMEND_TURN_* */
} TrajectoryTurn;

typedef struct Trajectory {
    const Problem *problem;
    uint64_t group;  /* which prompt of the step */
    uint32_t sample; /* which sample of the prompt */
    int32_t *tokens;
    float *sampler_log_probs; /* by token; 0 where not sampled */
    size_t n_tokens, capacity;
    TrajectoryTurn turns[MAX_TURNS];
    uint32_t n_turns;
} Trajectory;

/* Appends tokens that were not sampled. */
EmendStatus trajectory_append(Trajectory *trajectory, const int32_t *tokens, size_t n);
/* Appends a turn that is given, not sampled: its tokens, and its text, which is copied. */
EmendStatus trajectory_append_given(Trajectory *trajectory, const int32_t *tokens, size_t n,
                                    EmendStr response);
/* Appends a sampled turn; log_probs NULL for a demonstration. */
EmendStatus trajectory_append_turn(Trajectory *trajectory, const int32_t *tokens,
                                   const float *log_probs, size_t n, bool is_truncated,
                                   float temperature);
/* Appends a turn of another trajectory, with its texts, grade and reward; where it is context, as
 * one that is given: the token that ended it comes from the template then. */
EmendStatus trajectory_copy_turn(const Trajectory *source, uint32_t turn, bool is_context,
                                 Trajectory *out);
void trajectory_finish(Trajectory *trajectory);
/* Frees an array of them; NULL is allowed. */
void trajectories_destroy(Trajectory *trajectories, size_t n);
/* The task's score of a turn: true where it is a number above one half. */
bool trajectory_is_right(const Trajectory *trajectory, uint32_t turn);

#endif

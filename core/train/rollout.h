/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_ROLLOUT_H
#define TRAIN_ROLLOUT_H
/* prompt -> y1 -> (prompt, y1, instruction) -> y2 -> ...: samples every episode of a step, turn by
 * turn, in one batch. Turn t + 1 continues turn t's cache. */
#include "train/score.h"

typedef struct RolloutSettings {
    uint32_t n_turns, samples_per_prompt, max_response_tokens;
    uint32_t first_sample; /* the number of a prompt's first sample; others follow */
    float temperature, top_p;
    uint32_t top_k;
    EmendRandomKey key;       /* seed, step and purpose; episode and turn are filled in */
    Grading *grading;         /* is told of each turn once all episodes have it; NULL: nobody is */
    bool is_keyed_by_problem; /* the stream's episode is the problem's index and its step the
                                 sample's number, whatever the batch: what an evaluation wants */
} RolloutSettings;

/* Tokens of the first prompt: begin, user_prefix, prompt, user_suffix, assistant_prefix; malloc'd.
 */
EmendStatus rollout_prompt(const Engine *engine, const Problem *problem, int32_t **tokens,
                           size_t *n, EmendError *err);
/* Closes the last turn after its sampled tokens and appends the prompt of the next. */
EmendStatus rollout_next_prompt(const Engine *engine, Trajectory *trajectory, EmendError *err);
/* Fills TrajectoryTurn.response of the last turn from its tokens. */
EmendStatus rollout_decode(const Engine *engine, Trajectory *trajectory, EmendError *err);

/* The most tokens an episode of a problem can take: its prompt, every response at the limit, every
 * instruction as it reads after empty responses. */
EmendStatus rollout_longest(const Engine *engine, const Problem *problem, uint32_t n_turns,
                            uint32_t max_response_tokens, size_t *n, EmendError *err);

/* Samples samples_per_prompt episodes of each problem, groups together; the attempts that a problem
 * gives are its first turns. Episode (group, sample) uses the random stream of episode number group
 * * samples_per_prompt + sample. *out: malloc'd, n_problems * samples_per_prompt of them, pointing
 * at the problems; where this fails too, unless it is NULL then, and to be destroyed once `grading`
 * is closed. */
EmendStatus rollout_run(const Engine *engine, EmendModel *model, const Problem *problems,
                        size_t n_problems, const RolloutSettings *settings, Trajectory **out,
                        EmendError *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_ROLLOUT_H
#define TRAIN_ROLLOUT_H
/* prompt -> y1 -> (prompt, y1, instruction) -> y2 -> ...: samples every episode of a step, turn by
 * turn, in one batch. Turn t + 1 continues turn t's cache. */
#include "train/score.h"

typedef struct RolloutSettings {
    uint32_t n_turns, samples_per_prompt, max_response_tokens;
    uint32_t second_attempts; /* at each first one; 0 means 1 */
    uint32_t first_episode;   /* the number of the first one in the step */
    uint32_t first_group;     /* the same for groups */
    uint32_t first_sample;    /* the number of a prompt's first sample; others follow */
    float temperature, top_p;
    uint32_t top_k;
    EmendRandomKey key; /* seed, step and purpose; episode and turn are filled in */
    /* Of the first n_first_attempts problems: turn 1 of these is given. */
    const Trajectory *first_attempts;
    size_t n_first_attempts;
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

/* How many episodes rollout_run samples. */
size_t rollout_n_episodes(const RolloutSettings *settings, size_t n_problems);
/* Samples the episodes of each problem, groups together: samples_per_prompt first attempts, with
 * second_attempts episodes each, of which all but the first have the first attempt as given. The
 * attempts that a problem gives are its first turns. Episode i uses the random stream of episode
 * number first_episode + i. *out: malloc'd, rollout_n_episodes of them, pointing at the problems;
 * where this fails too, unless it is NULL then, and to be destroyed once `grading` is closed. */
EmendStatus rollout_run(const Engine *engine, EmendModel *model, const Problem *problems,
                        size_t n_problems, const RolloutSettings *settings, Trajectory **out,
                        EmendError *err);

#endif

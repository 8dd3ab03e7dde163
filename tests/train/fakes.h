/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TRAIN_FAKES_H
#define TESTS_TRAIN_FAKES_H
/* Components that do little, count their calls, and can be told to misbehave. */
#include "train/update.h"

/* Token ids: 0 begin, 1 end (the stop), 2 user, 3 assistant, 4 the token that cannot be told from 5
 * in text, 5 'a', 6 'b', ... */
#define FAKE_STOP 1
#define FAKE_TWIN 4
#define FAKE_VOCAB 32
/* The model whose log-probs are -9. */
#define FAKE_REFERENCE ((EmendModel *)8)

typedef struct Fake {
    Engine engine;
    Recipe recipe;
    EmendFactory task_factory; /* of which only the concurrency is looked at: zero, parallel */

    /* What generate hands out: responses by (turn, episode), each ending where a stop or -1 is. */
    int32_t response[MAX_TURNS][8][16];
    float log_prob;      /* reported for every sampled token */
    float forward_error; /* added by forward */
    float forward_kl;    /* what forward reports */
    float forward_nan;   /* not 0: forward reports NaN for the first token of each range */
    uint32_t n_generate, n_forward, n_backward, n_optimizer, n_sessions, n_tapes;
    int32_t seen[4096]; /* every token handed to generate, in order */
    size_t n_seen;
    EmendScoredRange ranges[64]; /* of every forward */
    size_t n_ranges;
    float coefficients[1024]; /* d_log_prob of every backward, in order */
    size_t n_coefficients;

    /* What the task says of the answer "a": its grade. All other answers are wrong. */
    EmendScore grade;
    /* What the reward plugin says, by turn. */
    EmendScore reward[MAX_TURNS];
    double coefficient;        /* what the algorithm gives every sampled token */
    float old_log_prob;        /* what it must be told */
    uint32_t n_with_reference; /* tokens it was told the reference's log-prob of */
} Fake;

void fake_init(Fake *fake);
/* A problem with this prompt and reference "a". */
Problem fake_problem(const char *prompt);
Component fake_reward(Fake *fake);
extern const EmendAlgorithm fake_algorithm;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TOY_H
#define TESTS_TOY_H
/* A softmax policy of a few tokens in double, and one optimizer step of an algorithm upon it: two
 * prompts, three samples each, two turns. What a host and a backend would do, small enough to be
 * differentiated by hand. */
#include "emend/algorithm.h"
#include "subject.h"

enum {
    TOY_EPISODES = 6,
    TOY_GROUP = 3,
    TOY_TURNS = 2,
    TOY_TOKENS = 4, /* of a turn, at most */
    TOY_VOCAB = 5,
    TOY_MAX_TURN_TOKENS = 16,
    TOY_METRICS = 64
};

/* Where one token's logits come from. */
typedef struct ToyToken {
    double logits[TOY_VOCAB];
    double reference[TOY_VOCAB];
    int32_t action;
} ToyToken;

/* Numbers at one token. */
typedef struct ToyMeasure {
    double log_probs[TOY_VOCAB]; /* of the policy */
    double entropy, kl;
} ToyMeasure;

/* A turn and an episode of a newer host, which knows of more than these headers say. */
typedef struct NewerTurn {
    EmendTurn turn;
    uint64_t unknown;
} NewerTurn;

typedef struct NewerEpisode {
    EmendEpisode episode;
    uint64_t unknown;
} NewerEpisode;

typedef struct NewerTerms {
    EmendTokenTerms terms;
    uint64_t unknown;
} NewerTerms;

/* Floats of one episode, turn after turn. */
typedef struct ToyFloats {
    float of[TOY_TURNS * TOY_TOKENS];
} ToyFloats;

typedef struct Toy {
    ToyToken tokens[TOY_EPISODES][TOY_TURNS][TOY_TOKENS];
    ToyFloats sampler[TOY_EPISODES];
    ToyFloats old[TOY_EPISODES], reference_log_probs[TOY_EPISODES];
    NewerTurn turns[TOY_EPISODES][TOY_TURNS];
    NewerEpisode episodes[TOY_EPISODES];
    NewerTerms terms[TOY_EPISODES];
    ToyFloats log_probs[TOY_EPISODES], entropies[TOY_EPISODES], kls[TOY_EPISODES];
    ToyFloats d_log_probs[TOY_EPISODES], d_entropies[TOY_EPISODES], d_kls[TOY_EPISODES];
    EmendTotals totals;
} Toy;

/* Metrics as a host keeps them. */
typedef struct Recorder {
    struct {
        char name[64];
        double sum, weight;
    } items[TOY_METRICS];
    int n;
} Recorder;

/* A step with logits, actions and rewards of its own, every turn rewarded. The sampler differs a
 * little from the policy, and so does the old policy, as after a few updates. */
void toy_init(Toy *toy);
EmendTurn *toy_turn(Toy *toy, int episode, int turn);
EmendSpan toy_episodes(Toy *toy);
/* The terms of the episodes begin <= i < end. */
EmendSpan toy_terms(Toy *toy, int begin, int end);
ToyMeasure toy_measure(const ToyToken *token);
/* Makes the sampler and the old policy the policy itself. */
void toy_sample_on_policy(Toy *toy);

EmendMetrics recorder_metrics(Recorder *recorder);
/* sum / weight; NaN where nothing was added. */
double recorder_get(const Recorder *recorder, const char *name);

/* Creates algorithm `name` from a config in text format. */
EmendStatus toy_create(Subject *algorithm, const char *name, const char *config);

/* Fills the log-probs from the logits, zeroes the coefficients and runs the algorithm on the whole
 * step; fails the test where it fails. metrics may be NULL. */
void toy_run(Toy *toy, Subject *algorithm, const EmendMetrics *metrics);
/* The parts of toy_run. */
void toy_fill(Toy *toy);
EmendStatus toy_advantages(Toy *toy, Subject *algorithm, const EmendMetrics *metrics);
EmendStatus toy_coefficients(Toy *toy, int begin, int end, Subject *algorithm,
                             const EmendMetrics *metrics);
/* dL/dlogit of one token by the coefficients there, as a backend computes it. */
double toy_logit_gradient(const Toy *toy, int episode, int turn, int k, int v);

#endif

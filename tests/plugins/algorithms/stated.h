/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_STATED_H
#define TESTS_STATED_H
/* The loss that plugins/algorithms/objective/objective.h states, written down a second time in
 * double, to be differentiated numerically at the logits of the toy. What stands under a
 * stop-gradient is read from a copy of the toy in which nothing moves. */
#include "toy.h"

typedef enum StatedSurrogate { STATED_CLIP, STATED_CISPO, STATED_UNBOUNDED } StatedSurrogate;
typedef enum StatedRatio { STATED_TOKEN, STATED_TURN_MEAN, STATED_TURN_SUM } StatedRatio;
typedef enum StatedKl {
    STATED_EXACT,
    STATED_K1_REWARD,
    STATED_K2,
    STATED_K3,
    STATED_K1,
    STATED_K3_RATIO
} StatedKl;
typedef enum StatedAggregation {
    STATED_TOKEN_SUM,
    STATED_TOKEN_MEAN,
    STATED_TOKEN_SUM_NORM,
    STATED_SEQ_TOKEN_MEAN,
    STATED_TOKEN_MEAN_OF_TURN
} StatedAggregation;

typedef struct Stated {
    StatedSurrogate surrogate;
    StatedRatio ratio;
    StatedKl kl;
    StatedAggregation aggregation, kl_aggregation;
    double low, high, dual; /* dual 0: none */
    double beta[TOY_TURNS];
    double lambda;
    double gamma, cost_scale;
    /* A of token k, before costs; of the toy that does not move. */
    double (*advantage)(const Toy *toy, int episode, int turn, int k);
} Stated;

double stated_loss(const Stated *stated, const Toy *toy, const Toy *still);
/* The coefficients in the toy against that loss, at every logit. `name` is for messages. */
void assert_stated_gradient(const Stated *stated, Toy *toy, const char *name);

/* advantages of common algorithms; turns without a reward have 0. */
double mean_of_group(const Toy *toy, int episode, int turn, int leave_out); /* leave_out: or -1 */
double toy_reward(const Toy *toy, int episode, int turn);
int toy_is_rewarded(const Toy *toy, int episode, int turn);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OBJECTIVE_KL_H
#define OBJECTIVE_KL_H
/* The anchor to the reference, and its estimators. With u = log_prob - reference log_prob of a
 * sampled token, and in brackets the gradient it has on the policy, in expectation:
 *
 *   EXACT                  KL(policy || reference) over the vocabulary   [itself, without noise]
 *   K1_IN_REWARD_REVERSE   u as a cost, in the advantages                [KL(policy || reference)]
 *   K2_IN_LOSS_REVERSE     u^2 / 2                                       [KL(policy || reference)]
 *   K3_IN_LOSS_FORWARD     e^-u - 1 + u, as in the first GRPO            [KL(reference || policy)]
 *   K1_IN_LOSS_NO_GRADIENT u                                             [none: it holds nothing]
 *   K3_TIMES_RATIO_REVERSE ratio * (e^-u - 1 + u)                        [KL(policy || reference)]
 *
 * None is clamped: a clamp lets go of the tokens that went furthest. See J. Schulman,
 * "Approximating KL divergence", for k1, k2, k3.
 */

enum {
    KL_EXACT = 0,
    KL_K1_IN_REWARD_REVERSE = 1,
    KL_K2_IN_LOSS_REVERSE = 2,
    KL_K3_IN_LOSS_FORWARD = 3,
    KL_K1_IN_LOSS_NO_GRADIENT = 4,
    KL_K3_TIMES_RATIO_REVERSE = 5
};

/* A term of the loss and its derivative by the log-prob. */
typedef struct KlTerm {
    double value, derivative;
} KlTerm;

/* An estimator that is in the loss, at one token; ratio: policy now / policy that sampled. */
KlTerm kl_term(int estimator, double log_prob, double reference_log_prob, double ratio);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OBJECTIVE_SURROGATE_H
#define OBJECTIVE_SURROGATE_H
/* The policy-gradient term of one token, P, and its derivative by the token's log-prob. With the
 * advantage A, the importance ratio r and clip(r) = min(max(r, 1 - low), 1 + high):
 *
 *   LOG_PROB  -A log_prob                          REINFORCE; no ratio
 *   RATIO     -A r                                 the same off the policy, unbounded
 *   CLIP      max(-A r, -A clip(r))                PPO (arXiv 1707.06347); with dual_clip c > 1,
 * for A < 0 no more than -A c              (arXiv 1912.09729) CISPO     -A stop_gradient(clip(r))
 * log_prob   arXiv 2506.13585; no token is blocked
 *
 * Both results are -A times a factor, which is returned.
 */
#include <stdbool.h>

typedef enum SurrogateKind {
    SURROGATE_CLIP = 0,
    SURROGATE_CISPO = 1,
    SURROGATE_LOG_PROB = 2,
    SURROGATE_RATIO = 3
} SurrogateKind;

typedef struct Surrogate {
    SurrogateKind kind;
    double clip_low, clip_high;
    double dual_clip; /* 0: none */
} Surrogate;

typedef struct SurrogateFactors {
    double value;      /* P = -A * value */
    double derivative; /* dP/dlog_prob = -A * derivative */
    bool is_clipped_low, is_clipped_high, is_clipped_dual;
} SurrogateFactors;

SurrogateFactors surrogate(const Surrogate *surrogate, double advantage, double ratio,
                           double log_prob);

#endif

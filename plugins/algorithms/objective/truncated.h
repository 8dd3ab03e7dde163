/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OBJECTIVE_TRUNCATED_H
#define OBJECTIVE_TRUNCATED_H
/* What becomes of a response that met its limit. Three objectives:
 *
 *   counted    nothing: its reward is what it is
 *   masked     its tokens have no policy gradient; its reward still counts in the baselines, its
 *              tokens in the normaliser ("overlong filtering", arXiv 2503.14476)
 *   penalised  every response loses  p * min(1, max(0, n - (limit - buffer)) / buffer)  of its
 *              reward, all of p where it is truncated ("soft overlong punishment", eq. 13 there)
 *
 * Config fields: truncated, overlong_buffer_tokens, overlong_penalty.
 */
#include "emend/algorithm.h"
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

enum { TRUNCATED_COUNTED = 0, TRUNCATED_MASKED = 1, TRUNCATED_PENALISED = 2 };

typedef struct Truncated {
    int rule; /* TRUNCATED_* */
    uint32_t buffer_tokens;
    double penalty;
} Truncated;

EmendStatus truncated_read(Truncated *truncated, const ProtobufCMessage *config, EmendError *err);
/* The reward that the objective sees. */
double truncated_reward(const Truncated *truncated, const EmendTotals *totals,
                        const EmendTurn *turn);
bool truncated_is_masked(const Truncated *truncated, const EmendTurn *turn);

#endif

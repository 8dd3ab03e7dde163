/* SPDX-License-Identifier: Apache-2.0 */
#include "truncated.h"
#include "settings.h"
#include <math.h>

EmendStatus truncated_read(Truncated *truncated, const ProtobufCMessage *config, EmendError *err) {
    *truncated = (Truncated){.rule = setting_enum(config, "truncated", TRUNCATED_COUNTED),
                             .buffer_tokens = setting_uint32(config, "overlong_buffer_tokens", 0),
                             .penalty = setting_double(config, "overlong_penalty", 0)};
    if (!(isfinite(truncated->penalty) && truncated->penalty >= 0)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "overlong_penalty: it is %g; it must be finite and 0 or more",
                          truncated->penalty);
    }
    if (truncated->rule != TRUNCATED_PENALISED && truncated->buffer_tokens > 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "overlong_buffer_tokens: it is %u, and nothing is penalised; it must be "
                          "0, or truncated must be PENALISED",
                          truncated->buffer_tokens);
    }
    return EMEND_OK;
}

double truncated_reward(const Truncated *truncated, const EmendTotals *totals,
                        const EmendTurn *turn) {
    if (truncated->rule != TRUNCATED_PENALISED) {
        return turn->reward;
    }
    if (turn->is_truncated) {
        return turn->reward - truncated->penalty;
    }
    double buffer = (double)truncated->buffer_tokens;
    double over = (double)turn->n_tokens - ((double)totals->max_turn_tokens - buffer);
    if (over <= 0 || buffer <= 0) {
        return turn->reward;
    }
    return turn->reward - truncated->penalty * fmin(1, over / buffer);
}

bool truncated_is_masked(const Truncated *truncated, const EmendTurn *turn) {
    return truncated->rule == TRUNCATED_MASKED && turn->is_truncated;
}

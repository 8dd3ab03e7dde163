/* SPDX-License-Identifier: Apache-2.0 */
#include "groups.h"
#include <math.h>

Group group_from(EmendSpan episodes, uint64_t begin) {
    const EmendEpisode *first = emend_span_at(episodes, begin);
    Group group = {episodes, begin, begin + 1};
    while (group.end < episodes.count &&
           ((const EmendEpisode *)emend_span_at(episodes, group.end))->group == first->group) {
        group.end++;
    }
    return group;
}

EmendTurn *turn_at(EmendSpan episodes, uint64_t i, uint32_t t) {
    const EmendEpisode *episode = emend_span_at(episodes, i);
    return t < episode->n_turns ? (EmendTurn *)(uintptr_t)emend_span_at(episode->turns, t) : NULL;
}

EmendTurn *rewarded_at(EmendSpan episodes, uint64_t i, uint32_t t) {
    EmendTurn *turn = turn_at(episodes, i, t);
    return turn && turn->state == EMEND_TURN_REWARDED ? turn : NULL;
}

bool is_given(EmendSpan episodes, uint64_t i, uint32_t t) {
    return turn_at(episodes, i, t)->n_tokens == 0;
}

uint32_t max_turns(EmendSpan episodes) {
    uint32_t n_turns = 0;
    for (uint64_t i = 0; i < episodes.count; i++) {
        const EmendEpisode *episode = emend_span_at(episodes, i);
        n_turns = episode->n_turns > n_turns ? episode->n_turns : n_turns;
    }
    return n_turns;
}

EmendStatus rewards_check(EmendSpan episodes, EmendError *err) {
    for (uint64_t i = 0; i < episodes.count; i++) {
        const EmendEpisode *episode = emend_span_at(episodes, i);
        for (uint32_t t = 0; t < episode->n_turns; t++) {
            const EmendTurn *turn = rewarded_at(episodes, i, t);
            if (turn && !isfinite(turn->reward)) {
                return emend_fail(err, EMEND_ABORTED,
                                  "episode %llu, turn %u: its reward is %g; it must be finite",
                                  (unsigned long long)i, t + 1, turn->reward);
            }
        }
    }
    return EMEND_OK;
}

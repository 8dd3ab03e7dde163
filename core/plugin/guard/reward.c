/* SPDX-License-Identifier: Apache-2.0 */
#include "emend/reward.h"
#include "plugin/guard/tables.h"

static const EmendReward *theirs(const Guarded *who) {
    return who->table;
}

static EmendStatus guarded_score(void *self, EmendSpan samples, uint64_t seed, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_WORKER, "score", err,
                 theirs(who)->score(who->self, samples, seed, err));
}

const EmendReward guarded_reward = {
    .struct_size = sizeof(EmendReward),
    .score = guarded_score,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithm "rloo": leave-one-out baselines by turn. The loss of objective.h, with P of CLIP on the
 * ratio of a turn (the product over its tokens) or of a token, and
 *
 *   A_it = r_it - mean of the other samples' r_jt.
 *
 * In the first update of a step the ratio is 1, and this is REINFORCE. Source: Ahmadian et al.,
 * arXiv 2402.14740. With kl_estimator K1_IN_REWARD_REVERSE the turn's whole k1 is taken from its
 * advantage, as there; it enters no baseline, which leaves the expected gradient as it is. */
#include "config.pb-c.h"
#include "relative.h"

static EmendStatus init(void *self, EmendError *err) {
    Relative *relative = self;
    EmendStatus status = relative_init(relative, err);
    relative->peers.leave_one_out = true;
    return status;
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    static const AlgorithmType type = {.name = "rloo",
                                       .config = &emend__algorithms__rloo__config__descriptor,
                                       .table = &relative_table,
                                       .self_bytes = sizeof(Relative),
                                       .init = init,
                                       .finish = relative_finish};
    return algorithm_open(host, &type, dir, out, err);
}

EMEND_DECLARE_PLUGIN("emend.algorithms.rloo", "0.1.0", plugin_open, algorithm_close,
                     algorithm_factory);

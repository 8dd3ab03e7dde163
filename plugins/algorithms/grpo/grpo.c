/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithm "grpo": group-relative policy optimisation by turn. The loss of objective.h, with
 *
 *   A_it = (r_it - mean of the group on turn t) / (standard deviation + epsilon)
 *
 * the CLIP or CISPO surrogate of each token's or each turn's ratio, and the sum over tokens by
 * `aggregation`. Sources: GRPO, eq. 3 of arXiv 2402.03300; Dr.GRPO, arXiv 2503.20783; DAPO, arXiv
 * 2503.14476; GSPO, arXiv 2507.18071; CISPO, arXiv 2506.13585. Over several turns, and with what
 * a standard deviation for each turn does to the progress bonus of SCoRe: see config.proto. */
#include "config.pb-c.h"
#include "relative.h"

typedef Emend__Algorithms__Grpo__Config Config;

static EmendStatus init(void *self, EmendError *err) {
    Relative *relative = self;
    EmendStatus status = relative_init(relative, err);
    const Config *config = (const Config *)relative->base.config;
    relative->peers.leave_one_out =
        config->baseline == EMEND__ALGORITHMS__GRPO__CONFIG__BASELINE__LEAVE_ONE_OUT;
    relative->scale = (int)config->scale;
    return status;
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    static const AlgorithmType type = {.name = "grpo",
                                       .config = &emend__algorithms__grpo__config__descriptor,
                                       .table = &relative_table,
                                       .self_bytes = sizeof(Relative),
                                       .init = init,
                                       .finish = relative_finish};
    return algorithm_open(host, &type, dir, out, err);
}

EMEND_DECLARE_PLUGIN("emend.algorithms.grpo", "0.1.0", plugin_open, algorithm_close,
                     algorithm_factory);

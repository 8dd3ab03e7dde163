/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithm "ppo": the clipped surrogate with dual clip, and a baseline from the samples of a
 * prompt in the place of a critic. The loss of objective.h, with P of CLIP on each token's ratio
 * and
 *
 *   A_it = r_it - b_it,  divided by one standard deviation of the step where scale_by_step is set.
 *
 * Sources: PPO, eq. 7 of arXiv 1707.06347; dual clip, eq. 5 of arXiv 1912.09729. */
#include "config.pb-c.h"
#include "relative.h"

typedef Emend__Algorithms__Ppo__Config Config;

static EmendStatus init(void *self, EmendError *err) {
    Relative *relative = self;
    EmendStatus status = relative_init(relative, err);
    const Config *config = (const Config *)relative->base.config;
    relative->is_centred = config->baseline != EMEND__ALGORITHMS__PPO__CONFIG__BASELINE__NONE;
    relative->peers.leave_one_out =
        config->baseline == EMEND__ALGORITHMS__PPO__CONFIG__BASELINE__LEAVE_ONE_OUT;
    relative->scale = config->scale_by_step ? SCALE_STEP : SCALE_NONE;
    return status;
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    static const AlgorithmType type = {.name = "ppo",
                                       .config = &emend__algorithms__ppo__config__descriptor,
                                       .table = &relative_table,
                                       .self_bytes = sizeof(Relative),
                                       .init = init,
                                       .finish = relative_finish};
    return algorithm_open(host, &type, dir, out, err);
}

EMEND_DECLARE_PLUGIN("emend.algorithms.ppo", "0.1.0", plugin_open, algorithm_close,
                     algorithm_factory);

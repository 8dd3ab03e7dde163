/* SPDX-License-Identifier: Apache-2.0 */
#include "train/settings.h"
#include <math.h>

const Emend__Rollout *stage_rollout(const Emend__Stage *stage) {
    static const Emend__Rollout defaults = EMEND__ROLLOUT__INIT;
    return stage->rollout ? stage->rollout : &defaults;
}

const Emend__Optimizer *stage_optimizer(const Emend__Stage *stage) {
    static const Emend__Optimizer defaults = EMEND__OPTIMIZER__INIT;
    return stage->optimizer ? stage->optimizer : &defaults;
}

const Emend__Evaluation *recipe_evaluation(const Emend__Recipe *recipe) {
    static const Emend__Evaluation defaults = EMEND__EVALUATION__INIT;
    return recipe->evaluation ? recipe->evaluation : &defaults;
}

const Emend__Checkpointing *recipe_checkpointing(const Emend__Recipe *recipe) {
    static const Emend__Checkpointing defaults = EMEND__CHECKPOINTING__INIT;
    return recipe->checkpoint ? recipe->checkpoint : &defaults;
}

double learning_rate_at(const Emend__Optimizer *optimizer, uint64_t update, uint64_t n_updates) {
    double peak = optimizer->learning_rate;
    uint64_t warmup = optimizer->warmup_steps;
    if (update < warmup) {
        return peak * (double)(update + 1) / (double)warmup;
    }
    if (n_updates <= warmup + 1) {
        return peak;
    }
    double progress = (double)(update - warmup) / (double)(n_updates - warmup - 1);
    double floor = peak * optimizer->final_ratio;
    switch (optimizer->schedule) {
    case EMEND__OPTIMIZER__SCHEDULE__LINEAR:
        return floor + (peak - floor) * (1 - progress);
    case EMEND__OPTIMIZER__SCHEDULE__COSINE:
        return floor + (peak - floor) * 0.5 * (1 + cos(progress * 3.14159265358979323846));
    default:
        return peak;
    }
}

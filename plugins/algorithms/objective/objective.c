/* SPDX-License-Identifier: Apache-2.0 */
/* What an objective is by its config, and its plan. */
#include "objective.h"
#include "groups.h"
#include "kl.h"
#include "settings.h"
#include <math.h>
#include <string.h>

enum { MAX_TURNS = 65536 };

static bool is_weight(double value) {
    return isfinite(value) && value >= 0;
}

static EmendStatus kl_check(const ProtobufCMessage *config, EmendError *err) {
    size_t n = 0;
    ProtobufCMessage *const *kls = setting_messages(config, "kl", &n);
    for (size_t i = 0; i < n; i++) {
        double weight = setting_double(kls[i], "weight", 0);
        uint32_t turn = setting_uint32(kls[i], "turn", 0);
        if (!setting_is_given(kls[i], "weight")) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "kl[%zu].weight: it is missing; it must be given", i);
        }
        if (!is_weight(weight)) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "kl[%zu].weight: it is %g; it must be finite and 0 or more", i,
                              weight);
        }
        for (size_t j = 0; j < i; j++) {
            if (setting_uint32(kls[j], "turn", 0) == turn) {
                return emend_fail(
                    err, EMEND_INVALID_ARGUMENT,
                    "kl[%zu].turn: it is %u, as in kl[%zu]; each turn (0: all others) "
                    "must be given once; remove one",
                    i, turn, j);
            }
        }
    }
    return EMEND_OK;
}

static EmendStatus surrogate_check(const Surrogate *surrogate, EmendError *err) {
    if (!(surrogate->clip_low >= 0 && surrogate->clip_low <= 1)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "clip_low: it is %g; it must be from 0 to 1",
                          surrogate->clip_low);
    }
    if (!is_weight(surrogate->clip_high)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "clip_high: it is %g; it must be finite and 0 or more",
                          surrogate->clip_high);
    }
    double dual = surrogate->dual_clip;
    if (dual != 0 && !(isfinite(dual) && dual > 1)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "dual_clip: it is %g; it must be finite and above 1, or 0 for none",
                          dual);
    }
    return EMEND_OK;
}

static EmendStatus objective_check(const Objective *objective, const ProtobufCMessage *config,
                                   EmendError *err) {
    if (!is_weight(objective->entropy_weight)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "entropy_weight: it is %g; it must be finite and 0 or more",
                          objective->entropy_weight);
    }
    if (objective->n_updates == 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "updates_per_rollout: it is 0; it must be 1 or more");
    }
    EmendStatus status = settings_check_enums(config, err);
    if (status == EMEND_OK) {
        status = surrogate_check(&objective->surrogate, err);
    }
    return status == EMEND_OK ? kl_check(config, err) : status;
}

EmendStatus objective_init(Objective *objective, const AlgorithmBase *base, EmendError *err) {
    const ProtobufCMessage *config = base->config;
    int aggregation = setting_enum(config, "aggregation", SEQ_MEAN_TOKEN_SUM);
    int kl_aggregation = setting_is_given(config, "kl_aggregation")
                             ? setting_enum(config, "kl_aggregation", aggregation)
                             : aggregation;
    *objective = (Objective){
        .base = base,
        .surrogate = {.kind = (SurrogateKind)setting_enum(config, "surrogate", SURROGATE_CLIP),
                      .clip_low = setting_double(config, "clip_low", 0),
                      .clip_high = setting_double(config, "clip_high", 0),
                      .dual_clip = setting_double(config, "dual_clip", 0)},
        .ratio = setting_enum(config, "ratio", RATIO_OF_TOKEN),
        .aggregation = (Aggregation)aggregation,
        .kl_aggregation = (Aggregation)kl_aggregation,
        .kl_estimator = setting_enum(config, "kl_estimator", KL_EXACT),
        .entropy_weight = setting_double(config, "entropy_weight", 0),
        .n_updates = setting_uint32(config, "updates_per_rollout", 1),
        .always_measures_kl = setting_bool(config, "always_measure_kl", false),
        .measures_entropy = setting_bool(config, "measure_entropy", false),
        .gamma = 1,
        .reward_scale = 1};
    EmendStatus status = objective_check(objective, config, err);
    return status == EMEND_OK ? truncated_read(&objective->truncated, config, err) : status;
}

void objective_finish(Objective *objective) {
    if (objective->base) {
        algorithm_free(objective->base, objective->turns);
    }
}

double objective_kl_weight(const Objective *objective, uint32_t turn) {
    size_t n = 0;
    ProtobufCMessage *const *kls = setting_messages(objective->base->config, "kl", &n);
    double weight = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t of = setting_uint32(kls[i], "turn", 0);
        if (of == turn) {
            return setting_double(kls[i], "weight", 0);
        }
        if (of == 0) {
            weight = setting_double(kls[i], "weight", 0);
        }
    }
    return weight;
}

static bool has_kl_weight(const Objective *objective) {
    size_t n = 0;
    ProtobufCMessage *const *kls = setting_messages(objective->base->config, "kl", &n);
    for (size_t i = 0; i < n; i++) {
        if (setting_double(kls[i], "weight", 0) > 0) {
            return true;
        }
    }
    return false;
}

void objective_plan(const Objective *objective, EmendPlan *plan) {
    bool has_kl = has_kl_weight(objective);
    bool is_exact = objective->kl_estimator == KL_EXACT;
    uint32_t needs = objective->always_measures_kl ? EMEND_NEED_KL : 0;
    if (has_kl) {
        needs |= is_exact ? EMEND_NEED_KL : EMEND_NEED_REFERENCE;
    }
    if (objective->measures_entropy || objective->entropy_weight > 0) {
        needs |= EMEND_NEED_ENTROPY;
    }
    plan->episodes = EMEND_EPISODES_ROLLOUT;
    plan->needs = needs;
    plan->n_updates = objective->n_updates;
}

EmendStatus objective_reserve(Objective *objective, uint32_t n_turns, EmendError *err) {
    const AlgorithmBase *base = objective->base;
    if (n_turns <= objective->n_turns) {
        return EMEND_OK;
    }
    if (n_turns > MAX_TURNS) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "episodes: one has %u turns; there must be %d or fewer", n_turns,
                          MAX_TURNS);
    }
    TurnTotals *turns = algorithm_alloc(base, n_turns, sizeof *turns);
    if (!turns) {
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory for %u turns", base->type->name,
                          n_turns);
    }
    if (objective->n_turns > 0) {
        memcpy(turns, objective->turns, objective->n_turns * sizeof *turns);
    }
    for (uint32_t t = objective->n_turns; t < n_turns; t++) {
        turns[t].kl_weight = objective_kl_weight(objective, t + 1);
    }
    algorithm_free(base, objective->turns);
    objective->turns = turns;
    objective->n_turns = n_turns;
    return EMEND_OK;
}

EmendStatus objective_begin(Objective *objective, EmendSpan episodes, EmendError *err) {
    EmendStatus status = objective_reserve(objective, max_turns(episodes), err);
    if (status != EMEND_OK) {
        return status;
    }
    for (uint32_t t = 0; t < objective->n_turns; t++) {
        TurnTotals *totals = &objective->turns[t];
        totals->n_tokens = totals->n_kls = 0;
        totals->kl_sum = totals->baseline = 0;
        for (uint64_t i = 0; i < episodes.count; i++) {
            const EmendTurn *turn = turn_at(episodes, i, t);
            totals->n_tokens += turn ? turn->n_tokens : 0;
        }
    }
    objective->reward_scale = 1;
    return EMEND_OK;
}

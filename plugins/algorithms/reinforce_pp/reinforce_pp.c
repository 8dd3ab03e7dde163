/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithm "reinforce_pp": REINFORCE++ by turn. The loss of objective.h, with P of CLIP on each
 * token's ratio and the advantage of token k of a turn of n tokens
 *
 *   A_itk = (G_itk - m_t) / (s + epsilon) - costs / (s + epsilon),   G_itk = gamma^(n - 1 - k) R_it
 *
 *   R      the turn's reward, less the group's mean on that turn where the baseline is GROUP_MEAN
 *   m_t    the mean of G over the tokens of turn t in the whole step
 *   s      their standard deviation about these means, over the tokens of all turns
 *   costs  sum_{s >= k} gamma^(s - k) beta_t u_its of K1_IN_REWARD_REVERSE (objective.h)
 *
 * over the turns that take part in the policy gradient. Source: Hu et al., arXiv 2501.03262, where
 * there is one turn, and m and s are of the returns with their costs. */
#include "baseline.h"
#include "config.pb-c.h"
#include "groups.h"
#include "objective.h"
#include <math.h>

typedef Emend__Algorithms__ReinforcePp__Config Config;

typedef struct ReinforcePp {
    AlgorithmBase base;
    const Config *config;
    Objective objective;
    bool has_warned_lone;
} ReinforcePp;

/* A sum over tokens. */
typedef struct TokenSum {
    double sum;
    double n;
} TokenSum;

static EmendTurn *active_at(const ReinforcePp *pp, EmendSpan episodes, uint64_t i, uint32_t t) {
    EmendTurn *turn = rewarded_at(episodes, i, t);
    return turn && !truncated_is_masked(&pp->objective.truncated, turn) ? turn : NULL;
}

/* Adds (G - about)^power over the tokens of a turn whose advantage is R. */
static void tokens_add(TokenSum *to, const EmendTurn *turn, double gamma, double about, int power) {
    double discount = 1;
    for (uint64_t k = 0; k < turn->n_tokens; k++) {
        double deviation = discount * turn->advantage - about;
        to->sum += power == 1 ? deviation : deviation * deviation;
        to->n += 1;
        discount *= gamma;
    }
}

/* The mean return of turn t, about the first one's reward, so that equal ones have exactly it. */
static double turn_mean(const ReinforcePp *pp, EmendSpan episodes, uint32_t t) {
    const EmendTurn *first = NULL;
    TokenSum sum = {0};
    for (uint64_t i = 0; i < episodes.count; i++) {
        const EmendTurn *turn = active_at(pp, episodes, i, t);
        if (turn) {
            first = first ? first : turn;
            tokens_add(&sum, turn, pp->objective.gamma, first->advantage, 1);
        }
    }
    return first && sum.n > 0 ? first->advantage + sum.sum / sum.n : 0;
}

/* From rewards less their baseline, in the turns' advantages, to whitened returns. */
static void whiten(ReinforcePp *pp, const Rewards *rewards) {
    Objective *objective = &pp->objective;
    EmendSpan episodes = rewards->episodes;
    TokenSum squares = {0};
    for (uint32_t t = 0; t < rewards->n_turns; t++) {
        objective->turns[t].baseline = turn_mean(pp, episodes, t);
        for (uint64_t i = 0; i < episodes.count; i++) {
            const EmendTurn *turn = active_at(pp, episodes, i, t);
            if (turn) {
                tokens_add(&squares, turn, objective->gamma, objective->turns[t].baseline, 2);
            }
        }
    }
    double deviation = squares.n > 0 ? sqrt(squares.sum / squares.n) : 0;
    // Rewards that are all alike have no scale; costs then keep their own.
    objective->reward_scale = deviation > 0 ? 1 / (deviation + pp->config->scale_epsilon) : 1;
    for (uint32_t t = 0; t < rewards->n_turns; t++) {
        double *baseline = &objective->turns[t].baseline;
        for (uint64_t i = 0; i < episodes.count; i++) {
            EmendTurn *turn = turn_at(episodes, i, t);
            if (turn) {
                turn->advantage = active_at(pp, episodes, i, t)
                                      ? (turn->advantage - *baseline) * objective->reward_scale
                                      : 0;
            }
        }
        *baseline *= objective->reward_scale;
    }
}

static EmendStatus plan(void *self, uint64_t step, EmendPlan *plan_out, EmendError *err) {
    (void)step;
    (void)err;
    objective_plan(&((const ReinforcePp *)self)->objective, plan_out);
    return EMEND_OK;
}

static EmendStatus advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                              const EmendMetrics *metrics, EmendError *err) {
    ReinforcePp *pp = self;
    Rewards rewards = {0};
    EmendStatus status = rewards_of(episodes, totals, &pp->objective.truncated, &rewards, err);
    if (status == EMEND_OK) {
        status = objective_begin(&pp->objective, episodes, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    if (pp->config->baseline == EMEND__ALGORITHMS__REINFORCE_PP__CONFIG__BASELINE__GROUP_MEAN) {
        centre_on_group(&rewards, (Peers){0}, &pp->base, &pp->has_warned_lone, metrics);
    } else {
        for (uint32_t t = 0; t < rewards.n_turns; t++) {
            centre_on(&rewards, t, 0);
        }
    }
    whiten(pp, &rewards);
    report_advantages(&rewards, metrics);
    return EMEND_OK;
}

static EmendStatus coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                const EmendMetrics *metrics, EmendError *err) {
    return objective_coefficients(&((ReinforcePp *)self)->objective, terms, totals, metrics, err);
}

static EmendStatus init(void *self, EmendError *err) {
    ReinforcePp *pp = self;
    const Config *config = (const Config *)pp->base.config;
    pp->config = config;
    if (!(config->gamma > 0 && config->gamma <= 1)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "gamma: it is %g; it must be above 0 and at most 1", config->gamma);
    }
    if (!(isfinite(config->scale_epsilon) && config->scale_epsilon > 0)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "scale_epsilon: it is %g; it must be finite and above 0",
                          config->scale_epsilon);
    }
    EmendStatus status = objective_init(&pp->objective, &pp->base, err);
    pp->objective.gamma = config->gamma;
    return status;
}

static void finish(void *self) {
    objective_finish(&((ReinforcePp *)self)->objective);
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    static const EmendAlgorithm table = {.struct_size = sizeof(EmendAlgorithm),
                                         .plan = plan,
                                         .advantages = advantages,
                                         .coefficients = coefficients};
    static const AlgorithmType type = {.name = "reinforce_pp",
                                       .config =
                                           &emend__algorithms__reinforce_pp__config__descriptor,
                                       .table = &table,
                                       .self_bytes = sizeof(ReinforcePp),
                                       .init = init,
                                       .finish = finish};
    return algorithm_open(host, &type, dir, out, err);
}

EMEND_DECLARE_PLUGIN("emend.algorithms.reinforce_pp", "0.1.0", plugin_open, algorithm_close,
                     algorithm_factory);

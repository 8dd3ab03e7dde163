/* SPDX-License-Identifier: Apache-2.0 */
/* Log-probs to coefficients, in double and rounded once. An episode's depend on nothing but its own
 * advantages, the config and the totals of the step. */
#include "reinforce.h"
#include <math.h>
#include <stdbool.h>

typedef Emend__Algorithms__Reinforce__Config__Aggregation Aggregation;

/* The numbers of one turn of an episode. */
typedef struct TurnTerms {
    const EmendTurn *turn;
    uint32_t number; /* from 1 */
    const float *log_probs, *entropies, *kls;
    float *d_log_probs, *d_entropies, *d_kls;
} TurnTerms;

/* An episode's share of the metrics. */
typedef struct Losses {
    double policy, kl, entropy;
} Losses;

/* 1/Z of a turn of n_turn_tokens > 0. */
static double token_weight(Aggregation aggregation, const EmendTotals *totals,
                           uint64_t n_turn_tokens) {
    double n_episodes = (double)totals->n_episodes;
    switch (aggregation) {
    case EMEND__ALGORITHMS__REINFORCE__CONFIG__AGGREGATION__TOKEN_MEAN:
        return 1 / (double)totals->n_tokens;
    case EMEND__ALGORITHMS__REINFORCE__CONFIG__AGGREGATION__SEQ_MEAN_TOKEN_SUM_NORM:
        return 1 / (n_episodes * (double)totals->max_turn_tokens);
    case EMEND__ALGORITHMS__REINFORCE__CONFIG__AGGREGATION__SEQ_MEAN_TOKEN_MEAN:
        return 1 / (n_episodes * (double)n_turn_tokens);
    default:
        return 1 / n_episodes;
    }
}

static Aggregation kl_aggregation(const Config *config) {
    return config->has_kl_aggregation ? config->kl_aggregation : config->aggregation;
}

static float *at(float *numbers, uint64_t offset) {
    return numbers ? numbers + offset : NULL;
}

static const float *const_at(const float *numbers, uint64_t offset) {
    return numbers ? numbers + offset : NULL;
}

static TurnTerms turn_terms(const EmendTokenTerms *terms, uint32_t t, uint64_t offset) {
    TurnTerms result = {.turn = emend_span_at(terms->episode->turns, t),
                        .number = t + 1,
                        .log_probs = terms->log_probs + offset,
                        .entropies = const_at(terms->entropies, offset),
                        .kls = const_at(terms->kls, offset),
                        .d_log_probs = terms->d_log_probs + offset,
                        .d_entropies = at(terms->d_entropies, offset),
                        .d_kls = at(terms->d_kls, offset)};
    return result;
}

static EmendStatus not_finite(const TurnTerms *terms, uint64_t k, const char *what, double value,
                              EmendError *err) {
    return emend_fail(err, EMEND_ABORTED,
                      "turn %u, sampled token %llu: its %s is %g; it must be finite; lower the "
                      "learning rate or updates_per_rollout",
                      terms->number, (unsigned long long)k, what, value);
}

/* Policy gradient: P_itk of reinforce.h. */
static EmendStatus policy_terms(const Config *config, const EmendTotals *totals,
                                const TurnTerms *terms, Losses *losses, double *mass,
                                EmendError *err) {
    const EmendTurn *turn = terms->turn;
    double advantage = turn->state == EMEND_TURN_REWARDED ? turn->advantage : 0;
    bool has_ratio = config->updates_per_rollout > 1;
    if (has_ratio && !turn->sampler_log_probs) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "updates_per_rollout: it is %u, and the episodes carry no sampler "
                          "log-probs; it must be 1",
                          config->updates_per_rollout);
    }
    for (uint64_t k = 0; k < turn->n_tokens; k++) {
        double log_prob = (double)terms->log_probs[k];
        if (!isfinite(log_prob)) {
            return not_finite(terms, k, "log-prob", log_prob, err);
        }
        if (advantage == 0) {
            continue;
        }
        double weight = -advantage * token_weight(config->aggregation, totals, turn->n_tokens);
        double ratio = has_ratio ? exp(log_prob - (double)turn->sampler_log_probs[k]) : 1;
        terms->d_log_probs[k] = (float)(weight * ratio);
        if (!isfinite(terms->d_log_probs[k])) {
            return not_finite(terms, k, "coefficient", (double)terms->d_log_probs[k], err);
        }
        losses->policy += weight * (has_ratio ? ratio : log_prob);
        *mass += fabs(weight * ratio);
    }
    return EMEND_OK;
}

/* The anchor to the reference, on every turn whatever its reward. */
static EmendStatus kl_terms(const Config *config, const EmendTotals *totals, const TurnTerms *terms,
                            Losses *losses, double *total, EmendError *err) {
    uint64_t n = terms->turn->n_tokens;
    double beta = reinforce_kl_weight(config, terms->number);
    if (beta > 0 && n > 0 && !(terms->kls && terms->d_kls)) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "kl: turn %u has weight %g, and its tokens come without a KL; the "
                          "backend must compute what was planned",
                          terms->number, beta);
    }
    for (uint64_t k = 0; k < n && terms->kls; k++) {
        double kl = (double)terms->kls[k];
        if (!isfinite(kl)) {
            return not_finite(terms, k, "KL", kl, err);
        }
        *total += kl;
        if (beta > 0) {
            double weight = beta * token_weight(kl_aggregation(config), totals, n);
            terms->d_kls[k] = (float)weight;
            losses->kl += weight * kl;
        }
    }
    return EMEND_OK;
}

static EmendStatus entropy_terms(const Config *config, const EmendTotals *totals,
                                 const TurnTerms *terms, Losses *losses, EmendError *err) {
    uint64_t n = terms->turn->n_tokens;
    double lambda = config->entropy_weight;
    if (lambda > 0 && n > 0 && !(terms->entropies && terms->d_entropies)) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "entropy_weight: it is %g, and turn %u comes without entropies; the "
                          "backend must compute what was planned",
                          lambda, terms->number);
    }
    for (uint64_t k = 0; k < n && terms->entropies; k++) {
        double entropy = (double)terms->entropies[k];
        if (!isfinite(entropy)) {
            return not_finite(terms, k, "entropy", entropy, err);
        }
        losses->entropy += entropy;
        if (lambda > 0) {
            double weight = lambda * token_weight(config->aggregation, totals, n);
            terms->d_entropies[k] = (float)-weight;
        }
    }
    return EMEND_OK;
}

/* Sums over the step are reported once for each episode, N times too large and with weight 1, so
 * that neither the cut into micro-batches nor the number of updates changes what the host divides
 * out. */
static EmendStatus turn_coefficients(const Config *config, const EmendTotals *totals,
                                     const TurnTerms *terms, Losses *losses,
                                     const EmendMetrics *metrics, EmendError *err) {
    double mass = 0;
    double kl = 0;
    EmendStatus status = policy_terms(config, totals, terms, losses, &mass, err);
    if (status == EMEND_OK) {
        status = kl_terms(config, totals, terms, losses, &kl, err);
    }
    if (status == EMEND_OK) {
        status = entropy_terms(config, totals, terms, losses, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    reinforce_report(metrics, "actor/coef_mass", terms->number, mass * (double)totals->n_episodes,
                     1);
    if (terms->kls && terms->turn->n_tokens > 0) {
        reinforce_report(metrics, "kl/ref", terms->number, kl, (double)terms->turn->n_tokens);
    }
    return EMEND_OK;
}

static EmendStatus lengths_check(const EmendTokenTerms *terms, EmendError *err) {
    uint64_t n_tokens = 0;
    for (uint32_t t = 0; t < terms->episode->n_turns; t++) {
        n_tokens += ((const EmendTurn *)emend_span_at(terms->episode->turns, t))->n_tokens;
    }
    if (n_tokens == terms->n_tokens) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_INVALID_ARGUMENT,
                      "terms: they are for %llu tokens, and the turns have %llu; they must agree",
                      (unsigned long long)terms->n_tokens, (unsigned long long)n_tokens);
}

static EmendStatus episode_coefficients(const Config *config, const EmendTotals *totals,
                                        const EmendTokenTerms *terms, const EmendMetrics *metrics,
                                        EmendError *err) {
    Losses losses = {0};
    uint64_t offset = 0;
    EmendStatus status = lengths_check(terms, err);
    for (uint32_t t = 0; status == EMEND_OK && t < terms->episode->n_turns; t++) {
        TurnTerms turn = turn_terms(terms, t, offset);
        status = turn_coefficients(config, totals, &turn, &losses, metrics, err);
        offset += turn.turn->n_tokens;
    }
    if (status != EMEND_OK) {
        return status;
    }
    double n_episodes = (double)totals->n_episodes;
    reinforce_report(metrics, "actor/pg_loss", 0, losses.policy * n_episodes, 1);
    reinforce_report(metrics, "actor/kl_loss", 0, losses.kl * n_episodes, 1);
    if (terms->entropies && terms->n_tokens > 0) {
        reinforce_report(metrics, "actor/entropy", 0, losses.entropy, (double)terms->n_tokens);
    }
    return EMEND_OK;
}

static EmendStatus totals_check(const Config *config, const EmendTotals *totals, EmendError *err) {
    const Aggregation norm =
        EMEND__ALGORITHMS__REINFORCE__CONFIG__AGGREGATION__SEQ_MEAN_TOKEN_SUM_NORM;
    bool has_norm = config->aggregation == norm || kl_aggregation(config) == norm;
    if (totals->n_episodes == 0 || totals->n_tokens == 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "totals: %llu episodes and %llu tokens; a step must have some of both",
                          (unsigned long long)totals->n_episodes,
                          (unsigned long long)totals->n_tokens);
    }
    if (has_norm && totals->max_turn_tokens == 0) {
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "aggregation: SEQ_MEAN_TOKEN_SUM_NORM divides by the limit on a response, "
            "which is 0; it must be 1 or more; choose another aggregation");
    }
    return EMEND_OK;
}

EmendStatus reinforce_coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                   const EmendMetrics *metrics, EmendError *err) {
    const Reinforce *reinforce = self;
    EmendStatus status = terms.count > 0 ? totals_check(reinforce->config, totals, err) : EMEND_OK;
    for (uint64_t i = 0; status == EMEND_OK && i < terms.count; i++) {
        status =
            episode_coefficients(reinforce->config, totals, emend_span_at(terms, i), metrics, err);
    }
    return status;
}

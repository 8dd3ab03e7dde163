/* SPDX-License-Identifier: Apache-2.0 */
/* Log-probs to coefficients, in double and rounded once. An episode's depend on nothing but its own
 * advantages, the config and the totals of the step. */
#include "kl.h"
#include "objective.h"
#include "report.h"
#include <math.h>

/* The numbers of one turn of an episode; NULL: not given. */
typedef struct TurnTerms {
    const EmendTurn *turn;
    uint32_t number; /* from 1 */
    const float *log_probs, *entropies, *kls, *references;
    const float *olds; /* what the ratio is against; NULL: the ratio is 1 */
    float *d_log_probs, *d_entropies, *d_kls;
    double w, v;       /* of objective.h */
    double turn_ratio; /* where the ratio is the turn's */
    double kl_weight;
} TurnTerms;

/* What is being computed, the same for all episodes of a call. */
typedef struct Work {
    Objective *objective;
    const EmendTotals *totals;
    const EmendMetrics *metrics;
} Work;

/* An episode's share of the metrics. */
typedef struct Sums {
    double policy, kl, entropy, update_kl, reward_cost;
    double bonus;       /* what the loss is lowered by for entropy */
    uint64_t n_updated; /* tokens with a ratio */
    uint64_t n_active;  /* tokens of turns that take part in the policy gradient */
    uint64_t n_low, n_high, n_dual;
} Sums;

/* 1/Z of a turn of n_turn_tokens > 0. */
static double token_weight(Aggregation aggregation, const Work *work, const TurnTerms *terms) {
    const Objective *objective = work->objective;
    double n_episodes = (double)work->totals->n_episodes;
    switch (aggregation) {
    case TOKEN_MEAN:
        return 1 / (double)work->totals->n_tokens;
    case SEQ_MEAN_TOKEN_SUM_NORM:
        return 1 / (n_episodes * (double)work->totals->max_turn_tokens);
    case SEQ_MEAN_TOKEN_MEAN:
        return 1 / (n_episodes * (double)terms->turn->n_tokens);
    case TOKEN_MEAN_OF_TURN:
        return 1 / (double)objective->turns[terms->number - 1].n_tokens;
    default:
        return 1 / n_episodes;
    }
}

static float *at(float *numbers, uint64_t offset) {
    return numbers ? numbers + offset : NULL;
}

static const float *const_at(const float *numbers, uint64_t offset) {
    return numbers ? numbers + offset : NULL;
}

static EmendStatus not_finite(const TurnTerms *terms, uint64_t k, const char *what, double value,
                              EmendError *err) {
    return emend_fail(err, EMEND_ABORTED,
                      "turn %u, sampled token %llu: its %s is %g; it must be finite; lower the "
                      "learning rate or updates_per_rollout",
                      terms->number, (unsigned long long)k, what, value);
}

static EmendStatus check_finite(const TurnTerms *terms, const float *numbers, const char *what,
                                EmendError *err) {
    for (uint64_t k = 0; numbers && k < terms->turn->n_tokens; k++) {
        if (!isfinite(numbers[k])) {
            return not_finite(terms, k, what, (double)numbers[k], err);
        }
    }
    return EMEND_OK;
}

/* Finds what the ratio is against. */
static EmendStatus olds_of(const Objective *objective, const EmendTokenTerms *terms,
                           uint64_t offset, TurnTerms *out, EmendError *err) {
    const char *missing = NULL;
    if (objective->surrogate.kind == SURROGATE_LOG_PROB) {
        return EMEND_OK;
    }
    if (objective->is_against_sampler) {
        out->olds = out->turn->sampler_log_probs;
        missing = "sampler";
    } else if (EMEND_HAS(EmendTokenTerms, terms, old_log_probs)) {
        out->olds = terms->old_log_probs + offset;
    } else if (objective->n_updates > 1) {
        missing = "old";
    }
    if (missing && !out->olds && out->turn->n_tokens > 0) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "updates_per_rollout: it is %u, and the episodes carry no %s "
                          "log-probs; it must be 1",
                          objective->n_updates, missing);
    }
    return EMEND_OK;
}

static double token_ratio(const TurnTerms *terms, uint64_t k) {
    return terms->olds ? exp((double)terms->log_probs[k] - (double)terms->olds[k]) : 1;
}

static double turn_ratio(const TurnTerms *terms, int of) {
    double sum = 0;
    uint64_t n = terms->turn->n_tokens;
    for (uint64_t k = 0; terms->olds && k < n; k++) {
        sum += (double)terms->log_probs[k] - (double)terms->olds[k];
    }
    return exp(of == RATIO_OF_TURN_MEAN && n > 0 ? sum / (double)n : sum);
}

static EmendStatus turn_terms(const Work *work, const EmendTokenTerms *terms, uint32_t t,
                              uint64_t offset, TurnTerms *out, EmendError *err) {
    const Objective *objective = work->objective;
    const float *references =
        EMEND_HAS(EmendTokenTerms, terms, reference_log_probs) ? terms->reference_log_probs : NULL;
    *out = (TurnTerms){.turn = emend_span_at(terms->episode->turns, t),
                       .number = t + 1,
                       .log_probs = terms->log_probs + offset,
                       .entropies = const_at(terms->entropies, offset),
                       .kls = const_at(terms->kls, offset),
                       .references = const_at(references, offset),
                       .d_log_probs = terms->d_log_probs + offset,
                       .d_entropies = at(terms->d_entropies, offset),
                       .d_kls = at(terms->d_kls, offset),
                       .turn_ratio = 1,
                       .kl_weight = t < objective->n_turns ? objective->turns[t].kl_weight
                                                           : objective_kl_weight(objective, t + 1)};
    bool is_by_turn = objective->aggregation == TOKEN_MEAN_OF_TURN ||
                      objective->kl_aggregation == TOKEN_MEAN_OF_TURN;
    if (is_by_turn && t >= objective->n_turns) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "coefficients: the step's tokens are not counted; `advantages` must come "
                          "first and succeed");
    }
    out->w = token_weight(objective->aggregation, work, out);
    out->v = token_weight(objective->kl_aggregation, work, out);
    EmendStatus status = olds_of(objective, terms, offset, out, err);
    if (status == EMEND_OK) {
        status = check_finite(out, out->log_probs, "log-prob", err);
    }
    if (status == EMEND_OK) {
        status = check_finite(out, out->olds, "old log-prob", err);
    }
    if (status == EMEND_OK) {
        status = check_finite(out, out->references, "reference log-prob", err);
    }
    if (status == EMEND_OK && objective->ratio != RATIO_OF_TOKEN) {
        out->turn_ratio = turn_ratio(out, objective->ratio);
    }
    return status;
}

static bool takes_part(const Objective *objective, const EmendTurn *turn) {
    return turn->state == EMEND_TURN_REWARDED && !truncated_is_masked(&objective->truncated, turn);
}

/* The turn's advantage at token k, where its reward is discounted over the tokens it is ahead. */
static double discounted(const Work *work, const TurnTerms *terms, uint64_t k) {
    const Objective *objective = work->objective;
    double advantage = terms->turn->advantage;
    if (objective->gamma < 1 && terms->number <= objective->n_turns) {
        double baseline = objective->turns[terms->number - 1].baseline;
        double n_ahead = (double)(terms->turn->n_tokens - 1 - k);
        advantage = pow(objective->gamma, n_ahead) * (advantage + baseline) - baseline;
    }
    return advantage;
}

/* Adds the policy gradient of one token. */
static EmendStatus token_policy(const Work *work, const TurnTerms *terms, uint64_t k,
                                double advantage, Sums *sums, double *mass, EmendError *err) {
    const Objective *objective = work->objective;
    bool is_of_token = objective->ratio == RATIO_OF_TOKEN;
    double ratio = is_of_token ? token_ratio(terms, k) : terms->turn_ratio;
    SurrogateFactors factors =
        surrogate(&objective->surrogate, advantage, ratio, (double)terms->log_probs[k]);
    double weight = -advantage * terms->w;
    double coefficient = weight * factors.derivative;
    // A product over the turn is one term of the loss, not one for each token.
    bool is_shared =
        objective->ratio == RATIO_OF_TURN_SUM && objective->surrogate.kind != SURROGATE_CISPO;
    double share = is_shared ? (double)terms->turn->n_tokens : 1;
    terms->d_log_probs[k] = (float)coefficient;
    if (!isfinite(terms->d_log_probs[k])) {
        return not_finite(terms, k, "coefficient", (double)terms->d_log_probs[k], err);
    }
    sums->policy += weight * factors.value / share;
    sums->n_low += factors.is_clipped_low;
    sums->n_high += factors.is_clipped_high;
    sums->n_dual += factors.is_clipped_dual;
    *mass += fabs(coefficient);
    return EMEND_OK;
}

/* What token k costs by the policy that sampled it. */
static double token_cost(const TurnTerms *terms, uint64_t k) {
    const float *then = terms->olds ? terms->olds : terms->log_probs;
    return terms->kl_weight * ((double)then[k] - (double)terms->references[k]);
}

static double turn_cost(const TurnTerms *terms) {
    double cost = 0;
    for (uint64_t k = 0; k < terms->turn->n_tokens; k++) {
        cost += token_cost(terms, k);
    }
    return cost;
}

/* P of objective.h, from the last token to the first, for costs add up that way. */
static EmendStatus policy_terms(const Work *work, const TurnTerms *terms, Sums *sums, double *mass,
                                EmendError *err) {
    const Objective *objective = work->objective;
    bool has_cost = objective->kl_estimator == KL_K1_IN_REWARD_REVERSE && terms->kl_weight > 0;
    bool is_of_token = objective->ratio == RATIO_OF_TOKEN;
    bool is_active = takes_part(objective, terms->turn);
    double cost = has_cost && !is_of_token ? turn_cost(terms) : 0;
    for (uint64_t left = terms->turn->n_tokens; left > 0; left--) {
        uint64_t k = left - 1;
        double advantage = is_active ? discounted(work, terms, k) : 0;
        if (has_cost) {
            double own = token_cost(terms, k);
            cost = is_of_token ? own + objective->gamma * cost : cost;
            sums->reward_cost += own;
            advantage -= cost * objective->reward_scale;
        }
        sums->n_active += is_active;
        if (advantage != 0) {
            EmendStatus status = token_policy(work, terms, k, advantage, sums, mass, err);
            if (status != EMEND_OK) {
                return status;
            }
        }
        if (terms->olds) {
            sums->update_kl += (double)terms->olds[k] - (double)terms->log_probs[k];
            sums->n_updated++;
        }
    }
    return EMEND_OK;
}

static EmendStatus exact_kl_terms(const Work *work, const TurnTerms *terms, Sums *sums,
                                  double *total, EmendError *err) {
    Objective *objective = work->objective;
    uint64_t n = terms->turn->n_tokens;
    bool is_weighted = objective->kl_estimator == KL_EXACT && terms->kl_weight > 0;
    if (is_weighted && n > 0 && !(terms->kls && terms->d_kls)) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "kl: turn %u has weight %g, and its tokens come without a KL; the "
                          "backend must compute what was planned",
                          terms->number, terms->kl_weight);
    }
    for (uint64_t k = 0; k < n && terms->kls; k++) {
        double kl = (double)terms->kls[k];
        if (!isfinite(kl)) {
            return not_finite(terms, k, "KL", kl, err);
        }
        *total += kl;
        if (is_weighted) {
            double weight = terms->kl_weight * terms->v;
            terms->d_kls[k] = (float)weight;
            sums->kl += weight * kl;
        }
    }
    if (terms->kls && terms->number <= objective->n_turns) {
        objective->turns[terms->number - 1].kl_sum += *total;
        objective->turns[terms->number - 1].n_kls += n;
    }
    return EMEND_OK;
}

/* Estimators that stand in the loss. */
static EmendStatus estimated_kl_terms(const Work *work, const TurnTerms *terms, Sums *sums,
                                      EmendError *err) {
    const Objective *objective = work->objective;
    for (uint64_t k = 0; k < terms->turn->n_tokens; k++) {
        KlTerm term = kl_term(objective->kl_estimator, (double)terms->log_probs[k],
                              (double)terms->references[k], token_ratio(terms, k));
        double weight = terms->kl_weight * terms->v;
        double coefficient = (double)terms->d_log_probs[k] + weight * term.derivative;
        terms->d_log_probs[k] = (float)coefficient;
        sums->kl += weight * term.value;
        if (!isfinite(terms->d_log_probs[k])) {
            return not_finite(terms, k, "KL's coefficient", (double)terms->d_log_probs[k], err);
        }
    }
    return EMEND_OK;
}

static EmendStatus references_check(const Work *work, const TurnTerms *terms, EmendError *err) {
    bool is_needed = work->objective->kl_estimator != KL_EXACT && terms->kl_weight > 0;
    if (!is_needed || terms->references || terms->turn->n_tokens == 0) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_PRECONDITION,
                      "kl_estimator: turn %u has weight %g, and its tokens come without the "
                      "reference's log-probs; the host must give what was planned",
                      terms->number, terms->kl_weight);
}

static EmendStatus entropy_terms(const Work *work, const TurnTerms *terms, Sums *sums,
                                 EmendError *err) {
    uint64_t n = terms->turn->n_tokens;
    double lambda = work->objective->entropy_weight;
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
        sums->entropy += entropy;
        if (lambda > 0) {
            terms->d_entropies[k] = (float)-(lambda * terms->w);
            sums->bonus += lambda * terms->w * entropy;
        }
    }
    return EMEND_OK;
}

static EmendStatus turn_coefficients(const Work *work, const TurnTerms *terms, Sums *sums,
                                     EmendError *err) {
    int estimator = work->objective->kl_estimator;
    double mass = 0;
    double kl = 0;
    EmendStatus status = references_check(work, terms, err);
    if (status == EMEND_OK) {
        status = policy_terms(work, terms, sums, &mass, err);
    }
    if (status == EMEND_OK) {
        status = exact_kl_terms(work, terms, sums, &kl, err);
    }
    if (status == EMEND_OK && estimator != KL_EXACT && estimator != KL_K1_IN_REWARD_REVERSE &&
        terms->kl_weight > 0) {
        status = estimated_kl_terms(work, terms, sums, err);
    }
    if (status == EMEND_OK) {
        status = entropy_terms(work, terms, sums, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    report(work->metrics, "actor/coef_mass", terms->number, mass * (double)work->totals->n_episodes,
           1);
    if (terms->kls && terms->turn->n_tokens > 0) {
        report(work->metrics, "kl/ref", terms->number, kl, (double)terms->turn->n_tokens);
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

/* Sums over the step are reported once for each episode, N times too large and with weight 1, so
 * that neither the cut into micro-batches nor the number of updates changes what the host divides
 * out. */
static void report_episode(const Work *work, const EmendTokenTerms *terms, const Sums *sums) {
    const Objective *objective = work->objective;
    double n_episodes = (double)work->totals->n_episodes;
    double loss = sums->policy + sums->kl - sums->bonus;
    report(work->metrics, EMEND_METRIC_LOSS, 0, loss * n_episodes, 1);
    report(work->metrics, "actor/pg_loss", 0, sums->policy * n_episodes, 1);
    report(work->metrics, "actor/kl_loss", 0, sums->kl * n_episodes, 1);
    if (terms->entropies && terms->n_tokens > 0) {
        report(work->metrics, "actor/entropy", 0, sums->entropy, (double)terms->n_tokens);
    }
    if (objective->kl_estimator == KL_K1_IN_REWARD_REVERSE && terms->n_tokens > 0) {
        report(work->metrics, "actor/reward_kl_penalty", 0, sums->reward_cost,
               (double)terms->n_tokens);
    }
    if (sums->n_updated > 0) {
        report(work->metrics, "actor/ppo_kl", 0, sums->update_kl, (double)sums->n_updated);
    }
    SurrogateKind kind = objective->surrogate.kind;
    if ((kind == SURROGATE_CLIP || kind == SURROGATE_CISPO) && sums->n_active > 0) {
        double n_active = (double)sums->n_active;
        report(work->metrics, "actor/clip_frac_low", 0, (double)sums->n_low, n_active);
        report(work->metrics, "actor/clip_frac_high", 0, (double)sums->n_high, n_active);
        if (objective->surrogate.dual_clip > 0) {
            report(work->metrics, "actor/clip_frac_dual", 0, (double)sums->n_dual, n_active);
        }
    }
}

static EmendStatus episode_coefficients(const Work *work, const EmendTokenTerms *terms,
                                        EmendError *err) {
    Sums sums = {0};
    uint64_t offset = 0;
    EmendStatus status = lengths_check(terms, err);
    for (uint32_t t = 0; status == EMEND_OK && t < terms->episode->n_turns; t++) {
        TurnTerms turn = {0};
        status = turn_terms(work, terms, t, offset, &turn, err);
        if (status == EMEND_OK) {
            status = turn_coefficients(work, &turn, &sums, err);
            offset += turn.turn->n_tokens;
        }
    }
    if (status == EMEND_OK) {
        report_episode(work, terms, &sums);
    }
    return status;
}

static EmendStatus totals_check(const Work *work, EmendError *err) {
    const EmendTotals *totals = work->totals;
    const Objective *objective = work->objective;
    bool has_norm = objective->aggregation == SEQ_MEAN_TOKEN_SUM_NORM ||
                    objective->kl_aggregation == SEQ_MEAN_TOKEN_SUM_NORM;
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

EmendStatus objective_coefficients(Objective *objective, EmendSpan terms, const EmendTotals *totals,
                                   const EmendMetrics *metrics, EmendError *err) {
    Work work = {objective, totals, metrics};
    EmendStatus status = terms.count > 0 ? totals_check(&work, err) : EMEND_OK;
    for (uint64_t i = 0; status == EMEND_OK && i < terms.count; i++) {
        status = episode_coefficients(&work, emend_span_at(terms, i), err);
    }
    return status;
}

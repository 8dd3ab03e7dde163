/* SPDX-License-Identifier: Apache-2.0 */
/* The loss of dpo.h at the pairs of a step. */
#include "dpo.h"
#include "groups.h"
#include "report.h"
#include <math.h>

EmendStatus dpo_advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                           const EmendMetrics *metrics, EmendError *err) {
    Dpo *dpo = self;
    Group group = {0};
    (void)totals;
    dpo->n_pairs = 0;
    for (uint64_t begin = 0; begin < episodes.count; begin = group.end) {
        group = group_from(episodes, begin);
        uint64_t n = group.end - group.begin;
        if (n % 2 != 0) {
            dpo->n_pairs = 0;
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "episodes: a group has %llu; they must be pairs, as `compose` makes "
                              "them",
                              (unsigned long long)n);
        }
        dpo->n_pairs += n / 2;
        for (uint64_t i = group.begin; i < group.end; i++) {
            const EmendEpisode *episode = emend_span_at(episodes, i);
            for (uint32_t t = 0; t < episode->n_turns; t++) {
                EmendTurn *turn = turn_at(episodes, i, t);
                double side = (i - group.begin) % 2 == 0 ? 1 : -1;
                turn->advantage = turn->n_tokens > 0 ? side : 0;
            }
        }
    }
    report(metrics, "dpo/pairs", 0, (double)dpo->n_pairs, 1);
    return EMEND_OK;
}

/* What the tokens of one side sum to. */
typedef struct Side {
    const EmendTokenTerms *terms;
    double log_ratio, log_prob;
    double n;
} Side;

static EmendStatus side_sum(const EmendTokenTerms *terms, Side *side, EmendError *err) {
    *side = (Side){.terms = terms, .n = (double)terms->n_tokens};
    if (!EMEND_HAS(EmendTokenTerms, terms, reference_log_probs)) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "terms: they come without the reference's log-probs; the host must give "
                          "what was planned");
    }
    for (uint64_t k = 0; k < terms->n_tokens; k++) {
        double log_prob = (double)terms->log_probs[k];
        double reference = (double)terms->reference_log_probs[k];
        if (!isfinite(log_prob) || !isfinite(reference)) {
            return emend_fail(err, EMEND_ABORTED,
                              "learned token %llu of an episode: its log-prob is %g, by the "
                              "reference %g; both must be finite; lower the learning rate",
                              (unsigned long long)k, log_prob, reference);
        }
        side->log_ratio += log_prob - reference;
        side->log_prob += log_prob;
    }
    return EMEND_OK;
}

/* -log sigmoid(x), for all x. */
static double minus_log_sigmoid(double x) {
    return x > 0 ? log1p(exp(-x)) : -x + log1p(exp(x));
}

static double sigmoid(double x) {
    return x > 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

/* A pair's loss and its derivatives by the sums of log-ratios. */
typedef struct PairLoss {
    double value, d_better, d_worse;
} PairLoss;

static PairLoss sigmoid_loss(const Config *config, const Side *better, const Side *worse) {
    double x = config->beta * (better->log_ratio - worse->log_ratio);
    double e = config->label_smoothing;
    double slope = config->beta * (-(1 - e) * sigmoid(-x) + e * sigmoid(x));
    return (PairLoss){(1 - e) * minus_log_sigmoid(x) + e * minus_log_sigmoid(-x), slope, -slope};
}

static PairLoss ipo_loss(const Config *config, const Side *better, const Side *worse) {
    double h = better->log_ratio / better->n - worse->log_ratio / worse->n;
    double off = h - 1 / (2 * config->beta);
    return (PairLoss){off * off, 2 * off / better->n, -2 * off / worse->n};
}

static EmendStatus fill(const Side *side, double coefficient, EmendError *err) {
    if (!isfinite((float)coefficient)) {
        return emend_fail(err, EMEND_ABORTED,
                          "a pair's coefficient is %g; it must be finite; lower the learning rate",
                          coefficient);
    }
    for (uint64_t k = 0; k < side->terms->n_tokens; k++) {
        side->terms->d_log_probs[k] = (float)coefficient;
    }
    return EMEND_OK;
}

static void report_pair(const Config *config, const Side *better, const Side *worse, double loss,
                        const EmendMetrics *metrics) {
    double chosen = config->beta * better->log_ratio;
    double rejected = config->beta * worse->log_ratio;
    report(metrics, EMEND_METRIC_LOSS, 0, loss, 1);
    report(metrics, "rewards/chosen", 0, chosen, 1);
    report(metrics, "rewards/rejected", 0, rejected, 1);
    report(metrics, "rewards/margins", 0, chosen - rejected, 1);
    report(metrics, "rewards/accuracies", 0, chosen > rejected ? 1 : 0, 1);
    report(metrics, "logps/chosen", 0, better->log_prob, 1);
    report(metrics, "logps/rejected", 0, worse->log_prob, 1);
}

static EmendStatus pair_coefficients(const Dpo *dpo, const EmendTokenTerms *first,
                                     const EmendTokenTerms *second, const EmendMetrics *metrics,
                                     EmendError *err) {
    const Config *config = dpo->config;
    double n_pairs = (double)dpo->n_pairs;
    Side better = {0}, worse = {0};
    if (first->episode->group != second->episode->group || first->n_tokens == 0 ||
        second->n_tokens == 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "terms: two neighbours are no pair; they must be of one group, each with "
                          "tokens to learn");
    }
    EmendStatus status = side_sum(first, &better, err);
    if (status == EMEND_OK) {
        status = side_sum(second, &worse, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    PairLoss loss = config->loss == EMEND__ALGORITHMS__DPO__CONFIG__LOSS__IPO
                        ? ipo_loss(config, &better, &worse)
                        : sigmoid_loss(config, &better, &worse);
    loss.value -= config->nll_weight * better.log_prob / better.n;
    loss.d_better -= config->nll_weight / better.n;
    status = fill(&better, loss.d_better / n_pairs, err);
    if (status == EMEND_OK) {
        status = fill(&worse, loss.d_worse / n_pairs, err);
    }
    if (status == EMEND_OK) {
        report_pair(config, &better, &worse, loss.value, metrics);
    }
    return status;
}

EmendStatus dpo_coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                             const EmendMetrics *metrics, EmendError *err) {
    const Dpo *dpo = self;
    (void)totals;
    if (dpo->n_pairs == 0 || terms.count % 2 != 0) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "coefficients: there are %llu pairs in the step and %llu episodes here; "
                          "`advantages` must come first and succeed, and groups stay whole",
                          (unsigned long long)dpo->n_pairs, (unsigned long long)terms.count);
    }
    EmendStatus status = EMEND_OK;
    for (uint64_t i = 0; status == EMEND_OK && i < terms.count; i += 2) {
        status = pair_coefficients(dpo, emend_span_at(terms, i), emend_span_at(terms, i + 1),
                                   metrics, err);
    }
    return status;
}

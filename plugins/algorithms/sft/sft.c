/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithm "sft": mean cross-entropy over the tokens of the trained turns of a step,
 *
 *   L = - 1/Z * sum log_prob,   Z the tokens trained in the whole step,
 *
 * so the coefficient of each trained token is -1/Z. */
#include "config.pb-c.h"
#include "groups.h"
#include "instance.h"
#include "report.h"
#include <math.h>
#include <stdbool.h>

typedef Emend__Algorithms__Sft__Config Config;

typedef struct Sft {
    AlgorithmBase base;
    const Config *config; /* the base's */
    uint64_t n_trained;   /* Z; 0 until `advantages` counted it */
} Sft;

/* Where a turn's tokens lie in an episode's terms. */
typedef struct TurnSlice {
    uint32_t number; /* from 1 */
    uint64_t offset, n_tokens;
} TurnSlice;

static bool trains_turn(const Config *config, uint32_t turn) {
    for (size_t i = 0; i < config->n_turn; i++) {
        if (config->turn[i] == turn) {
            return true;
        }
    }
    return config->n_turn == 0;
}

static EmendStatus plan(void *self, uint64_t step, EmendPlan *plan_out, EmendError *err) {
    (void)self;
    (void)step;
    (void)err;
    plan_out->episodes = EMEND_EPISODES_DEMONSTRATION;
    plan_out->needs = 0;
    plan_out->n_updates = 1;
    return EMEND_OK;
}

/* A trained turn has advantage 1, for cross-entropy is REINFORCE with that advantage. */
static EmendStatus advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                              const EmendMetrics *metrics, EmendError *err) {
    Sft *sft = self;
    uint64_t n_tokens = 0;
    (void)metrics;
    sft->n_trained = 0;
    for (uint64_t i = 0; i < episodes.count; i++) {
        const EmendEpisode *episode = emend_span_at(episodes, i);
        for (uint32_t t = 0; t < episode->n_turns; t++) {
            EmendTurn *turn = turn_at(episodes, i, t);
            bool is_trained = trains_turn(sft->config, t + 1);
            turn->advantage = is_trained ? 1 : 0;
            n_tokens += turn->n_tokens;
            sft->n_trained += is_trained ? turn->n_tokens : 0;
        }
    }
    if (n_tokens != totals->n_tokens) {
        sft->n_trained = 0;
        return emend_fail(
            err, EMEND_INVALID_ARGUMENT,
            "totals: %llu tokens, and the episodes have %llu; the totals must be over "
            "the same episodes",
            (unsigned long long)totals->n_tokens, (unsigned long long)n_tokens);
    }
    if (sft->n_trained == 0) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "turn: no demonstration of this step has a token on a turn listed; list "
                          "turns that the task demonstrates");
    }
    return EMEND_OK;
}

static EmendStatus turn_coefficients(const Sft *sft, const EmendTokenTerms *terms, TurnSlice slice,
                                     double *nll, EmendError *err) {
    for (uint64_t k = slice.offset; k < slice.offset + slice.n_tokens; k++) {
        if (!isfinite(terms->log_probs[k])) {
            return emend_fail(err, EMEND_ABORTED,
                              "turn %u, token %llu: its log-prob is %g; it must be finite; lower "
                              "the learning rate",
                              slice.number, (unsigned long long)(k - slice.offset),
                              (double)terms->log_probs[k]);
        }
        terms->d_log_probs[k] = (float)(-1 / (double)sft->n_trained);
        *nll -= (double)terms->log_probs[k];
    }
    return EMEND_OK;
}

static EmendStatus episode_coefficients(const Sft *sft, const EmendTokenTerms *terms,
                                        const EmendTotals *totals, const EmendMetrics *metrics,
                                        EmendError *err) {
    double nll = 0;
    uint64_t n_trained = 0;
    TurnSlice slice = {0};
    for (uint32_t t = 0; t < terms->episode->n_turns; t++) {
        const EmendTurn *turn = emend_span_at(terms->episode->turns, t);
        slice.number = t + 1;
        slice.n_tokens = turn->n_tokens;
        if (slice.n_tokens > terms->n_tokens - slice.offset) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "terms: they are for %llu tokens; the turns must have no more",
                              (unsigned long long)terms->n_tokens);
        }
        if (trains_turn(sft->config, slice.number)) {
            EmendStatus status = turn_coefficients(sft, terms, slice, &nll, err);
            if (status != EMEND_OK) {
                return status;
            }
            n_trained += slice.n_tokens;
        }
        slice.offset += slice.n_tokens;
    }
    if (n_trained > 0) {
        report(metrics, "sft/nll", 0, nll, (double)n_trained);
    }
    // Summed over the step's episodes and divided by their number this is L, however they are cut.
    report(metrics, EMEND_METRIC_LOSS, 0, nll / (double)sft->n_trained * (double)totals->n_episodes,
           1);
    return EMEND_OK;
}

static EmendStatus coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                const EmendMetrics *metrics, EmendError *err) {
    const Sft *sft = self;
    if (sft->n_trained == 0) {
        return emend_fail(err, EMEND_PRECONDITION,
                          "coefficients: the step's tokens are not counted; `advantages` must come "
                          "first and succeed");
    }
    for (uint64_t i = 0; i < terms.count; i++) {
        EmendStatus status =
            episode_coefficients(sft, emend_span_at(terms, i), totals, metrics, err);
        if (status != EMEND_OK) {
            return status;
        }
    }
    return EMEND_OK;
}

static EmendStatus init(void *self, EmendError *err) {
    Sft *sft = self;
    sft->config = (const Config *)sft->base.config;
    for (size_t i = 0; i < sft->config->n_turn; i++) {
        if (sft->config->turn[i] == 0) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "turn[%zu]: it is 0; turns count from 1; leave the list empty to "
                              "train on every turn",
                              i);
        }
    }
    return EMEND_OK;
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    static const EmendAlgorithm table = {.struct_size = sizeof(EmendAlgorithm),
                                         .plan = plan,
                                         .advantages = advantages,
                                         .coefficients = coefficients};
    static const AlgorithmType type = {.name = "sft",
                                       .config = &emend__algorithms__sft__config__descriptor,
                                       .table = &table,
                                       .self_bytes = sizeof(Sft),
                                       .init = init};
    return algorithm_open(host, &type, dir, out, err);
}

EMEND_DECLARE_PLUGIN("emend.algorithms.sft", "0.1.0", plugin_open, algorithm_close,
                     algorithm_factory);

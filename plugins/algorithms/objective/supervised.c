/* SPDX-License-Identifier: Apache-2.0 */
#include "supervised.h"
#include "groups.h"
#include "report.h"
#include <math.h>

EmendStatus supervised_advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                                  const EmendMetrics *metrics, EmendError *err) {
    uint64_t n_tokens = 0;
    (void)self;
    (void)metrics;
    for (uint64_t i = 0; i < episodes.count; i++) {
        const EmendEpisode *episode = emend_span_at(episodes, i);
        for (uint32_t t = 0; t < episode->n_turns; t++) {
            EmendTurn *turn = turn_at(episodes, i, t);
            turn->advantage = turn->n_tokens > 0 ? 1 : 0;
            n_tokens += turn->n_tokens;
        }
    }
    if (n_tokens != totals->n_tokens) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "totals: %llu tokens, and the episodes have %llu; the totals must be "
                          "over the same episodes",
                          (unsigned long long)totals->n_tokens, (unsigned long long)n_tokens);
    }
    return EMEND_OK;
}

EmendStatus supervised_coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                    const EmendMetrics *metrics, EmendError *err) {
    double n_tokens = (double)totals->n_tokens;
    (void)self;
    for (uint64_t i = 0; i < terms.count; i++) {
        const EmendTokenTerms *episode = emend_span_at(terms, i);
        double nll = 0;
        if (episode->n_tokens > totals->n_tokens) {
            return emend_fail(
                err, EMEND_INVALID_ARGUMENT, "terms: they are for %llu tokens; the step has %llu",
                (unsigned long long)episode->n_tokens, (unsigned long long)totals->n_tokens);
        }
        for (uint64_t k = 0; k < episode->n_tokens; k++) {
            if (!isfinite(episode->log_probs[k])) {
                return emend_fail(err, EMEND_ABORTED,
                                  "learned token %llu of an episode: its log-prob is %g; it must "
                                  "be finite; lower the learning rate",
                                  (unsigned long long)k, (double)episode->log_probs[k]);
            }
            episode->d_log_probs[k] = (float)(-1 / n_tokens);
            nll -= (double)episode->log_probs[k];
        }
        if (episode->n_tokens > 0) {
            report(metrics, "sft/nll", 0, nll, (double)episode->n_tokens);
            // Over the step's episodes this sums to N times L, however they are cut.
            report(metrics, EMEND_METRIC_LOSS, 0, nll / n_tokens * (double)totals->n_episodes, 1);
        }
    }
    return EMEND_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* REINFORCE over a moving average of each turn's rewards, with one thing spoiled: each component is
 * named after its defect. "sound" has none; "silent" has none and reports no loss, "composes" none
 * and composes its episodes. */
#include "emend/algorithm.h"
#include "spoiled.h"
#include <math.h>

enum { TURNS = 2 };

typedef struct Learner {
    Spoiled spoiled; /* first */
    double mean[TURNS];
    uint64_t n_calls;
} Learner;

static double shared_calls; // of all instances: a defect of its own

static EmendStatus plan(void *self, uint64_t step, EmendPlan *out, EmendError *err) {
    (void)step, (void)err;
    out->episodes = EMEND_EPISODES_ROLLOUT;
    out->needs = EMEND_NEED_KL;
    out->n_updates = has(self, "plans_no_update") ? 0 : 1;
    return EMEND_OK;
}

static const EmendEpisode *episode_at(const void *self, EmendSpan episodes, uint64_t i) {
    if (has(self, "episodes_by_index")) {
        episodes.stride = sizeof(EmendEpisode);
    }
    return emend_span_at(episodes, i);
}

static EmendTurn *turn_at(const EmendEpisode *episode, uint32_t t) {
    return (EmendTurn *)(uintptr_t)emend_span_at(episode->turns, t);
}

static double mean_reward(const void *self, EmendSpan episodes, uint32_t t) {
    double sum = 0, n = 0;
    for (uint64_t i = 0; i < episodes.count; i++) {
        const EmendTurn *turn = turn_at(episode_at(self, episodes, i), t);
        if (turn->state == EMEND_TURN_REWARDED || has(self, "left_out_in_mean")) {
            sum += turn->reward;
            n++;
        }
    }
    return n > 0 ? sum / n : 0;
}

static void set_advantage(const Learner *learner, const EmendEpisode *episode, uint32_t t,
                          double baseline) {
    EmendTurn *turn = turn_at(episode, t);
    bool counts = turn->state == EMEND_TURN_REWARDED || has(learner, "blind_to_state");
    turn->advantage = counts ? turn->reward - baseline : 0;
    if (has(learner, "credit_from_later") && counts && t == 0) {
        turn->advantage += turn_at(episode, 1)->reward;
    }
    if (has(learner, "credit_from_earlier") && counts && t == 1) {
        turn->advantage -= turn_at(episode, 0)->reward;
    }
    if (has(learner, "clears_reward")) {
        turn->reward = 0;
    }
}

static EmendStatus advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                              const EmendMetrics *metrics, EmendError *err) {
    Learner *learner = self;
    (void)totals, (void)metrics;
    if (has(self, "trusts_memory")) {
        char *block = learner->spoiled.host->alloc(learner->spoiled.host, 64, 0);
        block[0] = 1;
        learner->spoiled.host->free(learner->spoiled.host, block);
    }
    shared_calls++;
    for (uint32_t t = 0; t < TURNS; t++) {
        double mean = mean_reward(self, episodes, t);
        double baseline = 0.5 * learner->mean[t] + 0.5 * mean;
        if (has(self, "one_for_all")) {
            baseline += shared_calls;
        }
        for (uint64_t i = 0; i < episodes.count && !(t == 1 && has(self, "one_turn")); i++) {
            set_advantage(learner, episode_at(self, episodes, i), t, baseline);
        }
        learner->mean[t] = baseline;
    }
    return isfinite(learner->mean[0] + learner->mean[1])
               ? EMEND_OK
               : emend_fail(err, EMEND_ABORTED, "rewards: their mean is not finite");
}

static double token_terms(const Learner *learner, const EmendTokenTerms *terms, uint64_t k,
                          double advantage, double n) {
    double log_prob = (double)terms->log_probs[k], kl = (double)terms->kls[k];
    double factor = has(learner, "half_the_slope") ? 0.5 : 1.0;
    if (has(learner, "weighs_by_log_prob")) {
        terms->d_log_probs[k] = (float)(-advantage / n * (1 + log_prob));
        return -advantage / n * (log_prob + log_prob * log_prob / 2);
    }
    terms->d_log_probs[k] = (float)(-advantage / n * factor);
    terms->d_kls[k] = (float)((has(learner, "kl_sign") ? -0.1 : 0.1) / n);
    return (-advantage * log_prob + 0.1 * kl) / n;
}

static EmendStatus coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                const EmendMetrics *metrics, EmendError *err) {
    Learner *learner = self;
    double n = has(self, "mean_of_call") ? (double)terms.count : (double)totals->n_episodes;
    if (has(self, "counts_calls")) {
        n += (double)learner->n_calls++;
    }
    for (uint64_t i = 0; i < terms.count; i++) {
        const EmendTokenTerms *episode = emend_span_at(terms, i);
        double loss = 0;
        uint64_t k = 0;
        for (uint32_t t = 0; t < TURNS; t++) {
            const EmendTurn *turn = turn_at(episode->episode, t);
            for (uint64_t end = k + turn->n_tokens; k < end; k++) {
                loss += token_terms(learner, episode, k, turn->advantage, n);
                if (!isfinite(episode->d_log_probs[k]) && !has(self, "weighs_by_log_prob")) {
                    return emend_fail(err, EMEND_ABORTED, "a coefficient is not finite");
                }
            }
        }
        if (has(self, "one_coefficient_more")) {
            ((volatile float *)episode->d_log_probs)[k] = 0;
        }
        if (metrics && !has(self, "silent")) {
            metrics->add(metrics->ctx, EMEND_METRIC_LOSS, loss * (double)totals->n_episodes, 1);
        }
    }
    return EMEND_OK;
}

static EmendStatus save(void *self, const EmendSink *state, EmendError *err) {
    const Learner *learner = self;
    (void)err;
    Learner mine = *learner;
    if (has(self, "half_a_state")) {
        mine.mean[1] = 0;
    }
    return state->put(state->ctx, 0, mine.mean, sizeof mine.mean);
}

static EmendStatus restore(void *self, EmendBytes state, EmendError *err) {
    Learner *learner = self;
    if (state.len != sizeof learner->mean && !has(self, "trusts_state")) {
        return emend_fail(err, EMEND_DATA_LOSS, "state: it has %llu bytes; it must have %zu",
                          (unsigned long long)state.len, sizeof learner->mean);
    }
    const volatile char *bytes = state.ptr;
    for (size_t i = 0; i < sizeof learner->mean; i++) {
        ((char *)learner->mean)[i] = bytes[i];
    }
    for (int t = 0; t < TURNS; t++) {
        learner->mean[t] = fabs(learner->mean[t]) < 1e6 ? learner->mean[t] : 0;
    }
    return EMEND_OK;
}

/* Learns the second turn of each episode, after its first as context. */
static EmendStatus compose(void *self, EmendSpan episodes, uint64_t seed, const EmendSink *composed,
                           EmendError *err) {
    Learner *learner = self;
    EmendStatus status = EMEND_OK;
    (void)seed, (void)err;
    uint64_t first = has(self, "composes_at_will") ? learner->n_calls++ % 2 : 0;
    for (uint64_t i = first; i < episodes.count && status == EMEND_OK; i++) {
        EmendSourceTurn turns[TURNS] = {{i, 0, 1}, {i, 1, 0}};
        if (has(self, "composes_over_groups")) {
            turns[1].episode = episodes.count - 1 - i;
        }
        turns[0].is_context = has(self, "composes_what_was_given") ? 0 : 1;
        status = composed->put(composed->ctx, 0, turns, sizeof turns);
    }
    return status;
}

static const void *table_of(void *spoiled) {
    static const EmendAlgorithm whole = {.struct_size = sizeof whole,
                                         .plan = plan,
                                         .advantages = advantages,
                                         .coefficients = coefficients,
                                         .save = save,
                                         .restore = restore};
    static const EmendAlgorithm forgetful = {.struct_size = sizeof forgetful,
                                             .plan = plan,
                                             .advantages = advantages,
                                             .coefficients = coefficients};
    static const EmendAlgorithm composing = {.struct_size = sizeof composing,
                                             .plan = plan,
                                             .advantages = advantages,
                                             .coefficients = coefficients,
                                             .save = save,
                                             .restore = restore,
                                             .compose = compose};
    const Spoiled *learner = spoiled;
    bool is_composing = strncmp(learner->defect, "composes", strlen("composes")) == 0;
    return has(spoiled, "forgets") ? &forgetful : is_composing ? &composing : &whole;
}

SPOILED_PLUGIN("test.spoiled.algorithm", EMEND_KIND_ALGORITHM, sizeof(Learner), table_of,
               spoiled_nothing)

/* Algorithm "@NAME@": REINFORCE with a leave-one-out baseline (arXiv 2402.14740), turn by turn. The
 * loss of a step, minimised, over episodes i, turns t and the sampled tokens k of a turn:
 *
 *     L = 1/N * sum_itk  (-A_it * log_prob_itk + kl_weight * KL_itk)
 *
 *     A   reward of the turn less the mean reward of that turn in the other episodes of its group;
 *         0 where the turn has no reward, or nothing to be compared with
 *     N   tokens sampled in the whole step: how the step is cut changes nothing
 *
 * The backend makes gradients of dL/dlog_prob = -A/N and dL/dKL = kl_weight/N. */
#include "config.pb-c.h"
#include "emend/algorithm.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>

typedef @C_TYPE@__Config Config;

typedef struct LeaveOneOut {
    double kl_weight;
} LeaveOneOut;

static EmendStatus plan(void *self, uint64_t step, EmendPlan *wanted, EmendError *err) {
    const LeaveOneOut *algorithm = self;
    (void)step;
    (void)err;
    wanted->episodes = EMEND_EPISODES_ROLLOUT;
    wanted->needs = algorithm->kl_weight > 0 ? EMEND_NEED_KL : 0;
    return EMEND_OK;
}

/* ---- advantages ------------------------------------------------------------------------------ */

/* Turn t (from 0) of an episode, or NULL where it has fewer. */
static EmendTurn *turn_of(const EmendEpisode *episode, uint32_t t) {
    return t < episode->n_turns ? (EmendTurn *)(uintptr_t)emend_span_at(episode->turns, t) : NULL;
}

static bool is_rewarded(const EmendTurn *turn) {
    return turn && turn->state == EMEND_TURN_REWARDED;
}

/* Sets the advantages of turn t in the episodes [begin, end) of one group. False: no episode has so
 * many turns. */
static bool compare_turn(EmendSpan episodes, uint64_t begin, uint64_t end, uint32_t t) {
    double sum = 0;
    uint64_t n_rewarded = 0;
    bool is_there = false;
    for (uint64_t i = begin; i < end; i++) {
        const EmendTurn *turn = turn_of(emend_span_at(episodes, i), t);
        sum += is_rewarded(turn) ? turn->reward : 0;
        n_rewarded += is_rewarded(turn);
        is_there |= turn != NULL;
    }
    for (uint64_t i = begin; i < end; i++) {
        EmendTurn *turn = turn_of(emend_span_at(episodes, i), t);
        if (turn) {
            bool is_compared = is_rewarded(turn) && n_rewarded > 1;
            turn->advantage =
                is_compared ? turn->reward - (sum - turn->reward) / (double)(n_rewarded - 1) : 0;
        }
    }
    return is_there;
}

static EmendStatus advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                              const EmendMetrics *metrics, EmendError *err) {
    (void)self;
    (void)totals;
    (void)metrics;
    (void)err;
    uint64_t begin = 0;
    for (uint64_t end = 1; end <= episodes.count; end++) {
        const EmendEpisode *first = emend_span_at(episodes, begin);
        const EmendEpisode *next = end < episodes.count ? emend_span_at(episodes, end) : NULL;
        if (!next || next->group != first->group) {
            for (uint32_t t = 0; compare_turn(episodes, begin, end, t); t++) {
            }
            begin = end;
        }
    }
    return EMEND_OK;
}

/* ---- coefficients ---------------------------------------------------------------------------- */

/* Numbers that grow without end stop the run, before they become infinite coefficients. */
static EmendStatus refuse(const char *what, double value, uint32_t t, EmendError *err) {
    return emend_fail(
        err, EMEND_ABORTED,
        "turn %u: %s is %g; it must be finite as a float; lower the learning rate, or "
        "the rewards",
        t + 1, what, value);
}

static EmendStatus episode_coefficients(const LeaveOneOut *algorithm, const EmendTokenTerms *terms,
                                        double n_tokens, double *loss, EmendError *err) {
    uint64_t k = 0;
    for (uint32_t t = 0; t < terms->episode->n_turns; t++) {
        const EmendTurn *turn = turn_of(terms->episode, t);
        if (!(fabs(turn->advantage) <= FLT_MAX)) {
            return refuse("the advantage", turn->advantage, t, err);
        }
        for (uint64_t end = k + turn->n_tokens; k < end; k++) {
            double log_prob = (double)terms->log_probs[k];
            if (!isfinite(log_prob)) {
                return refuse("a log-prob", log_prob, t, err);
            }
            terms->d_log_probs[k] = (float)(-turn->advantage / n_tokens);
            *loss -= turn->advantage * log_prob;
            if (terms->d_kls) {
                terms->d_kls[k] = (float)(algorithm->kl_weight / n_tokens);
                *loss += algorithm->kl_weight * (double)terms->kls[k];
            }
        }
    }
    return EMEND_OK;
}

static EmendStatus coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                const EmendMetrics *metrics, EmendError *err) {
    for (uint64_t i = 0; i < terms.count; i++) {
        const EmendTokenTerms *episode = emend_span_at(terms, i);
        double loss = 0;
        EmendStatus status =
            episode_coefficients(self, episode, (double)totals->n_tokens, &loss, err);
        if (status != EMEND_OK) {
            return status;
        }
        // L itself: `emend check` holds the coefficients to its differences.
        emend_metrics_add(metrics, "actor/loss", loss, (double)episode->n_tokens);
    }
    return EMEND_OK;
}

/* ---- the plugin ------------------------------------------------------------------------------ */

/* The host has checked names and types of the fields; what they may be is the plugin's to say. */
static EmendStatus config_check(const Config *config, EmendError *err) {
    if (!(config->kl_weight >= 0 && config->kl_weight <= 1e6)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "kl_weight: it is %g; it must be 0 to 1e6",
                          config->kl_weight);
    }
    return EMEND_OK;
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    // Without moving averages there is no state to save: what a step does depends on it alone.
    static const EmendAlgorithm algorithm = {.struct_size = sizeof algorithm,
                                             .plan = plan,
                                             .advantages = advantages,
                                             .coefficients = coefficients};
    const EmendHost *host = emend_plugin_host(plugin);
    EmendStatus status = EMEND_OK;
    LeaveOneOut *made = NULL;
    (void)name; // the plugin has one component

    Config *config =
        emend_config_unpack(host, &@C_NAME@__config__descriptor, bytes, &status, err);
    if (status == EMEND_OK) {
        status = config_check(config, err);
    }
    if (status == EMEND_OK) {
        made = emend_alloc(host, sizeof *made, &status, err);
    }
    if (status == EMEND_OK) {
        made->kl_weight = config->kl_weight;
        *instance = made;
        *table = &algorithm;
    }
    emend_config_free(host, config);
    return status;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    const EmendHost *host = emend_plugin_host(plugin);
    host->free(host, instance);
}

static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("@ID@", "0.1.0", EMEND_KIND_ALGORITHM, factory);

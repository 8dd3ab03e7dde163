/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithm "best_of_group": the gradient of the best reward among a prompt's samples, turn by
 * turn, in place of that of the mean (arXiv 2503.19595). The loss of a step, minimised, over
 * episodes i, turns t and the sampled tokens k of a turn:
 *
 *     L = 1/E * sum_itk  (-A_it * log_prob_itk + beta_t * KL_itk)
 *
 *     A_it   n_t * (max_j r_jt - max_{j != i} r_jt): what the group's best would lose without
 *            sample i, of the n_t samples j of its group that have a reward on that turn; 0 where
 *            i has none there, or no other has
 *     beta   the config's kl, by turn
 *     E      episodes of the whole step: how the step is cut changes nothing
 *
 * Over the steps, the policy's part is the gradient of the expected best of n_t samples, without
 * bias. One sample of a group is pushed, the only best; where several are best none is, since the
 * group can do without each. A KL weight means what it does in "reinforce". */
#include "config.pb-c.h"
#include "emend/algorithm.h"
#include "emend/component.h"
#include "emend/protobuf_c.h"
#include <float.h>
#include <math.h>

typedef Org__Example__BestOfGroup__Config Config;

typedef struct BestOfGroup {
    Config *config;
} BestOfGroup;

/* ---- rewards to advantages ------------------------------------------------------------------ */

static const EmendEpisode *episode_at(EmendSpan episodes, uint64_t i) {
    return emend_span_at(episodes, i);
}

/* Turn t (from 0) of an episode, or NULL where it has fewer. */
static EmendTurn *turn_at(const EmendEpisode *episode, uint32_t t) {
    return t < episode->n_turns ? (EmendTurn *)(uintptr_t)emend_span_at(episode->turns, t) : NULL;
}

/* The advantages of turn t in one group, episodes [begin, end); 0 where none has so many turns. */
static int compare_turn(EmendSpan episodes, uint64_t begin, uint64_t end, uint32_t t) {
    double best = -INFINITY, second = -INFINITY;
    uint64_t n_rewarded = 0;
    int is_there = 0;
    for (uint64_t i = begin; i < end; i++) {
        EmendTurn *turn = turn_at(episode_at(episodes, i), t);
        is_there |= turn != NULL;
        if (turn && turn->state == EMEND_TURN_REWARDED) {
            second = fmax(second, fmin(best, turn->reward));
            best = fmax(best, turn->reward);
            n_rewarded++;
        }
    }
    for (uint64_t i = begin; i < end; i++) {
        EmendTurn *turn = turn_at(episode_at(episodes, i), t);
        if (turn) {
            int is_pushed =
                turn->state == EMEND_TURN_REWARDED && n_rewarded > 1 && turn->reward == best;
            turn->advantage = is_pushed ? (double)n_rewarded * (best - second) : 0;
        }
    }
    return is_there;
}

static EmendStatus advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                              const EmendMetrics *metrics, EmendError *err) {
    (void)self, (void)totals, (void)metrics, (void)err;
    for (uint64_t begin = 0, end = 0; begin < episodes.count; begin = end) {
        uint64_t group = episode_at(episodes, begin)->group;
        while (end < episodes.count && episode_at(episodes, end)->group == group) {
            end++;
        }
        for (uint32_t t = 0; compare_turn(episodes, begin, end, t); t++) {
        }
    }
    return EMEND_OK;
}

/* ---- advantages to coefficients ------------------------------------------------------------- */

/* The weight of a turn (from 0): that of its own entry, else that of the entry for every turn. */
static double kl_weight(const Config *config, uint32_t t) {
    double weight = 0;
    for (size_t i = 0; i < config->n_kl; i++) {
        if (config->kl[i]->turn == t + 1) {
            return config->kl[i]->weight;
        }
        weight = config->kl[i]->turn == 0 ? config->kl[i]->weight : weight;
    }
    return weight;
}

static EmendStatus plan(void *self, uint64_t step, EmendPlan *wanted, EmendError *err) {
    const BestOfGroup *best = self;
    (void)step, (void)err;
    wanted->needs = best->config->n_kl > 0 ? EMEND_NEED_KL : 0; // the rest stays as it is filled
    return EMEND_OK;
}

/* Fills the coefficients of an episode; its part of E * L goes to *loss. */
static EmendStatus fill(const Config *config, const EmendTokenTerms *terms, double n_episodes,
                        double *loss, EmendError *err) {
    uint64_t k = 0;
    for (uint32_t t = 0; t < terms->episode->n_turns; t++) {
        const EmendTurn *turn = turn_at(terms->episode, t);
        double beta = kl_weight(config, t);
        for (uint64_t end = k + turn->n_tokens; k < end; k++) {
            double term = -turn->advantage * (double)terms->log_probs[k];
            term += terms->kls ? beta * (double)terms->kls[k] : 0;
            if (!(fabs(term) <= (double)FLT_MAX && fabs(turn->advantage) <= (double)FLT_MAX)) {
                return emend_fail(err, EMEND_ABORTED,
                                  "turn %u: a token's loss is %g at advantage %g; both must be "
                                  "finite as floats; lower the learning rate, or the rewards",
                                  t + 1, term, turn->advantage);
            }
            terms->d_log_probs[k] = (float)(-turn->advantage / n_episodes);
            if (terms->d_kls) {
                terms->d_kls[k] = (float)(beta / n_episodes);
            }
            *loss += term;
        }
    }
    return EMEND_OK;
}

static EmendStatus coefficients(void *self, EmendSpan terms, const EmendTotals *totals,
                                const EmendMetrics *metrics, EmendError *err) {
    const BestOfGroup *best = self;
    for (uint64_t i = 0; i < terms.count; i++) {
        double loss = 0;
        EmendStatus status =
            fill(best->config, emend_span_at(terms, i), (double)totals->n_episodes, &loss, err);
        if (status != EMEND_OK) {
            return status;
        }
        // L itself: `emend check` holds the coefficients to its differences.
        emend_metrics_add(metrics, EMEND_METRIC_LOSS, loss, 1);
    }
    return EMEND_OK;
}

/* ---- the plugin ----------------------------------------------------------------------------- */

static EmendStatus config_check(const Config *config, EmendError *err) {
    for (size_t i = 0; i < config->n_kl; i++) {
        double weight = config->kl[i]->weight;
        if (!config->kl[i]->has_weight || !(weight >= 0 && weight <= 1e6)) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT,
                              "kl[%zu].weight: it is %g; it must be given, and be 0 to 1e6", i,
                              weight);
        }
        for (size_t j = 0; j < i; j++) {
            if (config->kl[j]->turn == config->kl[i]->turn) {
                return emend_fail(
                    err, EMEND_INVALID_ARGUMENT,
                    "kl[%zu].turn: it is %u, as kl[%zu].turn is; a turn has one entry "
                    "at most",
                    i, config->kl[i]->turn, j);
            }
        }
    }
    return EMEND_OK;
}

static void destroy(EmendPlugin *plugin, void *instance) {
    const EmendHost *host = emend_plugin_host(plugin);
    BestOfGroup *best = instance;
    emend_config_free(host, best->config);
    host->free(host, best);
}

static EmendStatus create(EmendPlugin *plugin, EmendStr name, EmendBytes bytes, void **instance,
                          const void **table, EmendError *err) {
    static const EmendAlgorithm algorithm = {.struct_size = sizeof algorithm,
                                             .plan = plan,
                                             .advantages = advantages,
                                             .coefficients = coefficients};
    const EmendHost *host = emend_plugin_host(plugin);
    EmendStatus status = EMEND_OK;
    (void)name; // the plugin has one component

    BestOfGroup *best = emend_alloc(host, sizeof *best, &status, err);
    if (status != EMEND_OK) {
        return status;
    }
    best->config = emend_config_unpack(host, &org__example__best_of_group__config__descriptor,
                                       bytes, &status, err);
    if (status == EMEND_OK) {
        status = config_check(best->config, err);
    }
    if (status != EMEND_OK) {
        destroy(plugin, best);
        return status;
    }
    *instance = best;
    *table = &algorithm;
    return EMEND_OK;
}

static const EmendFactory factory = {.struct_size = sizeof factory,
                                     .concurrency = EMEND_CONCURRENCY_PARALLEL,
                                     .create = create,
                                     .destroy = destroy};

EMEND_DECLARE_COMPONENT("org.example.best_of_group", "0.1.0", EMEND_KIND_ALGORITHM, factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithm "star": supervised training on sampled traces that mend a wrong first attempt. The loss
 * is that of supervised.h over
 *
 *   D   traces whose first attempt is wrong and whose last is right, from one and the same sample
 *   D+  and some that are right at both
 *
 * Source: STaR, arXiv 2203.14465; ReST-EM, arXiv 2312.06585; over two turns, section 3 of arXiv
 * 2409.12917. */
#include "compose.h"
#include "config.pb-c.h"
#include "supervised.h"

typedef Emend__Algorithms__Star__Config Config;

typedef struct Star {
    AlgorithmBase base;
    const Config *config;
    bool has_warned; /* the user knows that no trace has both verdicts */
} Star;

enum { MENDED = 0, STAYED_RIGHT = 1 };

static EmendStatus plan(void *self, uint64_t step, EmendPlan *plan_out, EmendError *err) {
    (void)step;
    (void)err;
    plan_out->episodes = EMEND_EPISODES_ROLLOUT;
    plan_out->needs = 0;
    plan_out->n_updates = ((const Star *)self)->config->updates_per_rollout;
    return EMEND_OK;
}

/* Sorts a group's traces; returns how many have a verdict on the first and the last attempt. */
static uint64_t group_sort(const Star *star, Group group, Picks *picks) {
    double right_above = star->config->right_above;
    uint64_t n_judged = 0;
    picks->n[MENDED] = picks->n[STAYED_RIGHT] = 0;
    for (uint64_t i = group.begin; i < group.end; i++) {
        const EmendEpisode *episode = emend_span_at(group.episodes, i);
        if (episode->n_turns < 2) {
            continue;
        }
        Verdict first = verdict_of(group.episodes, i, 0, right_above);
        Verdict last = verdict_of(group.episodes, i, episode->n_turns - 1, right_above);
        n_judged += first != VERDICT_NONE && last != VERDICT_NONE;
        if (first != VERDICT_NONE && last == VERDICT_RIGHT) {
            int list = first == VERDICT_WRONG ? MENDED : STAYED_RIGHT;
            picks->of[list][picks->n[list]++] = (uint32_t)(i - group.begin);
        }
    }
    return n_judged;
}

static EmendStatus trace_put(const Star *star, Group group, uint64_t i, EmendSourceTurn *turns,
                             const EmendSink *composed, EmendError *err) {
    uint32_t n_turns = ((const EmendEpisode *)emend_span_at(group.episodes, i))->n_turns;
    bool learns_all = star->config->loss_on == EMEND__ALGORITHMS__STAR__CONFIG__LOSS_ON__ALL_TURNS;
    for (uint32_t t = 0; t < n_turns; t++) {
        bool is_learned = learns_all || t + 1 == n_turns;
        turns[t] = (EmendSourceTurn){i, t, !is_learned || is_given(group.episodes, i, t)};
    }
    return compose_put(composed, turns, n_turns, star->base.type->name, err);
}

static EmendStatus group_compose(const Star *star, Group group, Draws draws, Picks *picks,
                                 EmendSourceTurn *turns, const EmendSink *composed,
                                 EmendError *err) {
    const uint32_t limits[] = {star->config->per_problem, star->config->right_right_per_problem};
    EmendStatus status = EMEND_OK;
    for (int list = MENDED; list <= STAYED_RIGHT; list++) {
        uint32_t n = draw_some(&draws, picks->of[list], picks->n[list], limits[list]);
        for (uint32_t k = 0; status == EMEND_OK && k < n; k++) {
            status = trace_put(star, group, group.begin + picks->of[list][k], turns, composed, err);
        }
    }
    return status;
}

/* For each group first the traces that mend, then those that stay right, each in their order. */
static EmendStatus compose(void *self, EmendSpan episodes, uint64_t seed, const EmendSink *composed,
                           EmendError *err) {
    Star *star = self;
    Picks picks = {0};
    EmendSourceTurn *turns = NULL;
    EmendStatus status = picks_init(&picks, episodes, &star->base, err);
    if (status == EMEND_OK && picks.n_turns > 0) {
        turns = algorithm_alloc(&star->base, picks.n_turns, sizeof *turns);
        status = turns ? EMEND_OK
                       : emend_fail(err, EMEND_EXHAUSTED, "star: no memory for a trace of %u turns",
                                    picks.n_turns);
    }
    uint64_t n_judged = 0;
    uint32_t number = 0;
    Group group = {0};
    for (uint64_t begin = 0; status == EMEND_OK && begin < episodes.count; begin = group.end) {
        group = group_from(episodes, begin);
        n_judged += group_sort(star, group, &picks);
        status =
            group_compose(star, group, draws_for(seed, number++), &picks, turns, composed, err);
    }
    if (status == EMEND_OK && n_judged == 0 && episodes.count > 0) {
        warn_once(&star->base, &star->has_warned,
                  "no trace of this step has a reward on its first and on its last attempt, so "
                  "nothing is learned; give every turn a reward, `correctness` say");
    }
    algorithm_free(&star->base, turns);
    picks_finish(&picks, &star->base);
    return status;
}

static EmendStatus init(void *self, EmendError *err) {
    Star *star = self;
    star->config = (const Config *)star->base.config;
    return compose_config_check(star->base.config, err);
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    static const EmendAlgorithm table = {.struct_size = sizeof(EmendAlgorithm),
                                         .plan = plan,
                                         .advantages = supervised_advantages,
                                         .coefficients = supervised_coefficients,
                                         .compose = compose};
    static const AlgorithmType type = {.name = "star",
                                       .config = &emend__algorithms__star__config__descriptor,
                                       .table = &table,
                                       .self_bytes = sizeof(Star),
                                       .init = init};
    return algorithm_open(host, &type, dir, out, err);
}

EMEND_DECLARE_PLUGIN("emend.algorithms.star", "0.1.0", plugin_open, algorithm_close,
                     algorithm_factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Golden examples of algorithms: a step's rewards in, advantages out. */
#include "check/golden_run.h"
#include "emend/algorithm.h"
#include <math.h>
#include <string.h>

enum { FIELD_BYTES_MAX = 96 };

static void add_metric(void *ctx, const char *name, double sum, double weight) {
    (void)ctx;
    (void)name;
    (void)sum;
    (void)weight;
}

/* The writable turns of an episode: `advantages` sets theirs. */
static char *fill_turns(GoldenRun *run, const Emend__Episode *wanted, EmendEpisode *episode) {
    uint32_t stride = 0;
    char *turns = golden_structs(run, "EmendTurn", wanted->n_turn, sizeof(EmendTurn), &stride);
    uint64_t begin = 1;
    for (size_t t = 0; turns && t < wanted->n_turn; t++) {
        EmendTurn *turn = (EmendTurn *)(turns + t * stride);
        const Emend__Turn *given = wanted->turn[t];
        turn->state = given->has_reward ? EMEND_TURN_REWARDED : EMEND_TURN_UNREWARDED;
        if (given->has_no_score) {
            turn->state = EMEND_TURN_LEFT_OUT;
        }
        turn->begin = begin;
        turn->n_tokens = given->n_tokens;
        float *log_probs =
            golden_bytes(run, "the sampler's log-probs", given->n_tokens * sizeof(float));
        if (!log_probs) {
            return NULL;
        }
        golden_seal(run, log_probs);
        turn->sampler_log_probs = log_probs;
        turn->reward = given->reward;
        turn->advantage = 0;
        turn->temperature = 1;
        turn->is_truncated = (uint32_t)given->is_truncated;
        begin += given->n_tokens;
    }
    int32_t *tokens = golden_bytes(run, "the tokens", begin * sizeof *tokens);
    if (!turns || !tokens) {
        return NULL;
    }
    golden_seal(run, tokens);
    episode->n_turns = (uint32_t)wanted->n_turn;
    episode->group = wanted->group;
    episode->n_tokens = begin;
    episode->tokens = tokens;
    episode->turns = emend_span(turns, wanted->n_turn, stride);
    return turns;
}

static void compare(const GoldenRun *run, const char *episodes, uint32_t stride) {
    for (size_t e = 0; e < run->example->n_episode; e++) {
        const EmendEpisode *episode = (const EmendEpisode *)(episodes + e * stride);
        for (size_t t = 0; t < run->example->episode[e]->n_turn; t++) {
            const Emend__Turn *wanted = run->example->episode[e]->turn[t];
            const EmendTurn *turn = emend_span_at(episode->turns, t);
            char field[FIELD_BYTES_MAX];
            snprintf(field, sizeof field, "episode[%zu].turn[%zu]", e, t);
            if (!isfinite(turn->advantage)) {
                golden_differs(run, field, "the advantage is %g; it must be finite",
                               turn->advantage);
            } else if (wanted->has_advantage &&
                       !(fabs(turn->advantage - wanted->advantage) <= wanted->tolerance)) {
                golden_differs(run, field, "the advantage is %s; by the example it must be %s",
                               golden_number(turn->advantage), golden_number(wanted->advantage));
            }
        }
    }
}

static EmendStatus ask(GoldenRun *run, char *episodes, uint32_t stride, EmendTotals *totals) {
    const EmendAlgorithm *algorithm = run->table;
    const Emend__Example *example = run->example;
    uint32_t plan_bytes = 0, metrics_bytes = 0;
    EmendPlan *plan = golden_structs(run, "EmendPlan", 1, sizeof *plan, &plan_bytes);
    EmendMetrics *metrics = golden_structs(run, "EmendMetrics", 1, sizeof *metrics, &metrics_bytes);
    if (!plan || !metrics) {
        return EMEND_OK;
    }
    plan->n_updates = 1;
    metrics->add = add_metric;
    golden_seal(run, metrics);
    kit_enter(run->subject->kit, "plan");
    EmendStatus status = algorithm->plan(run->self, 0, plan, subject_err(run->subject));
    if (!golden_ok(run, "", "plan", status)) {
        return status;
    }
    kit_enter(run->subject->kit, "advantages");
    status = algorithm->advantages(run->self, emend_span(episodes, example->n_episode, stride),
                                   totals, metrics, subject_err(run->subject));
    if (golden_ok(run, "", "advantages", status)) {
        compare(run, episodes, stride);
    }
    return status;
}

EmendStatus golden_run_algorithm(GoldenRun *run) {
    const Emend__Example *example = run->example;
    uint32_t stride = 0;
    if (example->n_episode == 0) {
        return EMEND_OK;
    }
    char *episodes =
        golden_structs(run, "EmendEpisode", example->n_episode, sizeof(EmendEpisode), &stride);
    EmendTotals *totals = golden_bytes(run, "EmendTotals", sizeof *totals);
    if (!episodes || !totals) {
        return EMEND_OK;
    }
    *totals = (EmendTotals){.n_episodes = example->n_episode, .max_turn_tokens = 1};
    for (size_t e = 0; e < example->n_episode; e++) {
        const Emend__Episode *wanted = example->episode[e];
        if (!fill_turns(run, wanted, (EmendEpisode *)(episodes + e * stride))) {
            return EMEND_OK;
        }
        for (size_t t = 0; t < wanted->n_turn; t++) {
            uint64_t n = wanted->turn[t]->n_tokens;
            totals->n_tokens += n;
            totals->max_turn_tokens = n > totals->max_turn_tokens ? n : totals->max_turn_tokens;
        }
    }
    golden_seal(run, totals);
    golden_seal(run, episodes);
    return ask(run, episodes, stride, totals);
}

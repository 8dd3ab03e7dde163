/* SPDX-License-Identifier: Apache-2.0 */
/* Which samples are preferred to which. */
#include "compose.h"
#include "dpo.h"

/* A sample that may stand in a pair. */
typedef struct Candidate {
    uint64_t episode;
    double score;
} Candidate;

/* The candidates of one group, best first, and room for the turns of a composed episode. */
typedef struct Field {
    Candidate *of;
    uint32_t n;
    EmendSourceTurn *turns;
} Field;

static bool attempt_score(EmendSpan episodes, uint64_t i, uint32_t turn, double *score) {
    const EmendTurn *own = rewarded_at(episodes, i, turn - 1);
    if (!own || own->n_tokens == 0) {
        return false;
    }
    *score = own->reward;
    return true;
}

/* A trace counts where none of its turns was left out. */
static bool trace_score(EmendSpan episodes, uint64_t i, bool is_sum, double *score) {
    const EmendEpisode *episode = emend_span_at(episodes, i);
    uint64_t n_tokens = 0;
    bool is_scored = false;
    *score = 0;
    for (uint32_t t = 0; t < episode->n_turns; t++) {
        const EmendTurn *turn = turn_at(episodes, i, t);
        if (turn->state == EMEND_TURN_LEFT_OUT) {
            return false;
        }
        n_tokens += turn->n_tokens;
        bool counts = is_sum || t + 1 == episode->n_turns;
        if (counts && turn->state == EMEND_TURN_REWARDED) {
            *score += turn->reward;
            is_scored = true;
        }
    }
    return is_scored && n_tokens > 0;
}

static void shuffle(Field *field, Draws *draws) {
    for (uint32_t k = field->n; k > 1; k--) {
        uint32_t other = draw_below(draws, k);
        Candidate kept = field->of[k - 1];
        field->of[k - 1] = field->of[other];
        field->of[other] = kept;
    }
}

/* Best first; equals keep their order. */
static void sort(Field *field) {
    for (uint32_t k = 1; k < field->n; k++) {
        Candidate moved = field->of[k];
        uint32_t at = k;
        while (at > 0 && field->of[at - 1].score < moved.score) {
            field->of[at] = field->of[at - 1];
            at--;
        }
        field->of[at] = moved;
    }
}

static void field_fill(const Config *config, Group group, Field *field, Draws *draws) {
    bool is_trace = config->unit == EMEND__ALGORITHMS__DPO__CONFIG__UNIT__TRACE;
    bool is_sum = config->order == EMEND__ALGORITHMS__DPO__CONFIG__ORDER__SUM_OF_TURNS;
    field->n = 0;
    for (uint64_t i = group.begin; i < group.end; i++) {
        Candidate *next = &field->of[field->n];
        next->episode = i;
        field->n += is_trace ? trace_score(group.episodes, i, is_sum, &next->score)
                             : attempt_score(group.episodes, i, config->turn, &next->score);
    }
    shuffle(field, draws);
    sort(field);
}

/* Hands over attempt `turn` (0: the whole trace) of an episode, after the attempts of `context`. */
static EmendStatus side_put(const Dpo *dpo, EmendSpan episodes, uint64_t episode, uint64_t context,
                            EmendSourceTurn *turns, const EmendSink *composed, EmendError *err) {
    bool is_trace = dpo->config->unit == EMEND__ALGORITHMS__DPO__CONFIG__UNIT__TRACE;
    uint32_t n_turns = is_trace ? ((const EmendEpisode *)emend_span_at(episodes, episode))->n_turns
                                : dpo->config->turn;
    for (uint32_t t = 0; t < n_turns; t++) {
        bool is_before = !is_trace && t + 1 < n_turns;
        uint64_t from = is_before ? context : episode;
        turns[t] = (EmendSourceTurn){from, t, is_before || is_given(episodes, from, t)};
    }
    return compose_put(composed, turns, n_turns, "dpo", err);
}

static EmendStatus group_compose(const Dpo *dpo, Group group, Field *field, Draws draws,
                                 const EmendSink *composed, EmendError *err) {
    field_fill(dpo->config, group, field, &draws);
    EmendStatus status = EMEND_OK;
    for (uint32_t k = 0; k < field->n / 2 && k < dpo->config->pairs_per_problem; k++) {
        Candidate better = field->of[k], worse = field->of[field->n - 1 - k];
        if (!(better.score - worse.score > dpo->config->min_difference)) {
            break;
        }
        status = side_put(dpo, group.episodes, better.episode, worse.episode, field->turns,
                          composed, err);
        if (status == EMEND_OK) {
            status = side_put(dpo, group.episodes, worse.episode, worse.episode, field->turns,
                              composed, err);
        }
        if (status != EMEND_OK) {
            break;
        }
    }
    return status;
}

static EmendStatus field_init(Field *field, const Dpo *dpo, EmendSpan episodes, EmendError *err) {
    uint64_t n_turns = (uint64_t)max_turns(episodes) + 1;
    *field = (Field){.of = algorithm_alloc(&dpo->base, episodes.count + 1, sizeof *field->of),
                     .turns = algorithm_alloc(&dpo->base, n_turns, sizeof *field->turns)};
    if (!field->of || !field->turns) {
        return emend_fail(err, EMEND_EXHAUSTED, "dpo: no memory to order %llu samples",
                          (unsigned long long)episodes.count);
    }
    return rewards_check(episodes, err);
}

EmendStatus dpo_compose(void *self, EmendSpan episodes, uint64_t seed, const EmendSink *composed,
                        EmendError *err) {
    const Dpo *dpo = self;
    Field field = {0};
    EmendStatus status = field_init(&field, dpo, episodes, err);
    uint32_t number = 0;
    Group group = {0};
    for (uint64_t begin = 0; status == EMEND_OK && begin < episodes.count; begin = group.end) {
        group = group_from(episodes, begin);
        status = group_compose(dpo, group, &field, draws_for(seed, number++), composed, err);
    }
    algorithm_free(&dpo->base, field.of);
    algorithm_free(&dpo->base, field.turns);
    return status;
}

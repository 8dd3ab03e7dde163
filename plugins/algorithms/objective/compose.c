/* SPDX-License-Identifier: Apache-2.0 */
#include "compose.h"
#include "settings.h"
#include <math.h>

Verdict verdict_of(EmendSpan episodes, uint64_t i, uint32_t t, double right_above) {
    const EmendTurn *turn = rewarded_at(episodes, i, t);
    if (!turn) {
        return VERDICT_NONE;
    }
    return turn->reward > right_above ? VERDICT_RIGHT : VERDICT_WRONG;
}

Draws draws_for(uint64_t seed, uint32_t group) {
    return (Draws){.key = {.seed = seed, .episode = group, .purpose = EMEND_RANDOM_SHUFFLE}};
}

uint32_t draw_below(Draws *draws, uint32_t bound) {
    return emend_random_below(&draws->key, draws->n++, bound);
}

// Knuth's algorithm S: each is kept with the chance that makes all choices equally likely.
uint32_t draw_some(Draws *draws, uint32_t *indices, uint32_t n, uint32_t limit) {
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < n && n > limit && n_kept < limit; i++) {
        if (draw_below(draws, n - i) < limit - n_kept) {
            indices[n_kept++] = indices[i];
        }
    }
    return n > limit ? n_kept : n;
}

EmendStatus compose_put(const EmendSink *composed, const EmendSourceTurn *turns, uint32_t n_turns,
                        const char *algorithm, EmendError *err) {
    EmendStatus status = composed->put(composed->ctx, 0, turns, n_turns * sizeof *turns);
    if (status != EMEND_OK) {
        return emend_fail(err, status, "%s: a composed episode of %u turns was not taken",
                          algorithm, n_turns);
    }
    return EMEND_OK;
}

EmendStatus picks_init(Picks *picks, EmendSpan episodes, const AlgorithmBase *base,
                       EmendError *err) {
    uint64_t n_most = 1;
    Group group = {0};
    *picks = (Picks){.n_turns = max_turns(episodes)};
    EmendStatus status = rewards_check(episodes, err);
    if (status != EMEND_OK) {
        return status;
    }
    for (uint64_t begin = 0; begin < episodes.count; begin = group.end) {
        group = group_from(episodes, begin);
        n_most = group.end - begin > n_most ? group.end - begin : n_most;
    }
    if (picks->n_turns > 0 && n_most > UINT32_MAX / picks->n_turns) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "episodes: a group has %llu of %u turns; its attempts must be below 2^32",
                          (unsigned long long)n_most, picks->n_turns);
    }
    n_most *= picks->n_turns > 0 ? picks->n_turns : 1;
    picks->of[0] = algorithm_alloc(base, n_most, sizeof *picks->of[0]);
    picks->of[1] = algorithm_alloc(base, n_most, sizeof *picks->of[1]);
    if (!picks->of[0] || !picks->of[1]) {
        picks_finish(picks, base);
        return emend_fail(err, EMEND_EXHAUSTED, "%s: no memory to choose among %llu attempts",
                          base->type->name, (unsigned long long)n_most);
    }
    return EMEND_OK;
}

void picks_finish(Picks *picks, const AlgorithmBase *base) {
    algorithm_free(base, picks->of[0]);
    algorithm_free(base, picks->of[1]);
    *picks = (Picks){0};
}

EmendStatus compose_config_check(const ProtobufCMessage *config, EmendError *err) {
    static const char *const positive[] = {"per_problem", "updates_per_rollout"};
    double right_above = setting_double(config, "right_above", 0);
    if (!isfinite(right_above)) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT, "right_above: it is %g; it must be finite",
                          right_above);
    }
    for (size_t i = 0; i < sizeof positive / sizeof *positive; i++) {
        if (setting_uint32(config, positive[i], 1) == 0) {
            return emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: it is 0; it must be 1 or more",
                              positive[i]);
        }
    }
    return settings_check_enums(config, err);
}

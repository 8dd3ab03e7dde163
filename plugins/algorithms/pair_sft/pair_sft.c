/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithm "pair_sft": supervised training on pairs of a first attempt, as context, and a right
 * response to the same problem, as the second attempt. The loss is that of supervised.h over
 *
 *   D   (x, y-, y+): y- a wrong first attempt, y+ drawn from the right responses of all turns
 *   D+  and some (x, y, y+) with another right response y as the first attempt
 *
 * Source: Welleck et al., arXiv 2211.00053; as here, section 3 of arXiv 2409.12917. */
#include "compose.h"
#include "config.pb-c.h"
#include "supervised.h"

typedef Emend__Algorithms__PairSft__Config Config;

typedef struct PairSft {
    AlgorithmBase base;
    const Config *config;
    bool has_warned; /* the user knows that no first attempt has a verdict */
} PairSft;

enum { FIRSTS = 0, RIGHTS = 1 };

static EmendStatus plan(void *self, uint64_t step, EmendPlan *plan_out, EmendError *err) {
    (void)step;
    (void)err;
    plan_out->episodes = EMEND_EPISODES_ROLLOUT;
    plan_out->needs = 0;
    plan_out->n_updates = ((const PairSft *)self)->config->updates_per_rollout;
    return EMEND_OK;
}

/* Lists the group's first attempts of one verdict. */
static void list_firsts(const PairSft *pair, Group group, Verdict verdict, Picks *picks) {
    picks->n[FIRSTS] = 0;
    for (uint64_t i = group.begin; i < group.end; i++) {
        if (verdict_of(group.episodes, i, 0, pair->config->right_above) == verdict) {
            picks->of[FIRSTS][picks->n[FIRSTS]++] = (uint32_t)(i - group.begin) * picks->n_turns;
        }
    }
}

/* Lists the group's right responses, of all turns. */
static void list_rights(const PairSft *pair, Group group, Picks *picks) {
    picks->n[RIGHTS] = 0;
    for (uint64_t i = group.begin; i < group.end; i++) {
        for (uint32_t t = 0; t < picks->n_turns; t++) {
            if (verdict_of(group.episodes, i, t, pair->config->right_above) == VERDICT_RIGHT) {
                picks->of[RIGHTS][picks->n[RIGHTS]++] =
                    (uint32_t)(i - group.begin) * picks->n_turns + t;
            }
        }
    }
}

/* Draws a right response that is not the first attempt itself; false: there is none. */
static bool draw_right(Draws *draws, const Picks *picks, uint32_t first, uint32_t *right) {
    uint32_t n_others = picks->n[RIGHTS];
    uint32_t own = n_others; // where the first attempt stands in the list
    for (uint32_t k = 0; k < picks->n[RIGHTS]; k++) {
        if (picks->of[RIGHTS][k] == first) {
            own = k;
            n_others--;
        }
    }
    if (n_others == 0) {
        return false;
    }
    uint32_t k = draw_below(draws, n_others);
    *right = picks->of[RIGHTS][k < own ? k : k + 1];
    return true;
}

static EmendStatus pairs_put(const PairSft *pair, Group group, Draws *draws, const Picks *picks,
                             uint32_t n, const EmendSink *composed, EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (uint32_t k = 0; status == EMEND_OK && k < n; k++) {
        uint32_t first = picks->of[FIRSTS][k], right = 0;
        if (!draw_right(draws, picks, first, &right)) {
            continue;
        }
        EmendSourceTurn turns[] = {
            {group.begin + first / picks->n_turns, 0, 1},
            {group.begin + right / picks->n_turns, right % picks->n_turns, 0}};
        status = compose_put(composed, turns, 2, pair->base.type->name, err);
    }
    return status;
}

/* For each group first the pairs with a wrong first attempt, then those with a right one. Returns
 * how many first attempts have a verdict in *n_judged. */
static EmendStatus group_compose(const PairSft *pair, Group group, Draws draws, Picks *picks,
                                 const EmendSink *composed, uint64_t *n_judged, EmendError *err) {
    const uint32_t limits[] = {pair->config->per_problem, pair->config->right_right_per_problem};
    const Verdict verdicts[] = {VERDICT_WRONG, VERDICT_RIGHT};
    EmendStatus status = EMEND_OK;
    list_rights(pair, group, picks);
    for (int list = 0; status == EMEND_OK && list < 2; list++) {
        list_firsts(pair, group, verdicts[list], picks);
        *n_judged += picks->n[FIRSTS];
        uint32_t n = draw_some(&draws, picks->of[FIRSTS], picks->n[FIRSTS], limits[list]);
        status = pairs_put(pair, group, &draws, picks, n, composed, err);
    }
    return status;
}

static EmendStatus compose(void *self, EmendSpan episodes, uint64_t seed, const EmendSink *composed,
                           EmendError *err) {
    PairSft *pair = self;
    Picks picks = {0};
    EmendStatus status = picks_init(&picks, episodes, &pair->base, err);
    uint64_t n_judged = 0;
    uint32_t number = 0;
    Group group = {0};
    for (uint64_t begin = 0; status == EMEND_OK && begin < episodes.count; begin = group.end) {
        group = group_from(episodes, begin);
        status =
            group_compose(pair, group, draws_for(seed, number++), &picks, composed, &n_judged, err);
    }
    if (status == EMEND_OK && n_judged == 0 && episodes.count > 0) {
        warn_once(&pair->base, &pair->has_warned,
                  "no first attempt of this step has a reward, so nothing is learned; give every "
                  "turn a reward, `correctness` say");
    }
    picks_finish(&picks, &pair->base);
    return status;
}

static EmendStatus init(void *self, EmendError *err) {
    PairSft *pair = self;
    pair->config = (const Config *)pair->base.config;
    return compose_config_check(pair->base.config, err);
}

static EmendStatus plugin_open(const EmendHost *host, EmendStr dir, EmendPlugin **out,
                               EmendError *err) {
    static const EmendAlgorithm table = {.struct_size = sizeof(EmendAlgorithm),
                                         .plan = plan,
                                         .advantages = supervised_advantages,
                                         .coefficients = supervised_coefficients,
                                         .compose = compose};
    static const AlgorithmType type = {.name = "pair_sft",
                                       .config = &emend__algorithms__pair_sft__config__descriptor,
                                       .table = &table,
                                       .self_bytes = sizeof(PairSft),
                                       .init = init};
    return algorithm_open(host, &type, dir, out, err);
}

EMEND_DECLARE_PLUGIN("emend.algorithms.pair_sft", "0.1.0", plugin_open, algorithm_close,
                     algorithm_factory);

/* SPDX-License-Identifier: Apache-2.0 */
/* Rewards to advantages: a baseline for each turn, and what the metrics say of both. */
#include "reinforce.h"
#include <math.h>
#include <stdbool.h>

/* The samples of one prompt: episodes begin <= i < end. */
typedef struct Group {
    EmendSpan episodes;
    uint64_t begin, end;
} Group;

/* Turn t (from 0) of episode i, or NULL where the episode has fewer turns. */
static EmendTurn *turn_at(EmendSpan episodes, uint64_t i, uint32_t t) {
    const EmendEpisode *episode = emend_span_at(episodes, i);
    return t < episode->n_turns ? (EmendTurn *)(uintptr_t)emend_span_at(episode->turns, t) : NULL;
}

/* The same, NULL also where the turn has no reward. */
static EmendTurn *rewarded_at(EmendSpan episodes, uint64_t i, uint32_t t) {
    EmendTurn *turn = turn_at(episodes, i, t);
    return turn && turn->state == EMEND_TURN_REWARDED ? turn : NULL;
}

static Group group_from(EmendSpan episodes, uint64_t begin) {
    const EmendEpisode *first = emend_span_at(episodes, begin);
    Group group = {episodes, begin, begin + 1};
    while (group.end < episodes.count &&
           ((const EmendEpisode *)emend_span_at(episodes, group.end))->group == first->group) {
        group.end++;
    }
    return group;
}

static uint32_t max_turns(EmendSpan episodes) {
    uint32_t n_turns = 0;
    for (uint64_t i = 0; i < episodes.count; i++) {
        const EmendEpisode *episode = emend_span_at(episodes, i);
        n_turns = episode->n_turns > n_turns ? episode->n_turns : n_turns;
    }
    return n_turns;
}

static EmendStatus rewards_check(EmendSpan episodes, uint32_t n_turns, EmendError *err) {
    for (uint64_t i = 0; i < episodes.count; i++) {
        for (uint32_t t = 0; t < n_turns; t++) {
            const EmendTurn *turn = rewarded_at(episodes, i, t);
            if (turn && !isfinite(turn->reward)) {
                return emend_fail(err, EMEND_ABORTED,
                                  "episode %llu, turn %u: its reward is %g; it must be finite",
                                  (unsigned long long)i, t + 1, turn->reward);
            }
        }
    }
    return EMEND_OK;
}

/* Every turn's reward minus `baseline`, and 0 on turns without a reward. */
static void advantages_from(EmendSpan episodes, uint32_t t, double baseline) {
    for (uint64_t i = 0; i < episodes.count; i++) {
        EmendTurn *turn = turn_at(episodes, i, t);
        if (turn) {
            turn->advantage = turn->state == EMEND_TURN_REWARDED ? turn->reward - baseline : 0;
        }
    }
}

/* Whether the turn before t went alike in two episodes, as far as its reward says. */
static bool is_alike_before(EmendSpan episodes, uint64_t i, uint64_t j, uint32_t t) {
    if (t == 0) {
        return true;
    }
    const EmendTurn *a = turn_at(episodes, i, t - 1), *b = turn_at(episodes, j, t - 1);
    return a->state == b->state && !(a->reward < b->reward) && !(a->reward > b->reward);
}

/* What rewards a sample's baseline is made of. */
typedef struct Peers {
    bool leave_one_out;      /* not its own */
    bool by_previous_reward; /* only those of samples alike before */
} Peers;

/* Centres turn t of episode i on the mean of its peers, and returns how many others there were. The
 * differences are summed, so that equal rewards give exactly 0. */
static uint64_t sample_centre(Group group, uint64_t i, uint32_t t, Peers peers) {
    EmendTurn *own = rewarded_at(group.episodes, i, t);
    double sum = 0;
    uint64_t n_others = 0;
    for (uint64_t j = group.begin; j < group.end; j++) {
        const EmendTurn *other = rewarded_at(group.episodes, j, t);
        if (j == i || !other ||
            (peers.by_previous_reward && !is_alike_before(group.episodes, i, j, t))) {
            continue;
        }
        sum += own->reward - other->reward;
        n_others++;
    }
    uint64_t n = peers.leave_one_out ? n_others : n_others + 1;
    own->advantage = n > 0 ? sum / (double)n : 0;
    return n_others;
}

/* Centres turn t of one group; adds to the counts of rewarded samples and of those without others.
 */
static void group_centre(Group group, uint32_t t, Peers peers, uint64_t *n_rewarded,
                         uint64_t *n_lone) {
    for (uint64_t i = group.begin; i < group.end; i++) {
        if (rewarded_at(group.episodes, i, t)) {
            *n_lone += sample_centre(group, i, t, peers) == 0;
            (*n_rewarded)++;
        }
    }
}

static void warn_lone(Reinforce *reinforce) {
    static const char warning[] =
        "reinforce: no prompt of this step has two rewarded samples to compare, so every "
        "advantage is 0; sample each prompt more often, or choose another baseline";
    if (!reinforce->warned_lone) {
        reinforce->warned_lone = 1;
        reinforce->host->log(reinforce->host, EMEND_LOG_WARNING, emend_str(warning));
    }
}

static void centre_groups(Reinforce *reinforce, EmendSpan episodes, uint32_t n_turns,
                          const EmendMetrics *metrics) {
    Peers peers = {.leave_one_out = reinforce->config->baseline ==
                                    EMEND__ALGORITHMS__REINFORCE__CONFIG__BASELINE__LEAVE_ONE_OUT,
                   .by_previous_reward = reinforce->config->by_previous_reward};
    uint64_t n_lone = 0;
    uint64_t n_rewarded = 0;
    Group group = {0};
    for (uint64_t begin = 0; begin < episodes.count; begin = group.end) {
        group = group_from(episodes, begin);
        for (uint32_t t = 0; t < n_turns; t++) {
            group_centre(group, t, peers, &n_rewarded, &n_lone);
        }
    }
    reinforce_report(metrics, "adv/lone_samples", 0, (double)n_lone, 1);
    if (n_lone > 0 && n_lone == n_rewarded) {
        warn_lone(reinforce);
    }
}

/* Takes this step's rewards of turn t into their moving average. */
static void moving_update(MovingAverage *moving, double momentum, EmendSpan episodes, uint32_t t) {
    double sum = 0;
    uint64_t n = 0;
    for (uint64_t i = 0; i < episodes.count; i++) {
        const EmendTurn *turn = rewarded_at(episodes, i, t);
        if (turn) {
            sum += turn->reward;
            n++;
        }
    }
    if (n == 0) {
        return;
    }
    double mean = sum / (double)n;
    moving->mean = moving->n_steps ? momentum * moving->mean + (1 - momentum) * mean : mean;
    moving->n_steps++;
}

/* The average enters as it was before this step, so that no reward is its own baseline. */
static void centre_moving(Reinforce *reinforce, EmendSpan episodes, uint32_t n_turns) {
    for (uint32_t t = 0; t < n_turns; t++) {
        MovingAverage *moving = &reinforce->moving[t];
        advantages_from(episodes, t, moving->mean);
        moving_update(moving, reinforce->config->momentum, episodes, t);
    }
}

static void report_turn(EmendSpan episodes, uint32_t t, const EmendMetrics *metrics) {
    double sum = 0;
    double squares = 0;
    uint64_t n = 0;
    for (uint64_t i = 0; i < episodes.count; i++) {
        const EmendTurn *turn = rewarded_at(episodes, i, t);
        if (turn) {
            sum += turn->advantage;
            n++;
        }
    }
    if (n == 0) {
        return;
    }
    double mean = sum / (double)n;
    for (uint64_t i = 0; i < episodes.count; i++) {
        const EmendTurn *turn = rewarded_at(episodes, i, t);
        if (turn) {
            squares += (turn->advantage - mean) * (turn->advantage - mean);
        }
    }
    reinforce_report(metrics, "adv/mean", t + 1, sum, (double)n);
    reinforce_report(metrics, "adv/std", t + 1, sqrt(squares / (double)n) * (double)n, (double)n);
}

/* Looks for a difference between the rewards of one turn of a group. */
static bool rewards_differ(Group group, uint32_t t, bool *any_reward) {
    const EmendTurn *first = NULL;
    for (uint64_t i = group.begin; i < group.end; i++) {
        const EmendTurn *turn = rewarded_at(group.episodes, i, t);
        if (turn && !first) {
            first = turn;
            *any_reward = true;
        } else if (turn && turn->reward != first->reward) {
            return true;
        }
    }
    return false;
}

static void report_groups(EmendSpan episodes, uint32_t n_turns, const EmendMetrics *metrics) {
    uint64_t n_rewarded = 0;
    uint64_t n_flat = 0;
    Group group = {0};
    for (uint64_t begin = 0; begin < episodes.count; begin = group.end) {
        bool any_reward = false;
        bool any_difference = false;
        group = group_from(episodes, begin);
        for (uint32_t t = 0; t < n_turns; t++) {
            any_difference = rewards_differ(group, t, &any_reward) || any_difference;
        }
        n_rewarded += any_reward;
        n_flat += any_reward && !any_difference;
    }
    if (n_rewarded > 0) {
        reinforce_report(metrics, "reward/frac_zero_std", 0, (double)n_flat, (double)n_rewarded);
    }
}

static void report_left_out(EmendSpan episodes, uint32_t n_turns, const EmendMetrics *metrics) {
    uint64_t n_left_out = 0;
    for (uint64_t i = 0; i < episodes.count; i++) {
        for (uint32_t t = 0; t < n_turns; t++) {
            const EmendTurn *turn = turn_at(episodes, i, t);
            n_left_out += turn && turn->state == EMEND_TURN_LEFT_OUT;
        }
    }
    reinforce_report(metrics, "reward/left_out", 0, (double)n_left_out, 1);
}

EmendStatus reinforce_advantages(void *self, EmendSpan episodes, const EmendTotals *totals,
                                 const EmendMetrics *metrics, EmendError *err) {
    Reinforce *reinforce = self;
    uint32_t n_turns = max_turns(episodes);
    (void)totals;

    EmendStatus status = rewards_check(episodes, n_turns, err);
    if (status == EMEND_OK) {
        status = reinforce_reserve(reinforce, n_turns, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    for (uint32_t t = 0; t < n_turns; t++) {
        advantages_from(episodes, t, 0);
    }
    switch (reinforce->config->baseline) {
    case EMEND__ALGORITHMS__REINFORCE__CONFIG__BASELINE__LEAVE_ONE_OUT:
    case EMEND__ALGORITHMS__REINFORCE__CONFIG__BASELINE__GROUP_MEAN:
        centre_groups(reinforce, episodes, n_turns, metrics);
        break;
    case EMEND__ALGORITHMS__REINFORCE__CONFIG__BASELINE__MOVING_AVERAGE:
        centre_moving(reinforce, episodes, n_turns);
        break;
    default:
        break;
    }
    for (uint32_t t = 0; t < n_turns; t++) {
        report_turn(episodes, t, metrics);
    }
    report_groups(episodes, n_turns, metrics);
    report_left_out(episodes, n_turns, metrics);
    return EMEND_OK;
}

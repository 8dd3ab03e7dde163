/* SPDX-License-Identifier: Apache-2.0 */
#include "baseline.h"
#include "groups.h"
#include "report.h"
#include <math.h>

EmendStatus rewards_of(EmendSpan episodes, const EmendTotals *totals, const Truncated *truncated,
                       Rewards *out, EmendError *err) {
    *out = (Rewards){episodes, max_turns(episodes), totals, truncated};
    return rewards_check(episodes, err);
}

double reward_of(const Rewards *rewards, const EmendTurn *turn) {
    return truncated_reward(rewards->truncated, rewards->totals, turn);
}

void centre_on(const Rewards *rewards, uint32_t t, double baseline) {
    for (uint64_t i = 0; i < rewards->episodes.count; i++) {
        EmendTurn *turn = turn_at(rewards->episodes, i, t);
        if (turn) {
            bool is_rewarded = turn->state == EMEND_TURN_REWARDED;
            turn->advantage = is_rewarded ? reward_of(rewards, turn) - baseline : 0;
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

/* Centres turn t of episode i on the mean of its peers, and returns how many others there were. The
 * differences are summed, so that equal rewards give exactly 0. */
static uint64_t sample_centre(const Rewards *rewards, Group group, uint64_t i, uint32_t t,
                              Peers peers) {
    EmendTurn *own = rewarded_at(group.episodes, i, t);
    double sum = 0;
    uint64_t n_others = 0;
    for (uint64_t j = group.begin; j < group.end; j++) {
        const EmendTurn *other = rewarded_at(group.episodes, j, t);
        if (j == i || !other ||
            (peers.by_previous_reward && !is_alike_before(group.episodes, i, j, t))) {
            continue;
        }
        sum += reward_of(rewards, own) - reward_of(rewards, other);
        n_others++;
    }
    uint64_t n = peers.leave_one_out ? n_others : n_others + 1;
    own->advantage = n > 0 ? sum / (double)n : 0;
    return n_others;
}

void centre_on_group(const Rewards *rewards, Peers peers, const AlgorithmBase *base,
                     bool *has_warned, const EmendMetrics *metrics) {
    uint64_t n_lone = 0;
    uint64_t n_rewarded = 0;
    Group group = {0};
    for (uint32_t t = 0; t < rewards->n_turns; t++) {
        centre_on(rewards, t, 0);
    }
    for (uint64_t begin = 0; begin < rewards->episodes.count; begin = group.end) {
        group = group_from(rewards->episodes, begin);
        for (uint32_t t = 0; t < rewards->n_turns; t++) {
            for (uint64_t i = group.begin; i < group.end; i++) {
                if (rewarded_at(group.episodes, i, t)) {
                    n_lone += sample_centre(rewards, group, i, t, peers) == 0;
                    n_rewarded++;
                }
            }
        }
    }
    report(metrics, "adv/lone_samples", 0, (double)n_lone, 1);
    if (n_lone > 0 && n_lone == n_rewarded) {
        warn_once(base, has_warned,
                  "no prompt of this step has two rewarded samples to compare, so every advantage "
                  "is 0; sample each prompt more often, or choose another baseline");
    }
}

/* A sum of squared deviations, and its degrees of freedom. */
typedef struct Spread {
    double squares;
    uint64_t freedom;
} Spread;

/* Adds a group's rewards on turn t, about their mean. */
static void spread_add(Spread *spread, const Rewards *rewards, Group group, uint32_t t) {
    double sum = 0;
    uint64_t n = 0;
    const EmendTurn *first = NULL;
    for (uint64_t i = group.begin; i < group.end; i++) {
        const EmendTurn *turn = rewarded_at(group.episodes, i, t);
        if (turn) {
            first = first ? first : turn;
            sum += reward_of(rewards, turn) - reward_of(rewards, first);
            n++;
        }
    }
    if (n == 0) {
        return;
    }
    // About the first, so that equal rewards deviate by exactly 0.
    double mean = sum / (double)n;
    for (uint64_t i = group.begin; i < group.end; i++) {
        const EmendTurn *turn = rewarded_at(group.episodes, i, t);
        if (turn) {
            double deviation = reward_of(rewards, turn) - reward_of(rewards, first) - mean;
            spread->squares += deviation * deviation;
        }
    }
    spread->freedom += n - 1;
}

static void divide(Group group, uint32_t t, Spread spread, double epsilon) {
    double deviation = spread.freedom > 0 ? sqrt(spread.squares / (double)spread.freedom) : 0;
    for (uint64_t i = group.begin; i < group.end; i++) {
        EmendTurn *turn = rewarded_at(group.episodes, i, t);
        if (turn && turn->advantage != 0) {
            turn->advantage /= deviation + epsilon;
        }
    }
}

static void scale_group(const Rewards *rewards, Group group, int scale, double epsilon) {
    Spread all = {0};
    for (uint32_t t = 0; t < rewards->n_turns; t++) {
        spread_add(&all, rewards, group, t);
    }
    for (uint32_t t = 0; t < rewards->n_turns; t++) {
        Spread own = {0};
        spread_add(&own, rewards, group, t);
        divide(group, t, scale == SCALE_GROUP ? all : own, epsilon);
    }
}

void scale_by_deviation(const Rewards *rewards, int scale, double epsilon) {
    Spread step = {0};
    Group group = {0};
    if (scale == SCALE_NONE) {
        return;
    }
    for (uint64_t begin = 0; begin < rewards->episodes.count; begin = group.end) {
        group = group_from(rewards->episodes, begin);
        if (scale != SCALE_STEP) {
            scale_group(rewards, group, scale, epsilon);
            continue;
        }
        for (uint32_t t = 0; t < rewards->n_turns; t++) {
            spread_add(&step, rewards, group, t);
        }
    }
    Group all = {rewards->episodes, 0, rewards->episodes.count};
    for (uint32_t t = 0; scale == SCALE_STEP && t < rewards->n_turns; t++) {
        divide(all, t, step, epsilon);
    }
}

static void report_turn(const Rewards *rewards, uint32_t t, const EmendMetrics *metrics) {
    double sum = 0;
    double squares = 0;
    uint64_t n = 0;
    for (uint64_t i = 0; i < rewards->episodes.count; i++) {
        const EmendTurn *turn = rewarded_at(rewards->episodes, i, t);
        if (turn) {
            sum += turn->advantage;
            n++;
        }
    }
    if (n == 0) {
        return;
    }
    double mean = sum / (double)n;
    for (uint64_t i = 0; i < rewards->episodes.count; i++) {
        const EmendTurn *turn = rewarded_at(rewards->episodes, i, t);
        if (turn) {
            squares += (turn->advantage - mean) * (turn->advantage - mean);
        }
    }
    report(metrics, "adv/mean", t + 1, sum, (double)n);
    report(metrics, "adv/std", t + 1, sqrt(squares / (double)n) * (double)n, (double)n);
}

/* Looks for a difference between the rewards of one turn of a group. */
static bool rewards_differ(const Rewards *rewards, Group group, uint32_t t, bool *any_reward) {
    const EmendTurn *first = NULL;
    for (uint64_t i = group.begin; i < group.end; i++) {
        const EmendTurn *turn = rewarded_at(group.episodes, i, t);
        if (turn && !first) {
            first = turn;
            *any_reward = true;
        } else if (turn && reward_of(rewards, turn) != reward_of(rewards, first)) {
            return true;
        }
    }
    return false;
}

static void report_groups(const Rewards *rewards, const EmendMetrics *metrics) {
    uint64_t n_rewarded = 0;
    uint64_t n_flat = 0;
    Group group = {0};
    for (uint64_t begin = 0; begin < rewards->episodes.count; begin = group.end) {
        bool any_reward = false;
        bool any_difference = false;
        group = group_from(rewards->episodes, begin);
        for (uint32_t t = 0; t < rewards->n_turns; t++) {
            any_difference = rewards_differ(rewards, group, t, &any_reward) || any_difference;
        }
        n_rewarded += any_reward;
        n_flat += any_reward && !any_difference;
    }
    if (n_rewarded > 0) {
        report(metrics, "reward/frac_zero_std", 0, (double)n_flat, (double)n_rewarded);
    }
}

static void report_left_out(const Rewards *rewards, const EmendMetrics *metrics) {
    uint64_t n_left_out = 0;
    for (uint64_t i = 0; i < rewards->episodes.count; i++) {
        for (uint32_t t = 0; t < rewards->n_turns; t++) {
            const EmendTurn *turn = turn_at(rewards->episodes, i, t);
            n_left_out += turn && turn->state == EMEND_TURN_LEFT_OUT;
        }
    }
    report(metrics, "reward/left_out", 0, (double)n_left_out, 1);
}

void report_advantages(const Rewards *rewards, const EmendMetrics *metrics) {
    for (uint32_t t = 0; t < rewards->n_turns; t++) {
        report_turn(rewards, t, metrics);
    }
    report_groups(rewards, metrics);
    report_left_out(rewards, metrics);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "train/tally.h"
#include "train/edits.h"
#include <stdlib.h>
#include <string.h>

// NULL when memory is gone.
static KindTally *find_group(TallyGroups *groups, EmendStr said) {
    char name[sizeof((KindTally *)0)->kind];
    snprintf(name, sizeof name, "%.*s", (int)(said.len < 40 ? said.len : 40), said.ptr);
    for (size_t i = 0; i < groups->n; i++) {
        if (strcmp(groups->items[i].kind, name) == 0) {
            return &groups->items[i];
        }
    }
    KindTally *items = realloc(groups->items, (groups->n + 1) * sizeof *items);
    if (!items) {
        return NULL;
    }
    groups->items = items;
    KindTally *added = &items[groups->n++];
    *added = (KindTally){0};
    memcpy(added->kind, name, sizeof name);
    return added;
}

static bool is_graded(const Trajectory *trajectory) {
    for (uint32_t t = 0; t < trajectory->n_turns; t++) {
        if (trajectory->turns[t].grade.state != EMEND_SCORE_VALUE) {
            return false;
        }
    }
    return true;
}

static bool is_changed(const TrajectoryTurn *a, const TrajectoryTurn *b) {
    if (a->extracted && b->extracted) {
        return a->extracted_len != b->extracted_len ||
               memcmp(a->extracted, b->extracted, a->extracted_len) != 0;
    }
    if (a->extracted || b->extracted) {
        return true;
    }
    return a->response_len != b->response_len ||
           memcmp(a->response, b->response, a->response_len) != 0;
}

static void count(KindTally *tally, const Trajectory *trajectory, bool is_first) {
    tally->n++;
    tally->n_problems += is_first;
    for (uint32_t t = 0; t < trajectory->n_turns; t++) {
        tally->n_right[t] += trajectory_is_right(trajectory, t);
    }
    if (trajectory->n_turns > 1) {
        bool first = trajectory_is_right(trajectory, 0),
             second = trajectory_is_right(trajectory, 1);
        tally->n_i_to_c += !first && second;
        tally->n_c_to_i += first && !second;
    }
}

static EmendStatus no_memory(EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "no memory for the tally of an evaluation");
}

// A problem without a level is in no group of them.
static EmendStatus count_groups(Tally *tally, const Trajectory *trajectory, bool is_first,
                                EmendError *err) {
    EmendStr level = problem_field(trajectory->problem, EMEND_PROBLEM_LEVEL);
    KindTally *group =
        find_group(&tally->kinds, problem_field(trajectory->problem, EMEND_PROBLEM_KIND));
    if (!group) {
        return no_memory(err);
    }
    count(group, trajectory, is_first);
    if (level.len > 0) {
        group = find_group(&tally->levels, level);
        if (!group) {
            return no_memory(err);
        }
        count(group, trajectory, is_first);
    }
    count(&tally->total, trajectory, is_first);
    return EMEND_OK;
}

static void count_changes(Tally *tally, const Trajectory *trajectory) {
    const TrajectoryTurn *turns = trajectory->turns;
    if (trajectory->n_turns < 2) {
        return;
    }
    uint32_t last = trajectory->n_turns - 1;
    tally->n_changed += is_changed(&turns[last - 1], &turns[last]);
    tally->edit_ratios += edits_ratio(turns[0].response, turns[0].response_len, turns[1].response,
                                      turns[1].response_len);
}

static EmendStatus begin_problem(Tally *tally, EmendError *err) {
    if (tally->votes.n_counts == 0) {
        votes_init(&tally->votes, tally->samples_per_problem);
    }
    votes_begin(&tally->votes);
    return passes_begin(&tally->passes, err);
}

static EmendStatus count_one(Tally *tally, const Trajectory *trajectory, EmendError *err) {
    bool has_samples = tally->samples_per_problem > 1;
    EmendStatus status = EMEND_OK;
    if (has_samples && trajectory->sample == 0) {
        status = begin_problem(tally, err);
    }
    if (trajectory->n_turns > tally->n_turns) {
        tally->n_turns = trajectory->n_turns;
    }
    if (status == EMEND_OK && !is_graded(trajectory)) {
        tally->n_left_out++;
        return EMEND_OK;
    }
    if (status == EMEND_OK && has_samples) {
        status = votes_add(&tally->votes, trajectory, err);
    }
    if (status == EMEND_OK) {
        bool is_first = !has_samples || passes_add(&tally->passes, trajectory);
        status = count_groups(tally, trajectory, is_first, err);
        count_changes(tally, trajectory);
    }
    return status;
}

EmendStatus tally_add(Tally *tally, const Trajectory *trajectories, size_t n, EmendError *err) {
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; status == EMEND_OK && i < n; i++) {
        status = count_one(tally, &trajectories[i], err);
    }
    return status;
}

void tally_finish(Tally *tally) {
    free(tally->kinds.items);
    free(tally->levels.items);
    passes_finish(&tally->passes);
    votes_finish(&tally->votes);
    *tally = (Tally){0};
}

// The k to report after k; 0: no more.
static uint32_t next_k(const Tally *tally, uint32_t k) {
    return tally->samples_per_problem > 1 ? passes_next_k(k, tally->samples_per_problem) : 0;
}

static void pass_metrics(const Tally *tally, MetricSet *metrics) {
    for (uint32_t t = 0; t < tally->n_turns; t++) {
        for (uint32_t k = next_k(tally, 0); k > 0; k = next_k(tally, k)) {
            char name[48];
            uint64_t n_problems = 0;
            double sum = passes_sum(&tally->passes, t, k, &n_problems);
            snprintf(name, sizeof name, "pass@%u@t%u", k, t + 1);
            if (n_problems > 0) {
                metrics_add(metrics, name, sum, (double)n_problems);
            }
        }
    }
}

static void vote_metrics(const Tally *tally, MetricSet *metrics) {
    for (uint32_t t = 0; t < tally->n_turns; t++) {
        for (size_t i = 0; i < tally->votes.n_counts; i++) {
            const VoteCount *votes = &tally->votes.counts[i];
            char name[48];
            snprintf(name, sizeof name, "maj@%u@t%u", votes->k, t + 1);
            if (votes->n_problems > 0) {
                metrics_add(metrics, name, votes->n_right[t], (double)votes->n_problems);
            }
        }
    }
}

void tally_metrics(const Tally *tally, MetricSet *metrics) {
    const KindTally *total = &tally->total;
    if (total->n == 0) {
        return;
    }
    double weight = (double)total->n;
    for (uint32_t t = 0; t < tally->n_turns; t++) {
        char name[32];
        snprintf(name, sizeof name, "accuracy@t%u", t + 1);
        metrics_add(metrics, name, (double)total->n_right[t], weight);
    }
    if (tally->n_turns > 1) {
        metrics_add(metrics, "delta(t1,t2)", (double)total->n_right[1] - (double)total->n_right[0],
                    weight);
        metrics_add(metrics, "delta(i->c)", (double)total->n_i_to_c, weight);
        metrics_add(metrics, "delta(c->i)", (double)total->n_c_to_i, weight);
        metrics_add(metrics, "answer_changed", (double)tally->n_changed, weight);
        metrics_add(metrics, "edit_distance_ratio", tally->edit_ratios, weight);
    }
    pass_metrics(tally, metrics);
    vote_metrics(tally, metrics);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "train/votes.h"
#include "train/passes.h"
#include <stdlib.h>
#include <string.h>

static void ballot_clear(VoteBallot *ballot) {
    for (size_t i = 0; i < ballot->n; i++) {
        free(ballot->answers[i].text);
    }
    ballot->n = 0;
}

static bool is_same(const VoteAnswer *answer, const char *text, size_t len) {
    if (!answer->text || !text) {
        return !answer->text && !text;
    }
    return answer->len == len && memcmp(answer->text, text, len) == 0;
}

// NULL when memory is gone.
static VoteAnswer *ballot_append(VoteBallot *ballot, const char *text, size_t len) {
    if (ballot->n == ballot->capacity) {
        size_t capacity = ballot->capacity ? ballot->capacity * 2 : 8;
        VoteAnswer *answers = realloc(ballot->answers, capacity * sizeof *answers);
        if (!answers) {
            return NULL;
        }
        ballot->answers = answers;
        ballot->capacity = capacity;
    }
    char *copy = text ? malloc(len + 1) : NULL;
    if (text && !copy) {
        return NULL;
    }
    if (copy && len > 0) {
        memcpy(copy, text, len);
    }
    VoteAnswer *added = &ballot->answers[ballot->n++];
    *added = (VoteAnswer){.text = copy, .len = len};
    return added;
}

static EmendStatus ballot_add(VoteBallot *ballot, const TrajectoryTurn *turn, bool is_right) {
    VoteAnswer *answer = NULL;
    for (size_t i = 0; i < ballot->n && !answer; i++) {
        bool is_it = is_same(&ballot->answers[i], turn->extracted, turn->extracted_len);
        answer = is_it ? &ballot->answers[i] : NULL;
    }
    if (!answer) {
        answer = ballot_append(ballot, turn->extracted, turn->extracted_len);
    }
    if (!answer) {
        return EMEND_EXHAUSTED;
    }
    answer->n++;
    answer->n_right += is_right && answer->text;
    return EMEND_OK;
}

// The chance that the vote is right. An answer that is graded one way here and another there counts
// as far as it is right.
static double ballot_decide(const VoteBallot *ballot) {
    uint32_t most = 0, n_first = 0;
    double sum = 0;
    for (size_t i = 0; i < ballot->n; i++) {
        const VoteAnswer *answer = &ballot->answers[i];
        if (answer->n > most) {
            most = answer->n;
            n_first = 0;
            sum = 0;
        }
        if (answer->n == most) {
            n_first++;
            sum += (double)answer->n_right / (double)answer->n;
        }
    }
    return n_first > 0 ? sum / n_first : 0;
}

void votes_init(Votes *votes, uint32_t n_samples) {
    *votes = (Votes){0};
    for (uint32_t k = passes_next_k(0, n_samples); k > 0; k = passes_next_k(k, n_samples)) {
        votes->counts[votes->n_counts++].k = k;
    }
}

void votes_begin(Votes *votes) {
    for (uint32_t t = 0; t < MAX_TURNS; t++) {
        ballot_clear(&votes->ballots[t]);
    }
    votes->n_samples = 0;
}

static void count_vote(Votes *votes, VoteCount *count, uint32_t n_turns) {
    count->n_problems++;
    for (uint32_t t = 0; t < n_turns; t++) {
        count->n_right[t] += ballot_decide(&votes->ballots[t]);
    }
}

EmendStatus votes_add(Votes *votes, const Trajectory *trajectory, EmendError *err) {
    for (uint32_t t = 0; t < trajectory->n_turns; t++) {
        EmendStatus status = ballot_add(&votes->ballots[t], &trajectory->turns[t],
                                        trajectory_is_right(trajectory, t));
        if (status != EMEND_OK) {
            return emend_fail(err, status, "no memory for maj@k of an evaluation");
        }
    }
    votes->n_samples++;
    for (size_t i = 0; i < votes->n_counts; i++) {
        if (votes->counts[i].k == votes->n_samples) {
            count_vote(votes, &votes->counts[i], trajectory->n_turns);
        }
    }
    return EMEND_OK;
}

void votes_finish(Votes *votes) {
    votes_begin(votes);
    for (uint32_t t = 0; t < MAX_TURNS; t++) {
        free(votes->ballots[t].answers);
    }
    *votes = (Votes){0};
}

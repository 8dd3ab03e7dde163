/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_VOTES_H
#define TRAIN_VOTES_H
/* maj@k: how often the answer that most of the first k samples of a problem give is right (Wang et
 * al. 2022, arXiv 2203.11171). Answers are the same where their extracted texts are; having none is
 * an answer too, which is never right. Where answers tie, each is taken with the same chance. */
#include "train/trajectory.h"

/* An answer to the problem at hand, and the samples that gave it. */
typedef struct VoteAnswer {
    char *text; /* NULL: none was found */
    size_t len;
    uint32_t n, n_right;
} VoteAnswer;

typedef struct VoteBallot {
    VoteAnswer *answers;
    size_t n, capacity;
} VoteBallot;

/* For one k, over the problems that have as many samples. */
typedef struct VoteCount {
    uint32_t k;
    uint64_t n_problems;
    double n_right[MAX_TURNS]; /* expected, by turn */
} VoteCount;

enum { MAX_VOTE_COUNTS = 33 }; /* powers of two and one more */

typedef struct Votes {
    VoteBallot ballots[MAX_TURNS]; /* of the problem at hand, by turn */
    uint32_t n_samples;            /* that it has so far */
    VoteCount counts[MAX_VOTE_COUNTS];
    size_t n_counts;
} Votes;

/* To count k = 1, 2, 4, ... and n_samples. */
void votes_init(Votes *votes, uint32_t n_samples);
/* What votes_add adds to from here on is of another problem. */
void votes_begin(Votes *votes);
/* Counts a sample that is graded at every turn. */
EmendStatus votes_add(Votes *votes, const Trajectory *trajectory, EmendError *err);
void votes_finish(Votes *votes);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_VERDICTS_H
#define TRAIN_VERDICTS_H
/* What became of every problem of an evaluation, kept with it so that two policies can be compared
 * problem by problem. */
#include "train/buffer.h"
#include "train/trajectory.h"

/* Zero-initialise. */
typedef struct Verdicts {
    Buffer turns[MAX_TURNS]; /* by turn, a letter a sample: 1 right, 0 wrong, - not graded */
    uint32_t n_turns;
    Buffer problems; /* their ids, a NUL behind each, in the order of the letters */
} Verdicts;

/* Trajectories of a problem follow one another from sample 0. */
EmendStatus verdicts_add(Verdicts *verdicts, const Trajectory *trajectories, size_t n,
                         EmendError *err);
/* The same for evaluations of the same problems: 16 hexadecimal digits and a NUL. */
EmendStatus verdicts_problems(const Verdicts *verdicts, char digits[17], EmendError *err);
void verdicts_finish(Verdicts *verdicts);

#endif

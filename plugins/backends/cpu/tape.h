/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_TAPE_H
#define CPU_TAPE_H
/* A batch to score, cut into slabs, and what forward keeps of it for backward.
 *
 * The sequences' tokens lie one after another without padding; those after the last scored one are
 * not read. A slab is some whole sequences, worked through before the next: cutting in order
 * changes no bits of the gradient and keeps working memory small. A group is the whole sequences of
 * a slab that one thread takes at once; where a slab has too few of them it is one group, for the
 * team.
 */
#include "decoder.h"

/* A token to score. */
typedef struct Scored {
    uint32_t token, want;
    float scale;              /* 1 / temperature */
    uint32_t sequence, index; /* of the batch, and among the outputs of that sequence */
} Scored;

typedef struct Group {
    size_t first_row, n_rows, first_scored, n_scored;
    bool wants_kl;
} Group;

typedef struct Slab {
    size_t first_sequence, n_sequences;
    size_t n_rows, n_scored, n_groups;
    bool is_team, wants_kl;
    Row *rows;
    Scored *scored;
    uint32_t *wanted; /* the scored tokens' rows */
    Group *groups;
    void *lists; /* all of the above */
    /* Kept for backward only, else NULL: */
    Activations kept;                 /* steps for the slab's rows; normed, activated NULL */
    float *hidden, *reference_hidden; /* n_scored final hidden states of policy and reference */
    float *block;                     /* all of these */
} Slab;

struct EmendTape {
    EmendModel *model, *reference;
    uint64_t version, reference_version; /* of the weights that were run */
    size_t n_sequences, n_slabs;
    Slab *slabs;
    bool is_used;
};

/* Plans a batch that was checked; keeps nothing yet. */
EmendStatus tape_create(EmendModel *model, const EmendForwardArgs *args, EmendTape **out,
                        EmendError *err);
/* Makes room for what backward needs of one slab. */
EmendStatus tape_keep_slab(const EmendTape *tape, Slab *slab, EmendError *err);
void tape_destroy(EmendTape *tape);

/* The operations of the backend's table that score and differentiate. */
EmendStatus forward_run(Cpu *cpu, EmendModel *model, const EmendForwardArgs *args, EmendTape **tape,
                        EmendError *err);
EmendStatus backward_run(Cpu *cpu, EmendTape *tape, EmendSpan coefficients, EmendError *err);

#endif

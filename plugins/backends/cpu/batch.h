/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_BATCH_H
#define CPU_BATCH_H
/* The requests of one call of generate, and the passes over them. */
#include "session.h"

/* One request while it is worked on. */
typedef struct Request {
    EmendSampling *sampling;
    const Sequence *parent; /* NULL: none */
    size_t index;           /* as the caller numbers it */
    size_t n_prompt;        /* tokens before the first sampled one, the parent's included */
    uint32_t limit;         /* new tokens at most */
    bool is_broken;         /* its logits are not finite */
    Sequence sequence;
} Request;

/* A row whose logits are wanted, and the requests that sample from it. */
typedef struct Output {
    uint32_t first_member, n_members; /* in Batch.members */
} Output;

typedef struct Group {
    size_t first_row, n_rows, first_output, n_outputs;
} Group;

typedef struct Batch {
    Cpu *cpu;
    EmendSession *session;
    EmendModel *model;
    const int32_t *stops;
    uint64_t n_stops;
    size_t n_requests;
    Request *requests;
    Request **order;   /* by prompt: those that share one reading follow one another */
    Request **members; /* of the pass at hand */
    /* The pass at hand: */
    size_t n_rows, n_outputs, n_groups;
    Row *rows; /* max_rows */
    size_t max_rows;
    Output *outputs;
    uint32_t *wanted; /* the outputs' rows */
    Group *groups;
    /* What is done with each group. */
    void (*run_group)(struct Batch *batch, Group *group, Threads *team, size_t thread, float *base);
} Batch;

/* requests.c: takes and checks the requests; none is written to. */
EmendStatus batch_take_requests(Batch *batch, EmendSpan requests, EmendError *err);
/* n zeroed elements of `size` bytes into the pointer at `out`, the batch's to free. */
EmendStatus batch_take_list(const Batch *batch, size_t n, size_t size, void *out, EmendError *err);

/* batch.c: reads a group's rows and samples a token for every member of its outputs. */
void batch_read_rows(Batch *batch, Group *group, Threads *team, size_t thread, float *base);
/* Does run_group with every group, side by side; or, where they are too few to keep every thread
 * busy, with all rows as one group, whose number is then 0, and the threads as its team. */
EmendStatus batch_run_groups(Batch *batch, EmendError *err);

#endif

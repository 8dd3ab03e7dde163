/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CPU_SCRATCH_H
#define CPU_SCRATCH_H
/* Memory from the host, and the working memory that calls reuse. */
#include "emend/host.h"
#include "emend/status.h"
#include <stddef.h>

/* One block for everyone and one for each thread. They only grow; what they hold is lost from one
 * reservation to the next. */
typedef struct Scratch {
    float *shared;
    size_t shared_floats;
    float **threads; /* n_threads blocks of thread_floats */
    size_t n_threads, thread_floats;
} Scratch;

/* Floats to the next multiple of 16, so that what follows stays on a cache line. */
static inline size_t scratch_round(size_t n_floats) {
    return (n_floats + 15) / 16 * 16;
}

/* Cuts arrays out of a block, one after another. Without a base it only counts, so that the
 * function that lays a block out also says how large it must be. */
typedef struct Room {
    float *base;
    size_t used;
} Room;

static inline float *room_take(Room *room, size_t n_floats) {
    float *at = room->base ? room->base + room->used : NULL;
    room->used += scratch_round(n_floats);
    return at;
}

/* Zeroed bytes of the host's, 64-aligned, to be freed with host->free. `what` completes "... bytes
 * for `what`" in the message of EMEND_EXHAUSTED. */
EmendStatus host_take(const EmendHost *host, size_t bytes, const char *what, void **out,
                      EmendError *err);
/* The same, not zeroed. */
EmendStatus host_take_raw(const EmendHost *host, size_t bytes, const char *what, void **out,
                          EmendError *err);

EmendStatus scratch_init(Scratch *scratch, const EmendHost *host, size_t n_threads,
                         EmendError *err);
void scratch_finish(Scratch *scratch, const EmendHost *host);
/* Makes room for that many floats in the shared block and in each thread's. */
EmendStatus scratch_reserve(Scratch *scratch, const EmendHost *host, size_t shared_floats,
                            size_t thread_floats, EmendError *err);

#endif

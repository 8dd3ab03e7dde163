/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_WORK_H
#define ANSWERS_WORK_H
/* The memory and the effort of one comparison, both bounded.
 *
 * Everything a comparison makes is freed at once by work_finish(). When a bound is reached,
 * `problem` is set, every later request is refused, and the comparison ends undecided. */
#include "emend/data.h"
#include <gmp.h>
#include <stdbool.h>

enum {
    WORK_MEMORY_BYTES = 1 << 20, /* nodes, texts, terms */
    WORK_MAX_RATIONALS = 4096,
    WORK_MAX_BITS = 1 << 16,   /* of a numerator or denominator */
    WORK_MAX_EFFORT = 4000000, /* roughly nanoseconds */
    WORK_INLINE_BYTES =
        16 * 1024 /* held in the struct, so that small comparisons allocate nothing */
};

typedef struct WorkBlock WorkBlock;

typedef struct Work {
    char problem[112]; /* why it cannot go on; empty while it can */
    uint64_t effort;   /* spent so far */
    uint64_t n_bytes;  /* taken so far */
    size_t n_inline;
    WorkBlock *blocks;
    struct WorkRational *rationals;
    uint32_t n_rationals;
    _Alignas(16) char room[WORK_INLINE_BYTES];
} Work;

void work_init(Work *work);
void work_finish(Work *work);

/* Zeroed bytes aligned for anything, or NULL: the memory bound is reached. */
void *work_alloc(Work *work, size_t n_bytes);
/* A rational number, 0, cleared by work_finish(); NULL: there are too many. */
mpq_ptr work_rational(Work *work);
/* Counts `units` (about a nanosecond each) of effort to be spent. False: the bound is reached. */
bool work_spend(Work *work, uint64_t units);
/* Sets the problem, unless there is one already, and returns false. */
bool work_fail(Work *work, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool work_failed(const Work *work);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_FOREIGN_MEMORY_H
#define PLUGIN_FOREIGN_MEMORY_H
/* What a called function may read and write: the blocks of one call at a time. */
#include <stdbool.h>
#include <stddef.h>

/* More than one call takes: a block an argument, and what errors are written to. */
#define FOREIGN_BLOCKS_MAX 20

/* Zero-initialise; set is_guarded for blocks that each end where an inaccessible page begins, so
 * that one byte too far kills the process. */
typedef struct ForeignMemory {
    bool is_guarded;
    char *bytes;
    size_t capacity, used;
    struct {
        void *start;
        size_t bytes, readable;
    } blocks[FOREIGN_BLOCKS_MAX];
    size_t n_blocks;
} ForeignMemory;

/* Begins a call: gives up the blocks of the last, and has room for `bytes` in `n` new ones. False
 * where memory is gone. */
bool foreign_memory_begin(ForeignMemory *memory, size_t bytes, size_t n);
/* The next block; NULL where memory is gone, which without guards cannot be. */
void *foreign_memory_take(ForeignMemory *memory, size_t bytes);
/* The last block is written no more: a guarded one becomes read-only. */
void foreign_memory_seal(ForeignMemory *memory);
void foreign_memory_finish(ForeignMemory *memory);

#endif

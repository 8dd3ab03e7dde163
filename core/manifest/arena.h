/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANIFEST_ARENA_H
#define MANIFEST_ARENA_H
/* Many small blocks that live and die together: the nodes of a tree, the types of a pool. */
#include <stddef.h>

/* Zero-initialise. */
typedef struct Arena {
    struct ArenaBlock *blocks; /* the newest first */
} Arena;

/* `size` zeroed bytes, aligned for any type; NULL where memory is gone. */
void *arena_alloc(Arena *arena, size_t size);
/* A NUL-terminated copy of `len` bytes; NULL where memory is gone. */
char *arena_copy(Arena *arena, const char *text, size_t len);
/* Frees every block; the arena is empty and usable again. */
void arena_finish(Arena *arena);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16 * 1024 };

typedef struct ArenaBlock {
    struct ArenaBlock *next;
    size_t used, capacity;
    alignas(max_align_t) unsigned char bytes[];
} ArenaBlock;

static ArenaBlock *add_block(Arena *arena, size_t capacity) {
    ArenaBlock *block = calloc(1, sizeof(ArenaBlock) + capacity);
    if (!block) {
        return NULL;
    }
    block->capacity = capacity;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *arena_alloc(Arena *arena, size_t size) {
    size_t align = alignof(max_align_t);
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size = (size + align - 1) / align * align;
    ArenaBlock *block = arena->blocks;
    if (!block || block->capacity - block->used < size) {
        block = add_block(arena, size > BLOCK_BYTES ? size : BLOCK_BYTES);
    }
    if (!block) {
        return NULL;
    }
    void *at = block->bytes + block->used;
    block->used += size;
    return at;
}

char *arena_copy(Arena *arena, const char *text, size_t len) {
    char *copy = arena_alloc(arena, len + 1);
    if (copy && len > 0) {
        memcpy(copy, text, len);
    }
    return copy;
}

void arena_finish(Arena *arena) {
    while (arena->blocks) {
        ArenaBlock *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
}

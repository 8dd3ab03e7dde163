/* SPDX-License-Identifier: Apache-2.0 */
#include "texts.h"

#include <string.h>

enum { BLOCK_BYTES = 1 << 18, ALIGNMENT = 16 };

static EmendStatus no_memory(uint64_t n, EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "no memory for a text of %llu bytes",
                      (unsigned long long)n);
}

EmendStatus text_reserve(Text *text, uint64_t n, EmendError *err) {
    if (n <= text->capacity - text->len) {
        return EMEND_OK;
    }
    uint64_t capacity = 2 * (text->len + n);
    char *larger = text->host->alloc(text->host, capacity, 0);
    if (!larger) {
        return no_memory(capacity, err);
    }
    if (text->len > 0) {
        memcpy(larger, text->bytes, text->len);
    }
    text->host->free(text->host, text->bytes);
    text->bytes = larger;
    text->capacity = capacity;
    return EMEND_OK;
}

EmendStatus text_add(Text *text, EmendStr part, EmendError *err) {
    EmendStatus status = text_reserve(text, part.len, err);
    if (status == EMEND_OK && part.len > 0) {
        memcpy(text->bytes + text->len, part.ptr, part.len);
        text->len += part.len;
    }
    return status;
}

EmendStatus text_add_c(Text *text, const char *part, EmendError *err) {
    return text_add(text, emend_str(part), err);
}

EmendStr text_str(const Text *text) {
    return (EmendStr){text->len > 0 ? text->bytes : "", text->len};
}

void text_finish(Text *text) {
    if (text->host) {
        text->host->free(text->host, text->bytes);
    }
    *text = (Text){0};
}

struct ArenaBlock {
    struct ArenaBlock *before;
    uint64_t used, capacity;
    _Alignas(ALIGNMENT) char bytes[];
};

void *arena_room(Arena *arena, uint64_t n) {
    struct ArenaBlock *block = arena->last;
    uint64_t at = block ? (block->used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : 0;
    if (!block || at > block->capacity || n > block->capacity - at) {
        uint64_t capacity = n > BLOCK_BYTES ? n : BLOCK_BYTES;
        block = arena->host->alloc(arena->host, sizeof *block + capacity, 0);
        if (!block) {
            return NULL;
        }
        *block = (struct ArenaBlock){.before = arena->last, .capacity = capacity};
        arena->last = block;
        at = 0;
    }
    block->used = at + n;
    return block->bytes + at;
}

void arena_trim(Arena *arena, const void *room, uint64_t n) {
    arena->last->used = (uint64_t)((const char *)room - arena->last->bytes) + n;
}

EmendStatus arena_keep(Arena *arena, EmendStr text, EmendStr *kept, EmendError *err) {
    char *room = arena_room(arena, text.len);
    if (!room) {
        return no_memory(text.len, err);
    }
    if (text.len > 0) {
        memcpy(room, text.ptr, text.len);
    }
    *kept = (EmendStr){room, text.len};
    return EMEND_OK;
}

void arena_free(Arena *arena) {
    while (arena->last) {
        struct ArenaBlock *block = arena->last;
        arena->last = block->before;
        arena->host->free(arena->host, block);
    }
    *arena = (Arena){0};
}

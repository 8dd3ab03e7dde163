/* SPDX-License-Identifier: Apache-2.0 */
#include "texts.h"

#include <string.h>

enum { BLOCK_BYTES = 1 << 18 };

static EmendStatus no_memory(uint64_t n, EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "coding: no memory for a text of %llu bytes",
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
    _Alignas(16) char bytes[];
};

void *arena_room(Arena *arena, uint64_t n) {
    struct ArenaBlock *block = arena->last;
    n = (n + 15) / 16 * 16;
    if (!block || n > block->capacity - block->used) {
        uint64_t capacity = n > BLOCK_BYTES ? n : BLOCK_BYTES;
        block = arena->host->alloc(arena->host, sizeof *block + capacity, 0);
        if (!block) {
            return NULL;
        }
        *block = (struct ArenaBlock){.before = arena->last, .capacity = capacity};
        arena->last = block;
    }
    void *room = block->bytes + block->used;
    block->used += n;
    return room;
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

bool str_is(EmendStr text, const char *word) {
    return str_equal(text, emend_str(word));
}

bool str_equal(EmendStr a, EmendStr b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_starts(EmendStr text, const char *prefix) {
    size_t n = strlen(prefix);
    return text.len >= n && memcmp(text.ptr, prefix, n) == 0;
}

uint64_t str_find(EmendStr text, const char *word, uint64_t from) {
    if (from >= text.len) {
        return text.len;
    }
    const char *at = memmem(text.ptr + from, text.len - from, word, strlen(word));
    return at ? (uint64_t)(at - text.ptr) : text.len;
}

EmendStr str_skip(EmendStr text, uint64_t n) {
    return (EmendStr){text.ptr + n, text.len - n};
}

EmendStr str_head(EmendStr text, uint64_t n) {
    return (EmendStr){text.ptr, n};
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

EmendStr str_trim(EmendStr text) {
    while (text.len > 0 && is_space(text.ptr[0])) {
        text = str_skip(text, 1);
    }
    while (text.len > 0 && is_space(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

bool str_line(EmendStr *rest, EmendStr *line) {
    if (rest->len == 0) {
        return false;
    }
    const char *stop = memchr(rest->ptr, '\n', rest->len);
    *line = str_head(*rest, stop ? (uint64_t)(stop - rest->ptr) : rest->len);
    *rest = str_skip(*rest, line->len + (stop ? 1 : 0));
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEXTS_TEXTS_H
#define TEXTS_TEXTS_H
/* Texts in host memory: one that grows, and many that stay. */
#include "emend/host.h"
#include "emend/status.h"
#include "str.h"

/* Text that grows. Initialise with its host; text_finish() frees it. */
typedef struct Text {
    const EmendHost *host;
    char *bytes;
    uint64_t len, capacity;
} Text;

/* Makes room for n more bytes behind the end. */
EmendStatus text_reserve(Text *text, uint64_t n, EmendError *err);
EmendStatus text_add(Text *text, EmendStr part, EmendError *err);
EmendStatus text_add_c(Text *text, const char *part, EmendError *err);
EmendStr text_str(const Text *text);
void text_finish(Text *text);

/* Texts that stay where they are until all are freed. Initialise with its host. */
typedef struct Arena {
    const EmendHost *host;
    struct ArenaBlock *last;
} Arena;

/* Room for n bytes, aligned for any type, or NULL: no memory. */
void *arena_room(Arena *arena, uint64_t n);
/* Gives back what was not used of the room taken last: all but its first n bytes. */
void arena_trim(Arena *arena, const void *room, uint64_t n);
EmendStatus arena_keep(Arena *arena, EmendStr text, EmendStr *kept, EmendError *err);
void arena_free(Arena *arena);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODING_TEXTS_H
#define CODING_TEXTS_H
/* Texts in host memory: one that grows, and many that stay. */
#include "emend/data.h"
#include "emend/host.h"
#include "emend/status.h"
#include <stdbool.h>

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
EmendStatus arena_keep(Arena *arena, EmendStr text, EmendStr *kept, EmendError *err);
void arena_free(Arena *arena);

/* ---- questions about texts */

bool str_is(EmendStr text, const char *word);
bool str_equal(EmendStr a, EmendStr b);
bool str_starts(EmendStr text, const char *prefix);
/* Where a word begins in a text, at `from` or later; the text's length where it does not occur. */
uint64_t str_find(EmendStr text, const char *word, uint64_t from);
/* Without its first n bytes; n <= len is the caller's promise. */
EmendStr str_skip(EmendStr text, uint64_t n);
/* Its first n bytes; n <= len is the caller's promise. */
EmendStr str_head(EmendStr text, uint64_t n);
/* Without the white space around it. */
EmendStr str_trim(EmendStr text);
/* Takes the first line off a text, without its newline. False at the end. */
bool str_line(EmendStr *rest, EmendStr *line);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "fences.h"

#include <string.h>
#include <strings.h>

typedef struct Fence {
    char character;
    uint64_t count, indent;
    EmendStr name; /* what stands behind it, trimmed */
} Fence;

static uint64_t count_of(EmendStr text, char c) {
    uint64_t n = 0;
    while (n < text.len && text.ptr[n] == c) {
        n++;
    }
    return n;
}

static bool read_fence(EmendStr line, Fence *fence) {
    uint64_t indent = 0;
    while (indent < line.len && (line.ptr[indent] == ' ' || line.ptr[indent] == '\t')) {
        indent++;
    }
    EmendStr text = str_skip(line, indent);
    char c = text.len > 0 ? text.ptr[0] : '\0';
    uint64_t count = c == '`' || c == '~' ? count_of(text, c) : 0;
    EmendStr name = str_trim(str_skip(text, count));
    *fence = (Fence){c, count, indent, name};
    return count >= 3 && !memchr(name.len > 0 ? name.ptr : "", '`', name.len);
}

static uint32_t sort_of(EmendStr name) {
    static const char *const python[] = {"python", "py", "python3", "py3", "{python}", "{.python}"};
    uint64_t n = 0;
    while (n < name.len && name.ptr[n] != ' ' && name.ptr[n] != ':') {
        n++;
    }
    for (size_t i = 0; i < sizeof python / sizeof python[0]; i++) {
        if (n == strlen(python[i]) && strncasecmp(name.ptr, python[i], n) == 0) {
            return FENCE_PYTHON;
        }
    }
    return n == 0 ? FENCE_UNNAMED : FENCE_OTHER;
}

uint64_t fence_find(EmendStr text) {
    EmendStr rest = text, line;
    Fence fence;
    while (str_line(&rest, &line)) {
        if (read_fence(line, &fence)) {
            return (uint64_t)(line.ptr - text.ptr);
        }
    }
    return text.len;
}

bool fence_is_named(EmendStr text) {
    EmendStr line;
    Fence fence;
    return str_line(&text, &line) && read_fence(line, &fence) && fence.name.len > 0;
}

// Whether a line of a block ends it; *n_code is how much of the line is still code.
static bool closes(EmendStr line, const Fence *open, uint64_t *n_code, bool *is_next) {
    Fence fence;
    *n_code = 0;
    *is_next = false;
    if (read_fence(line, &fence)) {
        bool is_same = fence.character == open->character;
        *is_next = is_same && sort_of(fence.name) == FENCE_PYTHON; // this one was never closed
        return *is_next || (is_same && fence.count >= open->count && fence.name.len == 0);
    }
    // Some write the closing fence at the end of the last line.
    EmendStr text = str_trim(line);
    char marks[4] = {open->character, open->character, open->character, '\0'};
    uint64_t at = str_find(text, marks, 0);
    *n_code = (uint64_t)(text.ptr - line.ptr) + at;
    return text.len > 3 && at + 3 == text.len;
}

bool fence_block(EmendStr *rest, Block *block) {
    *rest = str_skip(*rest, fence_find(*rest));
    EmendStr line;
    Fence open;
    if (!str_line(rest, &line) || !read_fence(line, &open)) {
        return false;
    }
    const char *begin = rest->ptr, *end = begin;
    bool is_closed = false;
    while (!is_closed && rest->len > 0) {
        EmendStr before = *rest;
        uint64_t n_code = 0;
        bool is_next = false;
        str_line(rest, &line);
        is_closed = closes(line, &open, &n_code, &is_next);
        end = is_closed ? line.ptr + n_code : rest->ptr;
        *rest = is_next ? before : *rest;
    }
    *block = (Block){{begin, (uint64_t)(end - begin)}, open.indent, sort_of(open.name)};
    return true;
}

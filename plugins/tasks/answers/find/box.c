/* SPDX-License-Identifier: Apache-2.0 */
#include "find/find.h"

// A brace or white space follows the macro, or nothing: then the response was cut there.
bool box_begins(EmendStr text, uint64_t at, uint64_t *after) {
    if (text_has(text, at, "\\boxed")) {
        *after = at + strlen("\\boxed");
    } else if (text_has(text, at, "\\fbox")) {
        *after = at + strlen("\\fbox");
    } else {
        return false;
    }
    return *after == text.len || text.ptr[*after] == '{' || is_space(text.ptr[*after]);
}

// The position of the brace that matches the one at `at`, or the end. A backslash hides a brace.
static uint64_t matching_brace(EmendStr text, uint64_t at) {
    uint64_t depth = 0;
    for (; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == '\\') {
            at++;
        } else if (c == '{') {
            depth++;
        } else if (c == '}' && --depth == 0) {
            return at;
        }
    }
    return text.len;
}

bool box_read(EmendStr text, uint64_t after, EmendStr *content, uint64_t *end) {
    uint64_t begin = text_skip_space(text, after);
    if (begin >= text.len) {
        return false;
    }
    if (text.ptr[begin] == '{') {
        *end = matching_brace(text, begin);
        begin++;
    } else {
        const char *dollar = memchr(text.ptr + begin, '$', text.len - begin);
        *end = dollar ? (uint64_t)(dollar - text.ptr) : text.len;
    }
    if (*end == text.len) {
        return false;
    }
    *content = text_trim(text_slice(text, begin, *end));
    *end += text.ptr[*end] == '}';
    return true;
}

bool answer_in_box(EmendStr text, EmendStr *answer) {
    uint64_t after = 0, end = 0;
    EmendStr content = {NULL, 0};
    for (uint64_t at = text.len; at-- > 0;) {
        if (box_begins(text, at, &after)) {
            if (!box_read(text, after, &content, &end) || content.len == 0) {
                return false;
            }
            *answer = content;
            return true;
        }
    }
    return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"

#include <string.h>

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static EmendStr trim(EmendStr text) {
    while (text.len > 0 && is_space(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

// What comes after the last `\boxed` or `\fbox` that a brace or white space follows.
static bool find_last(EmendStr text, EmendStr *rest) {
    static const char *const macros[] = {"\\boxed", "\\fbox"};
    for (uint64_t at = text.len; at-- > 0;) {
        if (text.ptr[at] != '\\') {
            continue;
        }
        for (int i = 0; i < 2; i++) {
            size_t n = strlen(macros[i]);
            if (text.len - at > n && memcmp(text.ptr + at, macros[i], n) == 0 &&
                (text.ptr[at + n] == '{' || is_space(text.ptr[at + n]))) {
                *rest = (EmendStr){text.ptr + at + n, text.len - at - n};
                return true;
            }
        }
    }
    return false;
}

// The text between the brace that `text` begins with and its match. A backslash hides a brace.
static bool inside_braces(EmendStr text, EmendStr *inside) {
    uint64_t depth = 0;
    for (uint64_t at = 0; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == '\\') {
            at++;
        } else if (c == '{') {
            depth++;
        } else if (c == '}' && --depth == 0) {
            *inside = (EmendStr){text.ptr + 1, at - 1};
            return true;
        }
    }
    return false;
}

bool answer_in_box(EmendStr text, EmendStr *answer) {
    EmendStr rest, inside;
    if (!find_last(text, &rest)) {
        return false;
    }
    if (is_space(rest.ptr[0])) {
        rest = trim(rest);
    }
    if (rest.len > 0 && rest.ptr[0] == '{') {
        if (!inside_braces(rest, &inside)) {
            return false;
        }
    } else {
        const char *dollar = rest.len > 0 ? memchr(rest.ptr, '$', rest.len) : NULL;
        if (!dollar) {
            return false;
        }
        inside = (EmendStr){rest.ptr, (uint64_t)(dollar - rest.ptr)};
    }
    *answer = trim(inside);
    return answer->len > 0;
}

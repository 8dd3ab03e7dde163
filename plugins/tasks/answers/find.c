/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"

#include <string.h>
#include <strings.h>

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// What comes after the last occurrence of a phrase, in any case.
static bool after_last(EmendStr text, const char *phrase, EmendStr *rest) {
    size_t n = strlen(phrase);
    for (uint64_t at = text.len; at-- > 0;) {
        if (text.len - at >= n && strncasecmp(text.ptr + at, phrase, n) == 0) {
            *rest = (EmendStr){text.ptr + at + n, text.len - at - n};
            return true;
        }
    }
    return false;
}

static bool starts_with(EmendStr text, const char *prefix) {
    size_t n = strlen(prefix);
    return text.len >= n && memcmp(text.ptr, prefix, n) == 0;
}

static EmendStr skip(EmendStr text, uint64_t n) {
    return (EmendStr){text.ptr + n, text.len - n};
}

static EmendStr trim(EmendStr text) {
    while (text.len > 0 && (is_space(text.ptr[0]) || text.ptr[0] == ':' || text.ptr[0] == '*')) {
        text = skip(text, 1);
    }
    while (text.len > 0 && (is_space(text.ptr[text.len - 1]) || text.ptr[text.len - 1] == '*')) {
        text.len--;
    }
    return text;
}

// The text up to the end of its sentence or line, neither of which is inside $..$, \(..\) or
// \[..\].
static bool take_sentence(EmendStr text, EmendStr *sentence) {
    bool is_dollar = false, is_bracket = false;
    uint64_t at = 0;
    for (; at < text.len; at++) {
        EmendStr rest = skip(text, at);
        if (starts_with(rest, "\\(") || starts_with(rest, "\\[")) {
            is_bracket = true;
            at++;
        } else if (starts_with(rest, "\\)") || starts_with(rest, "\\]")) {
            is_bracket = false;
            at++;
        } else if (rest.ptr[0] == '\\') {
            at++;
        } else if (rest.ptr[0] == '$') {
            is_dollar = !is_dollar;
        } else if (!is_dollar && !is_bracket &&
                   (rest.ptr[0] == '\n' ||
                    (rest.ptr[0] == '.' && (rest.len == 1 || is_space(rest.ptr[1]))))) {
            break;
        }
    }
    *sentence = (EmendStr){text.ptr, at < text.len ? at : text.len};
    return !is_dollar && !is_bracket;
}

static bool take_phrase(EmendStr rest, EmendStr *answer) {
    EmendStr sentence, inside;
    if (!take_sentence(trim(rest), &sentence)) {
        return false;
    }
    *answer = trim(sentence);
    if (answer_in_box(*answer, &inside)) {
        *answer = inside;
    }
    return answer->len > 0;
}

// Where the last box opens, closed or not; text.len where there is none.
static uint64_t last_box(EmendStr text) {
    EmendStr boxed = {NULL, 0}, fbox = {NULL, 0};
    uint64_t at = text.len + 1;
    if (after_last(text, "\\boxed", &boxed)) {
        at = text.len - boxed.len;
    }
    if (after_last(text, "\\fbox", &fbox) && (at > text.len || text.len - fbox.len > at)) {
        at = text.len - fbox.len;
    }
    return at;
}

bool answer_find(EmendStr text, EmendStr *answer) {
    EmendStr rest;
    uint64_t box = last_box(text);
    bool has_box = box <= text.len;
    if (after_last(text, "final answer is", &rest) && (!has_box || text.len - rest.len > box)) {
        return take_phrase(rest, answer);
    }
    if (has_box) {
        return answer_in_box(text, answer);
    }
    return after_last(text, "answer is", &rest) && take_phrase(rest, answer);
}

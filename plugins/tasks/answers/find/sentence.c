/* SPDX-License-Identifier: Apache-2.0 */
#include "find/find.h"

// What is open at a position.
typedef struct Depth {
    uint64_t braces, environments;
} Depth;

// "```python" alone on its line: its length, else 0.
static uint64_t code_opening_length(EmendStr text, uint64_t at) {
    enum { MAX_BYTES = 24 };
    uint64_t end = at + 3;
    if (!text_has(text, at, "```")) {
        return 0;
    }
    while (end - at < MAX_BYTES &&
           (is_letter(text_char(text, end)) || is_digit(text_char(text, end)))) {
        end++;
    }
    end += text_char(text, end) == '\r';
    return text_char(text, end) == '\n' ? end - at : 0;
}

// What stands between "answer is" and the answer: white space, a colon, the end of emphasis, a line
// that opens a block of code.
static EmendStr skip_lead(EmendStr text) {
    uint64_t at = 0;
    while (at < text.len) {
        uint64_t end = at;
        if (is_space(text.ptr[at]) || text.ptr[at] == ':') {
            at++;
            continue;
        }
        if (code_opening_length(text, at) > 0) {
            at += code_opening_length(text, at);
            continue;
        }
        while (is_emphasis(text_char(text, end))) {
            end++;
        }
        if (end == at || (end < text.len && !is_space(text.ptr[end]) && text.ptr[end] != ':')) {
            break;
        }
        at = end;
    }
    return text_from(text, at);
}

// A full stop before white space, past emphasis and quotes. One inside a number is none.
static bool is_full_stop(EmendStr text, uint64_t at) {
    bool is_ellipsis = text_char(text, at + 1) == '.' || (at > 0 && text.ptr[at - 1] == '.');
    if (text.ptr[at] != '.' || is_ellipsis) {
        return false;
    }
    at++;
    while (is_emphasis(text_char(text, at)) || text_char(text, at) == '"') {
        at++;
    }
    return at >= text.len || is_space(text.ptr[at]);
}

static bool ends_at(EmendStr text, uint64_t at) {
    bool is_hope = text_has(text, at, "I hope") && (at == 0 || !is_letter(text.ptr[at - 1]));
    return text.ptr[at] == '\n' || is_hope || is_full_stop(text, at);
}

// Follows \begin and \end, and braces. False at the end of a group that opened before the sentence.
static bool descend(EmendStr text, uint64_t at, Depth *depth) {
    if (text_has(text, at, "\\begin{")) {
        depth->environments++;
    } else if (text_has(text, at, "\\end{") && depth->environments > 0) {
        depth->environments--;
    } else if (text.ptr[at] == '{') {
        depth->braces++;
    } else if (text.ptr[at] == '}') {
        if (depth->braces == 0) {
            return false;
        }
        depth->braces--;
    }
    return true;
}

// "(so the answer is 7)": the bracket had opened before.
static EmendStr without_stray_bracket(EmendStr text) {
    uint64_t n = text.len;
    while (n > 0 && (is_space(text.ptr[n - 1]) || text.ptr[n - 1] == '.')) {
        n--;
    }
    bool is_stray =
        n > 0 && text.ptr[n - 1] == ')' && !memchr(text.ptr, '(', n) && !memchr(text.ptr, '[', n);
    return is_stray ? text_slice(text, 0, n - 1) : text;
}

bool sentence_read(EmendStr text, EmendStr *sentence) {
    Depth depth = {0, 0};
    uint64_t at = 0, end = 0;
    text = skip_lead(text_from(text, adverbs_end(text)));
    while (at < text.len) {
        bool is_inside = depth.braces > 0 || depth.environments > 0;
        Formula formula = formula_at(text, at, &end);
        if (formula == FORMULA_OPEN) {
            return false;
        }
        if (formula == FORMULA_CLOSED) {
            at = end;
            continue;
        }
        if ((!is_inside && ends_at(text, at)) || !descend(text, at, &depth)) {
            *sentence = without_stray_bracket(text_slice(text, 0, at));
            return true;
        }
        at += text.ptr[at] == '\\' ? 2 : 1;
    }
    *sentence = without_stray_bracket(text);
    return depth.braces == 0 && depth.environments == 0;
}

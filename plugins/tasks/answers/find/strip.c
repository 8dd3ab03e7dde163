/* SPDX-License-Identifier: Apache-2.0 */
#include "find/find.h"

static bool ends_in_punctuation(EmendStr text) {
    char last = text_char(text, text.len - 1);
    bool is_stop = last == '.' && !(text.len >= 2 && text.ptr[text.len - 2] == '.');
    return is_stop || last == ',' || last == ';';
}

// One pass over what needs no look at the rest of the text.
static EmendStr strip_plain(EmendStr text) {
    uint64_t at = 0;
    while (text.len > 0 && (is_space(text.ptr[text.len - 1]) || ends_in_punctuation(text)) &&
           !text_ends_escaped(text)) {
        text.len--;
    }
    while (at < text.len && (is_space(text.ptr[at]) || text.ptr[at] == ':')) {
        at++;
    }
    return text_from(text, at);
}

// Whether the text is one piece of mathematics, and nothing else.
static bool inside_formula(EmendStr text, EmendStr *inside) {
    uint64_t end = 0, n = text_has(text, 0, "$") && !text_has(text, 0, "$$") ? 1 : 2;
    char last = text_char(text, text.len - 1);
    // Only a text that ends like mathematics is searched: strip must stay linear.
    if ((last != '$' && last != ')' && last != ']') || text.len < 2 * n ||
        formula_at(text, 0, &end) != FORMULA_CLOSED || end != text.len) {
        return false;
    }
    *inside = text_slice(text, n, text.len - n);
    return true;
}

static uint64_t leading_emphasis(EmendStr text) {
    uint64_t n = 0;
    while (n < text.len && is_emphasis(text.ptr[0]) && text.ptr[n] == text.ptr[0]) {
        n++;
    }
    return n;
}

// A star behind `^` is not emphasis, nor is what is escaped.
static uint64_t trailing_emphasis(EmendStr text) {
    uint64_t n = 0;
    char last = text_char(text, text.len - 1);
    while (n < text.len && is_emphasis(last) && text.ptr[text.len - 1 - n] == last) {
        n++;
    }
    char before = n < text.len ? text_char(text, text.len - 1 - n) : '\0';
    return before == '^' || before == '\\' ? 0 : n;
}

static bool has_mark(EmendStr text, EmendStr mark) {
    return mark.len <= text.len && memmem(text.ptr, text.len, mark.ptr, mark.len) != NULL;
}

// Emphasis around the whole text, or an end of it whose other end stands outside. Emphasis on a
// part, as in "**3** or **4**", stays.
static bool strip_emphasis(EmendStr *text) {
    uint64_t n = leading_emphasis(*text);
    if (n == text->len) {
        text->len = 0;
        return n > 0;
    }
    if (n > 0 && is_space(text->ptr[n])) { // it ends what stood before
        *text = text_from(*text, n);
        return true;
    }
    uint64_t m = trailing_emphasis(*text);
    EmendStr inside = text_slice(*text, n, text->len - m);
    EmendStr left = text_slice(*text, 0, n), right = text_from(*text, text->len - m);
    bool is_pair = n > 0 && n == m && left.ptr[0] == right.ptr[0];
    bool is_single = (n == 0) != (m == 0);
    if ((!is_pair && !is_single) || has_mark(inside, n > 0 ? left : right)) {
        return false;
    }
    *text = inside;
    return true;
}

EmendStr answer_strip(EmendStr text) {
    bool is_changed = true;
    while (is_changed) {
        EmendStr inside = text = strip_plain(text);
        is_changed = text.len > 0 && (inside_formula(text, &inside) || strip_emphasis(&inside));
        text = inside;
    }
    return text;
}

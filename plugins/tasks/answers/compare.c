/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"
#include "normal.h"
#include "number.h"

#include <string.h>
#include <strings.h>

enum { MAX_PARTS = 32, MAX_DEPTH = 8 };

typedef struct Parts {
    EmendStr items[MAX_PARTS];
    int n;
} Parts;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_same(EmendStr a, EmendStr b) {
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static EmendStr without_plus(EmendStr text) {
    return text.len > 1 && text.ptr[0] == '+' ? (EmendStr){text.ptr + 1, text.len - 1} : text;
}

// Splits at a separator outside all brackets. False where there are too many parts.
static bool split_at(EmendStr text, const char *separator, Parts *parts) {
    size_t n = strlen(separator);
    int depth = 0;
    uint64_t begin = 0;
    parts->n = 0;
    for (uint64_t at = 0; at <= text.len; at++) {
        bool is_end = at == text.len;
        if (is_end ||
            (depth == 0 && text.len - at >= n && memcmp(text.ptr + at, separator, n) == 0)) {
            if (parts->n == MAX_PARTS) {
                return false;
            }
            parts->items[parts->n++] = (EmendStr){text.ptr + begin, at - begin};
            begin = at + n;
        } else if (strchr("([{", text.ptr[at])) {
            depth++;
        } else if (strchr(")]}", text.ptr[at])) {
            depth--;
        }
    }
    return true;
}

// The two outer brackets, if the first is closed by the last byte: `(..]` counts, an interval is
// one.
static bool is_bracketed(EmendStr text) {
    int depth = 0;
    if (text.len < 2 || !strchr("([", text.ptr[0]) || !strchr(")]", text.ptr[text.len - 1])) {
        return false;
    }
    for (uint64_t at = 0; at + 1 < text.len; at++) {
        depth += strchr("([{", text.ptr[at]) ? 1 : strchr(")]}", text.ptr[at]) ? -1 : 0;
        if (depth <= 0) {
            return false;
        }
    }
    return depth == 1;
}

static bool is_set(EmendStr text) {
    return text.len >= 4 && memcmp(text.ptr, "\\{", 2) == 0 &&
           memcmp(text.ptr + text.len - 2, "\\}", 2) == 0;
}

static EmendStr behind_sign(EmendStr text) {
    return (EmendStr){text.ptr + 1, text.len - 1};
}

static EmendStr inside(EmendStr text, uint64_t n) {
    return (EmendStr){text.ptr + n, text.len - 2 * n};
}

static bool is_equal(EmendStr a, EmendStr b, int depth);

static bool all_equal(const Parts *a, const Parts *b, int depth) {
    for (int i = 0; i < a->n; i++) {
        if (!is_equal(a->items[i], b->items[i], depth + 1)) {
            return false;
        }
    }
    return true;
}

// Each part of a has its own partner in b.
static bool equal_in_any_order(const Parts *a, const Parts *b, int depth) {
    bool is_taken[MAX_PARTS] = {false};
    for (int i = 0; i < a->n; i++) {
        int j = 0;
        while (j < b->n && (is_taken[j] || !is_equal(a->items[i], b->items[j], depth + 1))) {
            j++;
        }
        if (j == b->n) {
            return false;
        }
        is_taken[j] = true;
    }
    return true;
}

static bool parts_equal(EmendStr a, EmendStr b, const char *separator, bool any_order, int depth) {
    Parts parts_a, parts_b;
    if (!split_at(a, separator, &parts_a) || !split_at(b, separator, &parts_b) || parts_a.n < 2 ||
        parts_a.n != parts_b.n) {
        return false;
    }
    return any_order ? equal_in_any_order(&parts_a, &parts_b, depth)
                     : all_equal(&parts_a, &parts_b, depth);
}

static bool words_equal(EmendStr a, EmendStr b) {
    if (a.len != b.len || a.len < 3) {
        return false;
    }
    for (uint64_t i = 0; i < a.len; i++) {
        if (!is_letter(a.ptr[i])) {
            return false;
        }
    }
    return strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

// The length of the group {..} at the beginning of text, 0 where there is none.
static uint64_t group_length(EmendStr text) {
    int depth = 0;
    for (uint64_t at = 0; at < text.len; at++) {
        depth += text.ptr[at] == '{' ? 1 : text.ptr[at] == '}' ? -1 : 0;
        if (depth == 0) {
            return text.ptr[at] == '}' ? at + 1 : 0;
        }
    }
    return 0;
}

// Reads \frac{n}{d}, or n/d where n is no sum and d is digits.
static bool read_quotient(EmendStr text, EmendStr *numerator, EmendStr *denominator) {
    EmendStr rest = {text.ptr + 5, text.len - 5};
    if (text.len > 5 && memcmp(text.ptr, "\\frac", 5) == 0) {
        uint64_t n = group_length(rest), m = 0;
        if (n > 0) {
            m = group_length((EmendStr){rest.ptr + n, rest.len - n});
        }
        *numerator = (EmendStr){rest.ptr + 1, n - 2};
        *denominator = (EmendStr){rest.ptr + n + 1, m - 2};
        return m > 0 && n + m == rest.len;
    }
    uint64_t at = text.len;
    while (at > 0 && is_digit(text.ptr[at - 1])) {
        at--;
    }
    if (at < 2 || at == text.len || text.ptr[at - 1] != '/' || memchr(text.ptr, '+', at) ||
        memchr(text.ptr, '-', at) || memchr(text.ptr, '/', at - 1) || memchr(text.ptr, ',', at)) {
        return false;
    }
    *numerator = (EmendStr){text.ptr, at - 1};
    *denominator = (EmendStr){text.ptr + at, text.len - at};
    return true;
}

static bool quotients_equal(EmendStr a, EmendStr b, int depth) {
    EmendStr n_a, d_a, n_b, d_b;
    if (a.ptr[0] == '-' && b.ptr[0] == '-') {
        return is_equal(behind_sign(a), behind_sign(b), depth + 1);
    }
    return read_quotient(a, &n_a, &d_a) && read_quotient(b, &n_b, &d_b) &&
           is_equal(n_a, n_b, depth + 1) && is_equal(d_a, d_b, depth + 1);
}

static bool is_equal(EmendStr a, EmendStr b, int depth) {
    Rational x, y;
    a = without_plus(a);
    b = without_plus(b);
    if (a.len == 0 || b.len == 0 || depth > MAX_DEPTH) {
        return false;
    }
    if (is_same(a, b) || words_equal(a, b)) {
        return true;
    }
    if (number_read(a, &x) && number_read(b, &y)) {
        return x.numerator == y.numerator && x.denominator == y.denominator;
    }
    if (is_set(a) && is_set(b)) {
        return parts_equal(inside(a, 2), inside(b, 2), ",", true, depth) ||
               is_equal(inside(a, 2), inside(b, 2), depth + 1);
    }
    if (is_bracketed(a) && is_bracketed(b)) {
        return a.ptr[0] == b.ptr[0] && a.ptr[a.len - 1] == b.ptr[b.len - 1] &&
               parts_equal(inside(a, 1), inside(b, 1), ",", false, depth);
    }
    return quotients_equal(a, b, depth) || parts_equal(a, b, ",", true, depth) ||
           parts_equal(a, b, "\\cup", false, depth);
}

static EmendStr text_of(const Normal *normal) {
    return (EmendStr){normal->bytes, normal->len};
}

// The text behind `x=`, `f(x)=` or `x\in`; the text itself where there is none.
static EmendStr without_name(EmendStr text) {
    static const char *const marks[] = {"=", "\\in"};
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(marks[i]);
        if (text.len > 1 + n && is_letter(text.ptr[0]) && memcmp(text.ptr + 1, marks[i], n) == 0 &&
            !memchr(text.ptr + 1 + n, '=', text.len - 1 - n) &&
            !(i == 1 && is_letter(text.ptr[1 + n]))) {
            return (EmendStr){text.ptr + 1 + n, text.len - 1 - n};
        }
    }
    return text;
}

// Whether all of a text is a number with commas between groups of three digits.
static bool has_thousands(EmendStr text, bool *has_zero_group) {
    uint64_t at = text.len > 0 && text.ptr[0] == '-' ? 1 : 0, n = 0;
    int n_groups = 0;
    *has_zero_group = false;
    for (; at < text.len && text.ptr[at] != '.'; at++) {
        if (text.ptr[at] == ',') {
            if (n == 0 || n > 3 || (n_groups > 0 && n != 3)) {
                return false;
            }
            n_groups++;
            n = 0;
            *has_zero_group = *has_zero_group || (at + 1 < text.len && text.ptr[at + 1] == '0');
        } else if (is_digit(text.ptr[at])) {
            n++;
        } else {
            return false;
        }
    }
    return n_groups > 0 && n == 3;
}

// In an answer `1,234` is a number where the reference has no comma; in a reference it may be a
// list, unless a group begins with 0.
static void drop_thousands(Normal *normal, bool only_zero_groups) {
    bool has_zero_group = false;
    if (!has_thousands(text_of(normal), &has_zero_group) || (only_zero_groups && !has_zero_group)) {
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < normal->len; i++) {
        if (normal->bytes[i] != ',') {
            normal->bytes[kept++] = normal->bytes[i];
        }
    }
    normal->len = kept;
}

static EmendStr without_parentheses(EmendStr text) {
    bool is_choice =
        text.len == 3 && text.ptr[0] == '(' && is_letter(text.ptr[1]) && text.ptr[2] == ')';
    return is_choice ? inside(text, 1) : text;
}

bool answer_is_equal(EmendStr reference, EmendStr answer) {
    Normal a, b;
    if (!normal_init(reference, &a) || !normal_init(answer, &b)) {
        return reference.len > 0 && is_same(reference, answer);
    }
    if (a.unit[0] != '\0' && b.unit[0] != '\0' && strcasecmp(a.unit, b.unit) != 0) {
        return false;
    }
    drop_thousands(&a, true);
    if (!memchr(a.bytes, ',', a.len)) {
        drop_thousands(&b, false);
    }
    EmendStr x = text_of(&a), y = text_of(&b);
    if (is_equal(x, y, 0) || is_equal(without_parentheses(x), without_parentheses(y), 0)) {
        return true;
    }
    EmendStr bare_x = without_name(x), bare_y = without_name(y);
    bool is_same_name = x.ptr[0] == y.ptr[0];
    bool has_name_x = memchr(x.ptr, '=', x.len) != NULL,
         has_name_y = memchr(y.ptr, '=', y.len) != NULL;
    return (is_same_name || !(has_name_x && has_name_y)) && is_equal(bare_x, bare_y, 0);
}

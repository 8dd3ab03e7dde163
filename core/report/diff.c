/* SPDX-License-Identifier: Apache-2.0 */
#include "report/diff.h"
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Cells of the table of common subsequences.
#define MAX_CELLS ((size_t)4 << 20)

static bool is_word(char c) {
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n';
}

static size_t token_len(const char *at, size_t len) {
    size_t n = 1;
    if (is_word(*at)) {
        for (; n < len && is_word(at[n]); n++) {
        }
    } else if (is_blank(*at)) {
        for (; n < len && is_blank(at[n]); n++) {
        }
    }
    return n;
}

static EmendStatus split(EmendStr text, DiffSide *out) {
    out->tokens = malloc(((size_t)text.len + 1) * sizeof *out->tokens);
    if (!out->tokens) {
        return EMEND_EXHAUSTED;
    }
    for (size_t at = 0; at < text.len;) {
        size_t n = token_len(text.ptr + at, (size_t)text.len - at);
        out->tokens[out->n++] = (DiffToken){.text = {text.ptr + at, n}};
        at += n;
    }
    return EMEND_OK;
}

static bool is_equal(const DiffToken *a, const DiffToken *b) {
    return a->text.len == b->text.len && memcmp(a->text.ptr, b->text.ptr, (size_t)a->text.len) == 0;
}

static void match(DiffToken *a, DiffToken *b) {
    a->is_same = b->is_same = true;
}

// The longest common subsequence of what is left, by the lengths of those of all ends.
static EmendStatus match_middle(DiffToken *a, size_t n, DiffToken *b, size_t m) {
    if (n == 0 || m == 0 || (n + 1) > MAX_CELLS / (m + 1)) {
        return EMEND_OK;
    }
    uint32_t *lens = calloc((n + 1) * (m + 1), sizeof *lens);
    if (!lens) {
        return EMEND_EXHAUSTED;
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t j = m; j-- > 0;) {
            uint32_t down = lens[(i + 1) * (m + 1) + j], right = lens[i * (m + 1) + j + 1];
            lens[i * (m + 1) + j] = is_equal(&a[i], &b[j]) ? lens[(i + 1) * (m + 1) + j + 1] + 1
                                    : down > right         ? down
                                                           : right;
        }
    }
    for (size_t i = 0, j = 0; i < n && j < m;) {
        if (is_equal(&a[i], &b[j])) {
            match(&a[i++], &b[j++]);
        } else if (lens[(i + 1) * (m + 1) + j] >= lens[i * (m + 1) + j + 1]) {
            i++;
        } else {
            j++;
        }
    }
    free(lens);
    return EMEND_OK;
}

EmendStatus diff_words(EmendStr a, EmendStr b, DiffSide *out_a, DiffSide *out_b) {
    DiffSide left = {0}, right = {0};
    EmendStatus status = split(a, &left);
    if (status == EMEND_OK) {
        status = split(b, &right);
    }
    if (status == EMEND_OK) {
        size_t n = left.n, m = right.n, begin = 0;
        while (begin < n && begin < m && is_equal(&left.tokens[begin], &right.tokens[begin])) {
            match(&left.tokens[begin], &right.tokens[begin]);
            begin++;
        }
        while (n > begin && m > begin && is_equal(&left.tokens[n - 1], &right.tokens[m - 1])) {
            match(&left.tokens[--n], &right.tokens[--m]);
        }
        status = match_middle(left.tokens + begin, n - begin, right.tokens + begin, m - begin);
    }
    if (status != EMEND_OK) {
        diff_finish(&left);
        diff_finish(&right);
        return status;
    }
    *out_a = left;
    *out_b = right;
    return EMEND_OK;
}

void diff_finish(DiffSide *side) {
    free(side->tokens);
    *side = (DiffSide){0};
}

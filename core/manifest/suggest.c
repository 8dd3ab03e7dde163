/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/suggest.h"

#include <string.h>

enum { MAX_LEN = 64 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Optimal string alignment; both lengths at most MAX_LEN. */
static size_t distance(const char *a, size_t n, const char *b, size_t m) {
    size_t rows[3][MAX_LEN + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++) {
        above[j] = j;
        before[j] = j;
    }
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(change, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[m];
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void fold(const char *word, size_t len, char *out) {
    for (size_t i = 0; i < len; i++) {
        out[i] = word[i] == '-' ? '_' : lower(word[i]);
    }
}

const char *suggest_name(const char *word, size_t len, const char *const *names, size_t n) {
    char folded[MAX_LEN], candidate[MAX_LEN];
    if (len == 0 || len > MAX_LEN) {
        return NULL;
    }
    fold(word, len, folded);
    const char *nearest = NULL;
    size_t best = (len + 2) / 3 + 1; // one above the most that is worth proposing
    for (size_t i = 0; i < n; i++) {
        size_t name_len = names[i] ? strlen(names[i]) : 0;
        if (name_len == 0 || name_len > MAX_LEN) {
            continue;
        }
        fold(names[i], name_len, candidate);
        size_t d = distance(folded, len, candidate, name_len);
        // Not a name of which nothing is left.
        if (d < best && d < name_len && d < len) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}

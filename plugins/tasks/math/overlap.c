/* SPDX-License-Identifier: Apache-2.0 */
#include "overlap.h"
#include "keys.h"

#include <string.h>

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// How much of a text to pass over: white space, a dollar sign, or a macro that only moves things.
static uint64_t passed_over(EmendStr text) {
    static const char *const names[] = {"left", "right", "quad", "qquad", "hspace", NULL};
    if (strchr(" \t\r\n\v\f$~", text.ptr[0])) {
        return text.ptr[0] != '\0';
    }
    if (text.ptr[0] != '\\' || text.len < 2) {
        return 0;
    }
    if (strchr(",;:! ()[]\n\t$", text.ptr[1]) && text.ptr[1] != '\0') {
        return 2;
    }
    uint64_t n = 1;
    while (n < text.len && is_letter(text.ptr[n])) {
        n++;
    }
    for (int i = 0; names[i]; i++) {
        if (n - 1 == strlen(names[i]) && memcmp(text.ptr + 1, names[i], n - 1) == 0) {
            return n;
        }
    }
    return 0;
}

EmendStatus overlap_normalise(EmendStr problem, Text *out, EmendError *err) {
    uint64_t begin = out->len;
    EmendStatus status = text_reserve(out, problem.len, err);
    if (status != EMEND_OK) {
        return status;
    }
    for (uint64_t at = 0; at < problem.len;) {
        uint64_t n = passed_over((EmendStr){problem.ptr + at, problem.len - at});
        // Both characters of \\ are kept at once, so that \\left is a new line and a word.
        uint64_t n_kept = n > 0 ? 0 : problem.ptr[at] == '\\' && at + 1 < problem.len ? 2 : 1;
        for (uint64_t i = 0; i < n_kept; i++) {
            char c = problem.ptr[at + i];
            out->bytes[out->len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        }
        at += n + n_kept;
    }
    while (out->len > begin && strchr(".,;:!?", out->bytes[out->len - 1]) &&
           out->bytes[out->len - 1] != '\0') {
        out->len--;
    }
    return EMEND_OK;
}

// Every problem of a dataset as it is compared, and the first row it is that of. The table borrows
// from the arena.
static EmendStatus put_problems(const Dataset *dataset, Arena *arena, Keys *keys, EmendError *err) {
    Text text = {.host = dataset->host};
    EmendStatus status = keys_init(dataset->host, dataset->n_rows, keys, err);
    for (uint64_t i = 0; i < dataset->n_rows && status == EMEND_OK; i++) {
        EmendStr kept = {"", 0};
        text.len = 0;
        status = overlap_normalise(dataset->rows[i].problem, &text, err);
        if (status == EMEND_OK && text.len > 0) {
            status = arena_keep(arena, text_str(&text), &kept, err);
        }
        if (status == EMEND_OK && kept.len > 0) {
            keys_put(keys, kept, i);
        }
    }
    text_finish(&text);
    return status;
}

EmendStatus overlap_find(const Selection *selection, const Dataset *other, uint32_t *twins,
                         EmendError *err) {
    const Dataset *own = selection->dataset;
    Keys keys = {0};
    Arena arena = {own->host, NULL};
    Text text = {.host = own->host};
    EmendStatus status = put_problems(other, &arena, &keys, err);
    for (uint64_t i = 0; i < selection->n_rows && status == EMEND_OK; i++) {
        uint32_t row = selection->rows[i];
        text.len = 0;
        status = overlap_normalise(own->rows[row].problem, &text, err);
        if (status == EMEND_OK) {
            uint32_t twin = (uint32_t)keys_get(&keys, text_str(&text), OVERLAP_NONE);
            twins[i] = own == other && twin == row ? OVERLAP_NONE : twin;
        }
    }
    text_finish(&text);
    keys_finish(&keys);
    arena_free(&arena);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* 64 cells of a column at once, by their differences (Myers 1999, in the blocks of Hyyro 2003). */
#include "train/edits.h"
#include <stdint.h>
#include <string.h>

enum { BLOCKS = EDITS_EXACT_BYTES / 64 };

// Rows of one column that are one more, or one less, than the row above.
typedef struct Block {
    uint64_t more, less;
} Block;

// One block to the next column. step_in, step_out: how the row above and the last one change, each
// -1, 0 or 1; `last` is the last one's bit.
static int advance(Block *block, uint64_t equal, int step_in, uint64_t last) {
    uint64_t vertical = equal | block->less;
    equal |= step_in < 0;
    uint64_t across = (((equal & block->more) + block->more) ^ block->more) | equal;
    uint64_t up = block->less | ~(across | block->more);
    uint64_t down = block->more & across;
    int step_out = (int)((up & last) != 0) - (int)((down & last) != 0);
    up = up << 1 | (step_in > 0);
    down = down << 1 | (step_in < 0);
    block->more = down | ~(vertical | up);
    block->less = up & vertical;
    return step_out;
}

// Of at most EDITS_EXACT_BYTES each; a is not empty.
static size_t distance(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len) {
    uint64_t equal[256][BLOCKS];
    Block blocks[BLOCKS];
    size_t n_blocks = (a_len + 63) / 64, score = a_len;
    for (size_t c = 0; c < 256; c++) {
        memset(equal[c], 0, n_blocks * sizeof equal[c][0]);
    }
    for (size_t i = 0; i < a_len; i++) {
        equal[a[i]][i / 64] |= UINT64_C(1) << i % 64;
    }
    for (size_t k = 0; k < n_blocks; k++) {
        blocks[k] = (Block){.more = UINT64_MAX};
    }
    for (size_t j = 0; j < b_len; j++) {
        int step = 1;
        for (size_t k = 0; k < n_blocks; k++) {
            size_t last = k + 1 < n_blocks ? 63 : (a_len - 1) % 64;
            step = advance(&blocks[k], equal[b[j]][k], step, UINT64_C(1) << last);
        }
        score += (size_t)step; // modulo 2^64, for -1
    }
    return score;
}

size_t edits_distance(const char *a, size_t a_len, const char *b, size_t b_len) {
    while (a_len > 0 && b_len > 0 && *a == *b) {
        a++, b++, a_len--, b_len--;
    }
    while (a_len > 0 && b_len > 0 && a[a_len - 1] == b[b_len - 1]) {
        a_len--, b_len--;
    }
    if (a_len == 0 || b_len == 0) {
        return a_len + b_len;
    }
    size_t a_read = a_len < EDITS_EXACT_BYTES ? a_len : EDITS_EXACT_BYTES;
    size_t b_read = b_len < EDITS_EXACT_BYTES ? b_len : EDITS_EXACT_BYTES;
    size_t a_rest = a_len - a_read, b_rest = b_len - b_read;
    return distance((const uint8_t *)a, a_read, (const uint8_t *)b, b_read) +
           (a_rest > b_rest ? a_rest : b_rest);
}

double edits_ratio(const char *a, size_t a_len, const char *b, size_t b_len) {
    size_t both = a_len + b_len;
    double ratio = both > 0 ? (double)edits_distance(a, a_len, b, b_len) / (double)both : 0;
    return ratio < 1 ? ratio : 1;
}

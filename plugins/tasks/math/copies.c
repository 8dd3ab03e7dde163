/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"
#include "overlap.h"

#include <string.h>

// Long enough that two problems hardly share one by chance, short enough for a sentence to hold
// some.
enum { RUN_WORDS = 8 };

// The runs of words in one problem, one after another. A word is a run of letters or of digits;
// whatever else there is only separates words.
typedef struct Runs {
    EmendStr rest;
    uint64_t words[RUN_WORDS]; // hashes of the last ones, a ring
    uint64_t n_words;
} Runs;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || ((unsigned char)c & 0x80u);
}

static bool next_word(EmendStr *rest, uint64_t *hash) {
    char word[32];
    uint64_t begin = 0;
    while (begin < rest->len && !is_digit(rest->ptr[begin]) && !is_letter(rest->ptr[begin])) {
        begin++;
    }
    uint64_t end = begin, n = 0;
    bool is_number = end < rest->len && is_digit(rest->ptr[end]);
    while (end < rest->len && (is_number ? is_digit(rest->ptr[end]) : is_letter(rest->ptr[end]))) {
        char c = rest->ptr[end++];
        if (n < sizeof word) {
            word[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        }
    }
    *rest = (EmendStr){rest->ptr + end, rest->len - end};
    *hash = str_hash((EmendStr){word, n});
    return n > 0;
}

// The next run's hash, never 0. False at the end.
static bool next_run(Runs *runs, uint64_t *hash) {
    do {
        uint64_t word;
        if (!next_word(&runs->rest, &word)) {
            return false;
        }
        runs->words[runs->n_words++ % RUN_WORDS] = word;
    } while (runs->n_words < RUN_WORDS);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < RUN_WORDS; i++) {
        sum = sum * 0x9E3779B97F4A7C15u + runs->words[(runs->n_words + i) % RUN_WORDS];
    }
    *hash = sum != 0 ? sum : 1;
    return true;
}

// The runs in the problems of test, and whether each is in train.
typedef struct Table {
    uint64_t *runs; // 0: empty
    unsigned char *is_shared;
    uint64_t n_slots; // a power of two
} Table;

static uint64_t slot_of(const Table *table, uint64_t run) {
    uint64_t at = (run ^ (run >> 32)) & (table->n_slots - 1);
    while (table->runs[at] != 0 && table->runs[at] != run) {
        at = (at + 1) & (table->n_slots - 1);
    }
    return at;
}

static uint64_t count_runs(const Dataset *dataset) {
    uint64_t n = 0, run;
    for (uint64_t i = 0; i < dataset->n_rows; i++) {
        for (Runs runs = {.rest = dataset->rows[i].problem}; next_run(&runs, &run);) {
            n++;
        }
    }
    return n;
}

static EmendStatus table_init(const Dataset *test, Table *table, EmendError *err) {
    const EmendHost *host = test->host;
    uint64_t n = count_runs(test), run;
    table->n_slots = 16;
    while (table->n_slots < 2 * n) {
        table->n_slots *= 2;
    }
    table->runs = host->alloc(host, table->n_slots * sizeof *table->runs, 0);
    table->is_shared = host->alloc(host, table->n_slots, 0);
    if (!table->runs || !table->is_shared) {
        return emend_fail(err, EMEND_EXHAUSTED, "math: no memory to compare %llu runs of words",
                          (unsigned long long)n);
    }
    memset(table->runs, 0, table->n_slots * sizeof *table->runs);
    memset(table->is_shared, 0, table->n_slots);
    for (uint64_t i = 0; i < test->n_rows; i++) {
        for (Runs runs = {.rest = test->rows[i].problem}; next_run(&runs, &run);) {
            table->runs[slot_of(table, run)] = run;
        }
    }
    return EMEND_OK;
}

static void mark_shared(const Selection *selection, Table *table) {
    for (uint64_t i = 0; i < selection->n_rows; i++) {
        const Row *row = &selection->dataset->rows[selection->rows[i]];
        uint64_t run;
        for (Runs runs = {.rest = row->problem}; next_run(&runs, &run);) {
            uint64_t slot = slot_of(table, run);
            table->is_shared[slot] = table->runs[slot] != 0;
        }
    }
}

static bool is_copy(const Table *table, EmendStr problem) {
    uint64_t n = 0, n_shared = 0, run;
    for (Runs runs = {.rest = problem}; next_run(&runs, &run); n++) {
        n_shared += table->is_shared[slot_of(table, run)];
    }
    return 2 * n_shared > n;
}

EmendStatus overlap_find_copies(const Selection *selection, const Dataset *test, uint32_t *copies,
                                uint64_t *n_copies, EmendError *err) {
    Table table = {0};
    *n_copies = 0;
    EmendStatus status = table_init(test, &table, err);
    if (status == EMEND_OK) {
        mark_shared(selection, &table);
        for (uint64_t i = 0; i < test->n_rows; i++) {
            if (is_copy(&table, test->rows[i].problem)) {
                copies[(*n_copies)++] = (uint32_t)i;
            }
        }
    }
    test->host->free(test->host, table.runs);
    test->host->free(test->host, table.is_shared);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "report/verdict_table.h"
#include "report/run_log.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_TURNS_READ = 16, MAX_PROBLEMS = 100000 };

// The letters of every turn, all of one length; 0: they are not there, or cannot be.
static size_t read_letters(const json_t *evaluation, const char *letters[MAX_TURNS_READ],
                           unsigned *n_turns) {
    const json_t *verdicts = json_object_get(evaluation, "verdicts");
    size_t len = 0;
    for (*n_turns = 0; *n_turns < MAX_TURNS_READ; ++*n_turns) {
        char name[16];
        snprintf(name, sizeof name, "t%u", *n_turns + 1);
        const json_t *turn = json_object_get(verdicts, name);
        if (!turn) {
            break;
        }
        size_t n = json_string_length(turn);
        letters[*n_turns] = json_string_value(turn);
        if (n == 0 || (len > 0 && n != len)) {
            return 0;
        }
        len = n;
    }
    return len;
}

static void count_sample(VerdictRow *row, const char *const *letters, unsigned n_turns, size_t i) {
    for (unsigned t = 0; t < n_turns; t++) {
        if (letters[t][i] != '0' && letters[t][i] != '1') {
            return;
        }
    }
    row->n++;
    for (unsigned t = 0; t < n_turns && t < 2; t++) {
        row->n_right[t] += letters[t][i] == '1';
    }
}

bool verdict_table_read(const json_t *evaluation, VerdictTable *out) {
    const char *letters[MAX_TURNS_READ] = {NULL}, *problems = string_of(evaluation, "problems");
    unsigned n_turns = 0;
    size_t len = read_letters(evaluation, letters, &n_turns);
    double per_problem = number_of(evaluation, "samples_per_problem");
    if (len == 0 || !(per_problem >= 1 && per_problem <= (double)len) || problems[0] == '\0') {
        return false;
    }
    size_t n_samples = (size_t)per_problem;
    bool is_whole = len % n_samples == 0 && len / n_samples <= MAX_PROBLEMS;
    VerdictRow *rows = is_whole ? calloc(len / n_samples, sizeof *rows) : NULL;
    if (!rows) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        count_sample(&rows[i / n_samples], letters, n_turns, i);
    }
    *out = (VerdictTable){.rows = rows,
                          .n = len / n_samples,
                          .problems = problems,
                          .n_turns = n_turns < 2 ? n_turns : 2};
    return true;
}

bool verdict_table_is_paired(const VerdictTable *a, const VerdictTable *b) {
    return a->n == b->n && a->n_turns == b->n_turns && strcmp(a->problems, b->problems) == 0;
}

void verdict_table_finish(VerdictTable *table) {
    free(table->rows);
    *table = (VerdictTable){0};
}

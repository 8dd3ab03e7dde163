/* SPDX-License-Identifier: Apache-2.0 */
/* Setting up a task: its splits, its judge. */
#include "coding.h"
#include "rows.h"

#include <stdio.h>
#include <string.h>

static EmendStatus no_room(uint64_t n, EmendError *err) {
    return emend_fail(err, EMEND_EXHAUSTED, "coding: no memory for a split of %llu problems",
                      (unsigned long long)n);
}

static void add(Coding *coding, const char *name, CodingRow *rows, uint64_t n_rows) {
    if (n_rows > 0) {
        coding->splits[coding->n_splits++] = (CodingSplit){name, rows, n_rows};
    } else {
        coding->host->free(coding->host, rows);
    }
}

EmendStatus coding_add_split(Coding *coding, const char *name, const ProblemSet *set,
                             bool (*takes)(const Problem *problem), uint64_t n_most,
                             EmendError *err) {
    const EmendHost *host = coding->host;
    CodingRow *rows = host->alloc(host, set->n_problems * sizeof *rows, 0);
    uint64_t n = 0;
    if (!rows) {
        return no_room(set->n_problems, err);
    }
    for (uint64_t i = 0; i < set->n_problems && (n_most == 0 || n < n_most); i++) {
        const Problem *problem = &set->problems[i];
        if (!takes || takes(problem)) {
            rows[n++] = (CodingRow){.problem = problem, .id = problem->id};
        }
    }
    add(coding, name, rows, n);
    return EMEND_OK;
}

/* ---- repair --------------------------------------------------------------------------------- */

enum { FIRST_ROWS = 256 };

typedef struct Repairs {
    Coding *coding;
    CodingRow *rows;
    uint64_t n_rows, capacity, n_most;
} Repairs;

static EmendStatus add_repair(Repairs *repairs, const CodingRow *row, EmendError *err) {
    const EmendHost *host = repairs->coding->host;
    if (repairs->n_rows == repairs->capacity) {
        uint64_t capacity = repairs->capacity > 0 ? 2 * repairs->capacity : FIRST_ROWS;
        CodingRow *larger = host->alloc(host, capacity * sizeof *larger, 0);
        if (!larger) {
            return no_room(capacity, err);
        }
        if (repairs->n_rows > 0) {
            memcpy(larger, repairs->rows, repairs->n_rows * sizeof *larger);
        }
        host->free(host, repairs->rows);
        repairs->rows = larger;
        repairs->capacity = capacity;
    }
    repairs->rows[repairs->n_rows++] = *row;
    return EMEND_OK;
}

// A task_id as text, of a string or a number.
static EmendStr read_id(const json_t *id, char number[24]) {
    if (json_is_integer(id)) {
        snprintf(number, 24, "%lld", (long long)json_integer_value(id));
        return emend_str(number);
    }
    return json_is_string(id) ? (EmendStr){json_string_value(id), json_string_length(id)}
                              : (EmendStr){"", 0};
}

static EmendStatus take(void *ctx, const Place *place, const json_t *json, EmendError *err) {
    Repairs *repairs = ctx;
    ProblemSet *set = &repairs->coding->problems;
    char number[24], id[96];
    CodingRow row = {0};
    if (repairs->n_most > 0 && repairs->n_rows == repairs->n_most) {
        return EMEND_OK;
    }
    EmendStr task_id = read_id(json_object_get(json, "task_id"), number);
    row.problem = problem_find(set, task_id);
    if (!row.problem) {
        return place_fail(place, err, "task_id is '%.*s', which no problem of `data` has",
                          (int)(task_id.len < 64 ? task_id.len : 64), task_id.ptr);
    }
    EmendStatus status = row_text(place, json, "program", &set->arena, &row.wrong, err);
    if (status == EMEND_OK && row.wrong.len == 0) {
        status = place_fail(place, err, "program is empty; it must be a program to repair");
    }
    if (status == EMEND_OK) {
        snprintf(id, sizeof id, "%.*s#%llu",
                 (int)(row.problem->id.len < 64 ? row.problem->id.len : 64), row.problem->id.ptr,
                 (unsigned long long)(repairs->n_rows + 1));
        status = arena_keep(&set->arena, emend_str(id), &row.id, err);
    }
    return status == EMEND_OK ? add_repair(repairs, &row, err) : status;
}

EmendStatus coding_add_repair(Coding *coding, const char *name, const char *path, uint64_t n_most,
                              EmendError *err) {
    Repairs repairs = {.coding = coding, .n_most = n_most};
    EmendStatus status = rows_read(coding->host, path,
                                   "JSON lines with task_id and program, such as `failures` writes",
                                   take, &repairs, err);
    if (status == EMEND_OK && repairs.n_rows == 0) {
        status = emend_fail(err, EMEND_DATA_LOSS, "%s: no program is in it", path);
    }
    if (status != EMEND_OK) {
        coding->host->free(coding->host, repairs.rows);
        return status;
    }
    add(coding, name, repairs.rows, repairs.n_rows);
    return EMEND_OK;
}

/* ---- begin and end -------------------------------------------------------------------------- */

EmendStatus coding_start(Coding *coding, const JudgeRules *rules, EmendError *err) {
    EmendStatus status =
        pass_tally_init(coding->host, coding->problems.n_problems, &coding->tally, err);
    return status == EMEND_OK ? judge_init(coding->host, rules, &coding->judge, err) : status;
}

void coding_finish(Coding *coding) {
    for (uint32_t i = 0; i < coding->n_splits; i++) {
        coding->host->free(coding->host, coding->splits[i].rows);
    }
    judge_finish(&coding->judge);
    pass_tally_finish(&coding->tally);
    problem_set_finish(&coding->others);
    problem_set_finish(&coding->problems);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* HumanEval's rows. */
#include "problem.h"
#include "rows.h"

// The one piece of code that tests a program: the published tests, and the call that runs them.
static EmendStatus add_test(Problem *problem, EmendStr test, Arena *arena, EmendError *err) {
    Text text = {.host = arena->host};
    EmendStatus status = text_add(&text, test, err);
    const EmendStr parts[] = {emend_str("\ncheck("), problem->entry_point, emend_str(")\n")};
    for (int i = 0; i < 3 && status == EMEND_OK; i++) {
        status = text_add(&text, parts[i], err);
    }
    problem->tests = arena_room(arena, sizeof *problem->tests);
    problem->names = arena_room(arena, sizeof *problem->names);
    if (status == EMEND_OK && (!problem->tests || !problem->names)) {
        status = emend_fail(err, EMEND_EXHAUSTED, "coding: no memory for a test");
    }
    if (status == EMEND_OK) {
        problem->n_tests = 1;
        problem->n_names = 1;
        problem->names[0] = problem->entry_point;
        status = arena_keep(arena, text_str(&text), problem->tests, err);
    }
    text_finish(&text);
    return status;
}

static EmendStatus take(void *ctx, const Place *place, const json_t *row, EmendError *err) {
    ProblemSet *set = ctx;
    Arena *arena = &set->arena;
    Problem *problem = problem_add(set, err);
    EmendStr test = {"", 0};
    if (!problem) {
        return EMEND_EXHAUSTED;
    }
    problem->sort = PROBLEM_HUMANEVAL;
    const struct {
        const char *name;
        EmendStr *out;
    } members[] = {{"task_id", &problem->id},
                   {"prompt", &problem->text},
                   {"entry_point", &problem->entry_point},
                   {"canonical_solution", &problem->solution},
                   {"test", &test}};
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < sizeof members / sizeof members[0] && status == EMEND_OK; i++) {
        status = row_text(place, row, members[i].name, arena, members[i].out, err);
    }
    if (status != EMEND_OK) {
        return status;
    }
    if (problem->id.len == 0 || problem->entry_point.len == 0) {
        return place_fail(place, err, "%s is empty; it must not be",
                          problem->id.len == 0 ? "task_id" : "entry_point");
    }
    if (problem_find(set, problem->id) != problem) {
        return place_fail(place, err, "task_id \"%.*s\" was there before; it must be unique",
                          (int)(problem->id.len < 64 ? problem->id.len : 64), problem->id.ptr);
    }
    // Without the entry point itself, for which the tests have the program's.
    problem->setup = problem_prefix(problem);
    return add_test(problem, test, arena, err);
}

EmendStatus humaneval_load(const EmendHost *host, const char *field, const char *path,
                           ProblemSet *out, EmendError *err) {
    ProblemSet set = {.host = host, .arena = {host, NULL}};
    *out = (ProblemSet){0};
    if (!path || !*path) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: is not set; it must name the problems' file, HumanEval.jsonl.gz as "
                          "published: --set %s=FILE",
                          field, field);
    }
    EmendStatus status =
        rows_read(host, path, "HumanEval.jsonl.gz or a file like it", take, &set, err);
    if (status == EMEND_OK && set.n_problems == 0) {
        status = emend_fail(err, EMEND_DATA_LOSS, "%s: no problem is in it", path);
    }
    if (status != EMEND_OK) {
        problem_set_finish(&set);
        return status;
    }
    *out = set; // given away
    return EMEND_OK;
}

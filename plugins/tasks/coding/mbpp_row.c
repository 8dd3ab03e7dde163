/* SPDX-License-Identifier: Apache-2.0 */
/* MBPP's rows, of the full file and of the sanitized one. */
#include "problem.h"
#include "python.h"
#include "rows.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAMES = 16 };

/* ---- names that the tests use --------------------------------------------------------------- */

// A set of names without room of its own.
typedef struct Names {
    EmendStr names[MAX_NAMES];
    uint64_t n;
} Names;

static void add_name(Names *names, EmendStr name) {
    for (uint64_t i = 0; i < names->n; i++) {
        if (str_equal(names->names[i], name)) {
            return;
        }
    }
    if (names->n < MAX_NAMES) {
        names->names[names->n++] = name;
    }
}

// The names that a text calls: builtins, or others.
static void add_calls(EmendStr text, bool is_builtin, Names *names) {
    PyName name;
    while (py_name(&text, &name)) {
        if (name.is_called && !name.is_attribute && !py_is_keyword(name.text) &&
            py_is_builtin(name.text) == is_builtin) {
            add_name(names, name.text);
        }
    }
}

// The modules that a text takes something from.
static void add_modules(EmendStr text, Names *names) {
    PyName name;
    while (py_name(&text, &name)) {
        if (name.is_owner && !name.is_attribute && py_is_module(name.text)) {
            add_name(names, name.text);
        }
    }
}

static void add_all(const Problem *problem, void (*add)(EmendStr, bool, Names *), bool flag,
                    Names *names) {
    add(problem->setup, flag, names);
    for (uint64_t i = 0; i < problem->n_tests + problem->n_challenge; i++) {
        add(problem->tests[i], flag, names);
    }
}

static EmendStatus find_names(Problem *problem, Arena *arena, EmendError *err) {
    Names names = {.n = 0};
    add_all(problem, add_calls, false, &names);
    if (names.n == 0) {
        add_all(problem, add_calls, true, &names); // task 126 asks for a function `sum`
        uint64_t n = 0;
        for (uint64_t i = 0; i < names.n; i++) {
            if (py_defines(problem->solution, names.names[i])) {
                names.names[n++] = names.names[i];
            }
        }
        names.n = n;
    }
    problem->names = arena_room(arena, names.n * sizeof *problem->names);
    if (!problem->names) {
        return emend_fail(err, EMEND_EXHAUSTED, "coding: no memory for names");
    }
    memcpy(problem->names, names.names, names.n * sizeof *problem->names);
    problem->n_names = names.n;
    return EMEND_OK;
}

/* ---- members -------------------------------------------------------------------------------- */

static EmendStatus read_tests(const Place *place, const json_t *row, Problem *problem, Arena *arena,
                              EmendError *err) {
    const json_t *list = json_object_get(row, "test_list");
    const json_t *challenge = json_object_get(row, "challenge_test_list");
    if (!json_is_array(list) || json_array_size(list) == 0) {
        return place_fail(place, err, "test_list is no list of tests; it must be one");
    }
    if (challenge && !json_is_array(challenge)) {
        return place_fail(place, err, "challenge_test_list is of another type; it must be a list");
    }
    problem->n_tests = json_array_size(list);
    problem->n_challenge = json_array_size(challenge);
    problem->tests =
        arena_room(arena, (problem->n_tests + problem->n_challenge) * sizeof *problem->tests);
    if (!problem->tests) {
        return emend_fail(err, EMEND_EXHAUSTED, "coding: no memory for tests");
    }
    EmendStatus status = EMEND_OK;
    for (uint64_t i = 0; i < problem->n_tests + problem->n_challenge && status == EMEND_OK; i++) {
        const json_t *test = i < problem->n_tests ? json_array_get(list, i)
                                                  : json_array_get(challenge, i - problem->n_tests);
        status = json_is_string(test)
                     ? row_keep(test, arena, &problem->tests[i], err)
                     : place_fail(place, err, "a test is of another type; it must be a string");
    }
    return status;
}

static EmendStatus read_imports(const Place *place, const json_t *row, Text *out, EmendError *err) {
    const json_t *imports = json_object_get(row, "test_imports");
    if (imports && !json_is_array(imports)) {
        return place_fail(place, err, "test_imports is of another type; it must be a list");
    }
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < json_array_size(imports) && status == EMEND_OK; i++) {
        const json_t *import = json_array_get(imports, i);
        if (!json_is_string(import)) {
            return place_fail(place, err, "an import is of another type; it must be a string");
        }
        status = text_add_c(out, json_string_value(import), err);
        status = status == EMEND_OK ? text_add_c(out, "\n", err) : status;
    }
    return status;
}

// Tests of the full file use a module now and then that only the reference program imports.
static EmendStatus add_missing_imports(const Problem *problem, Text *setup, EmendError *err) {
    Names modules = {.n = 0};
    EmendStatus status = EMEND_OK;
    for (uint64_t i = 0; i < problem->n_tests + problem->n_challenge; i++) {
        add_modules(problem->tests[i], &modules);
    }
    for (uint64_t i = 0; i < modules.n && status == EMEND_OK; i++) {
        status = text_add_c(setup, "import ", err);
        status = status == EMEND_OK ? text_add(setup, modules.names[i], err) : status;
        status = status == EMEND_OK ? text_add_c(setup, "\n", err) : status;
    }
    return status;
}

static EmendStatus read_setup(const Place *place, const json_t *row, Problem *problem, Arena *arena,
                              EmendError *err) {
    Text text = {.host = arena->host};
    EmendStr code;
    EmendStatus status = read_imports(place, row, &text, err);
    if (status == EMEND_OK) {
        status = arena_keep(arena, text_str(&text), &problem->imports, err);
    }
    if (status == EMEND_OK) {
        status = add_missing_imports(problem, &text, err);
    }
    if (status == EMEND_OK) {
        status = row_optional_text(place, row, "test_setup_code", arena, &code, err);
    }
    if (status == EMEND_OK && code.len > 0) {
        status = text_add(&text, code, err);
        status = status == EMEND_OK ? text_add_c(&text, "\n", err) : status;
    }
    if (status == EMEND_OK) {
        status = arena_keep(arena, text_str(&text), &problem->setup, err);
    }
    text_finish(&text);
    return status;
}

static EmendStatus read_id(const Place *place, const json_t *row, Problem *problem, Arena *arena,
                           EmendError *err) {
    const json_t *id = json_object_get(row, "task_id");
    char text[24];
    if (!json_is_integer(id) || json_integer_value(id) < 0) {
        return place_fail(place, err, "task_id is no number; it must be one");
    }
    problem->number = (uint64_t)json_integer_value(id);
    snprintf(text, sizeof text, "%llu", (unsigned long long)problem->number);
    return arena_keep(arena, emend_str(text), &problem->id, err);
}

static EmendStatus read_program(const Place *place, const json_t *row, Problem *problem,
                                Arena *arena, EmendError *err) {
    const json_t *code = json_object_get(row, "code");
    EmendStatus status = row_text(place, row, "code", arena, &problem->solution, err);
    if (status == EMEND_OK && json_is_string(code)) {
        EmendStr text = {json_string_value(code), json_string_length(code)};
        status = arena_keep(arena, text, &problem->published, err);
    }
    // The sanitized file calls the text a prompt.
    const char *name = json_object_get(row, "text") ? "text" : "prompt";
    return status == EMEND_OK ? row_text(place, row, name, arena, &problem->text, err) : status;
}

static EmendStatus take(void *ctx, const Place *place, const json_t *row, EmendError *err) {
    ProblemSet *set = ctx;
    Problem *problem = problem_add(set, err);
    if (!problem) {
        return EMEND_EXHAUSTED;
    }
    problem->sort = PROBLEM_MBPP;
    EmendStatus (*const readers[])(const Place *, const json_t *, Problem *, Arena *,
                                   EmendError *) = {read_id, read_program, read_tests, read_setup};
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        EmendStatus status = readers[i](place, row, problem, &set->arena, err);
        if (status != EMEND_OK) {
            return status;
        }
    }
    if (problem_find(set, problem->id) != problem) {
        return place_fail(place, err, "task_id %llu was there before; it must be unique",
                          (unsigned long long)problem->number);
    }
    return find_names(problem, &set->arena, err);
}

EmendStatus mbpp_load(const EmendHost *host, const char *field, const char *path, ProblemSet *out,
                      EmendError *err) {
    ProblemSet set = {.host = host, .arena = {host, NULL}};
    *out = (ProblemSet){0};
    if (!path || !*path) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "%s: is not set; it must name the problems' file, mbpp.jsonl or "
                          "sanitized-mbpp.json as published: --set %s=FILE",
                          field, field);
    }
    EmendStatus status = rows_read(
        host, path, "mbpp.jsonl, sanitized-mbpp.json or a file like them", take, &set, err);
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

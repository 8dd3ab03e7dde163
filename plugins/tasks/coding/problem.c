/* SPDX-License-Identifier: Apache-2.0 */
#include "problem.h"
#include "python.h"

#include <string.h>

enum { FIRST_PROBLEMS = 256 };

Problem *problem_add(ProblemSet *set, EmendError *err) {
    if (set->n_problems == set->capacity) {
        uint64_t capacity = set->capacity > 0 ? 2 * set->capacity : FIRST_PROBLEMS;
        Problem *larger = set->host->alloc(set->host, capacity * sizeof *larger, 0);
        if (!larger) {
            emend_fail(err, EMEND_EXHAUSTED, "coding: no memory for more than %llu problems",
                       (unsigned long long)set->n_problems);
            return NULL;
        }
        if (set->n_problems > 0) {
            memcpy(larger, set->problems, set->n_problems * sizeof *larger);
        }
        set->host->free(set->host, set->problems);
        set->problems = larger;
        set->capacity = capacity;
    }
    Problem *problem = &set->problems[set->n_problems++];
    *problem = (Problem){0};
    return problem;
}

void problem_set_finish(ProblemSet *set) {
    if (set->host) {
        set->host->free(set->host, set->problems);
        arena_free(&set->arena);
    }
    *set = (ProblemSet){0};
}

const Problem *problem_find(const ProblemSet *set, EmendStr id) {
    for (uint64_t i = 0; i < set->n_problems; i++) {
        const Problem *problem = &set->problems[i];
        bool has_prefix = str_starts(id, "MBPP/") || str_starts(id, "Mbpp/");
        bool is_mbpp = problem->sort == PROBLEM_MBPP && has_prefix;
        if (str_equal(problem->id, is_mbpp ? str_skip(id, 5) : id)) {
            return problem;
        }
    }
    return NULL;
}

/* ---- programs ------------------------------------------------------------------------------- */

static bool is_future_import(const PyLine *line) {
    return !line->is_inside && str_starts(line->text, "from __future__ import ");
}

// Adds the lines of code that import from __future__, or all others.
static EmendStatus add_lines(EmendStr code, bool is_future, Text *out, EmendError *err) {
    PyLines lines = {.rest = code};
    PyLine line;
    EmendStatus status = EMEND_OK;
    while (status == EMEND_OK && py_line(&lines, &line)) {
        if (is_future_import(&line) == is_future) {
            status = text_add(out, line.text, err);
            status = status == EMEND_OK ? text_add_c(out, "\n", err) : status;
        }
    }
    return status;
}

static EmendStatus join(EmendStr before, EmendStr code, Text *out, EmendError *err) {
    EmendStatus status = add_lines(code, true, out, err);
    if (status == EMEND_OK) {
        status = text_add(out, before, err);
    }
    return status == EMEND_OK ? add_lines(code, false, out, err) : status;
}

// What indentation a body must have: that of the first line of code.
typedef struct Indents {
    uint64_t first, next, least; /* of the first line, the second, and the least of all others */
    bool has_next, first_opens;
} Indents;

static Indents measure(EmendStr body) {
    PyLines lines = {.rest = body};
    PyLine line;
    Indents indents = {.least = UINT64_MAX};
    bool is_first = true;
    while (py_line(&lines, &line)) {
        if (line.is_blank || line.is_inside) {
            continue;
        }
        if (is_first) {
            indents.first = line.indent;
            indents.first_opens = line.opens_block;
            is_first = false;
            continue;
        }
        indents.next = indents.has_next ? indents.next : line.indent;
        indents.has_next = true;
        indents.least = line.indent < indents.least ? line.indent : indents.least;
    }
    return indents;
}

// What the first line's indentation was before it was lost, in a body whose other lines kept
// theirs.
static uint64_t first_indent(const Indents *indents) {
    if (!indents->has_next || indents->least <= indents->first) {
        return indents->first;
    }
    if (!indents->first_opens || indents->least < indents->next) {
        return indents->least;
    }
    // All that is left is the block that the first line opens: its lines tell by how deep they are.
    return indents->first == 0 && indents->next >= 8 ? indents->next / 2 : indents->first;
}

// Adds a body with the four spaces that HumanEval's prompts are written with.
static EmendStatus add_body(EmendStr body, Text *out, EmendError *err) {
    Indents indents = measure(body);
    uint64_t base = first_indent(&indents);
    PyLines lines = {.rest = body};
    PyLine line;
    bool is_first = true;
    EmendStatus status = EMEND_OK;
    while (status == EMEND_OK && py_line(&lines, &line)) {
        bool is_code = !line.is_blank && !line.is_inside;
        uint64_t has = is_code && is_first ? indents.first : base;
        uint64_t n = line.indent < has ? line.indent : has;
        if (!line.is_inside && line.text.len > line.indent) {
            status = text_add_c(out, "    ", err);
        } else {
            n = 0;
        }
        is_first = is_first && !is_code;
        status = status == EMEND_OK ? text_add(out, str_skip(line.text, n), err) : status;
        status = status == EMEND_OK ? text_add_c(out, "\n", err) : status;
    }
    return status;
}

EmendStr problem_prefix(const Problem *problem) {
    PyLines lines = {.rest = problem->text};
    PyLine line;
    while (py_line(&lines, &line)) {
        if (!line.is_inside && line.indent == 0 &&
            py_line_defines(line.text, problem->entry_point)) {
            return str_head(problem->text, (uint64_t)(line.text.ptr - problem->text.ptr));
        }
    }
    return str_head(problem->text, 0);
}

EmendStatus problem_program(const Problem *problem, EmendStr code, Text *out, EmendError *err) {
    if (problem->sort == PROBLEM_MBPP) {
        return join(problem->imports, code, out, err);
    }
    if (py_defines(code, problem->entry_point)) {
        return join(problem_prefix(problem), code, out, err);
    }
    EmendStatus status = text_add(out, problem->text, err);
    return status == EMEND_OK ? add_body(code, out, err) : status;
}

EmendStatus problem_completed(const Problem *problem, EmendStr completion, Text *out,
                              EmendError *err) {
    if (problem->sort == PROBLEM_MBPP) {
        return problem_program(problem, completion, out, err);
    }
    EmendStatus status = text_add(out, problem->text, err);
    return status == EMEND_OK ? text_add(out, completion, err) : status;
}

/* ---- names ---------------------------------------------------------------------------------- */

static bool is_among(const EmendStr *names, uint64_t n, EmendStr name) {
    for (uint64_t i = 0; i < n; i++) {
        if (str_equal(names[i], name)) {
            return true;
        }
    }
    return false;
}

uint64_t problem_names(const Problem *problem, EmendStr program, EmendStr *names, uint64_t n_most) {
    uint64_t n = problem->n_names < n_most ? problem->n_names : n_most;
    memcpy(names, problem->names, n * sizeof *names);
    if (problem->sort == PROBLEM_HUMANEVAL) {
        return n;
    }
    for (uint64_t t = 0; t < problem->n_tests + problem->n_challenge + 1; t++) {
        EmendStr rest = t == 0 ? problem->setup : problem->tests[t - 1];
        PyName name;
        while (n < n_most && py_name(&rest, &name)) {
            bool is_free = !name.is_attribute && !name.is_owner && !py_is_keyword(name.text) &&
                           !py_is_builtin(name.text) && !py_is_module(name.text);
            if (is_free && !is_among(names, n, name.text) && py_defines(program, name.text)) {
                names[n++] = name.text;
            }
        }
    }
    return n;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Splits and their problems. */
#include "check/task/splits.h"
#include "check/task/tests.h"
#include "manifest/utf8.h"
#include <stdlib.h>
#include <string.h>

enum { N_PROBLEMS = 200 };

/* The i-th of up to N_PROBLEMS indices that are spread over a split. */
static uint64_t index_of(const Split *split, uint64_t i) {
    if (split->count <= N_PROBLEMS || i < N_PROBLEMS / 2) {
        return i;
    }
    uint64_t reach = split->count == EMEND_ENDLESS ? (uint64_t)1 << 40 : split->count;
    return reach - 1 - (i - N_PROBLEMS / 2) * (reach / N_PROBLEMS);
}

static uint64_t n_of(const Split *split) {
    return split->count < N_PROBLEMS ? split->count : N_PROBLEMS;
}

/* ---- splits ---------------------------------------------------------------------------------- */

static void check_unknown(Instance *task, const Splits *splits) {
    static const char *const names[] = {"no-such-split", "", "train "};
    for (size_t i = 0; i < sizeof names / sizeof *names && !kit_is_over(task->kit); i++) {
        uint32_t number = 0;
        uint64_t count = 0;
        kit_enter(task->kit, "split_open");
        EmendStatus status = task_of(task)->split_open(task->self, emend_str(names[i]), &number,
                                                       &count, instance_err(task));
        if (!subject_refused(task->subject, "split_open of an unknown split", status)) {
            return;
        }
        if (status != EMEND_NOT_FOUND) {
            kit_fail(task->kit, "return EMEND_NOT_FOUND",
                     "split \"%s\" is %s; an unknown split must be NOT_FOUND", names[i],
                     emend_status_name(status));
        }
        for (size_t k = 0; k < splits->n && !kit_is_over(task->kit); k++) {
            if (!strstr(task->subject->message, splits->of[k].name)) {
                kit_fail(task->kit, "list in the message the names there are",
                         "split \"%s\" is refused with \"%s\"; the message must name \"%s\"",
                         names[i], task->subject->message, splits->of[k].name);
            }
        }
    }
}

void task_test_unknown_split(Kit *kit) {
    splits_run(kit, check_unknown);
}

/* ---- fields ---------------------------------------------------------------------------------- */

static void check_field(Instance *task, const Split *split, uint64_t index, const Puts *problem,
                        uint32_t field, const char *name, bool may_be_empty) {
    EmendStr text = puts_text(problem, field);
    size_t n = puts_count(problem, field);
    if (kit_is_over(task->kit)) {
        return;
    }
    if (n != 1) {
        kit_fail(task->kit, "put ID, PROMPT and REFERENCE of each problem, each once",
                 "problem %llu of split \"%s\" puts %s %zu times; it must once",
                 (unsigned long long)index, split->name, name, n);
    } else if (text.len == 0 && !may_be_empty) {
        kit_fail(task->kit, "give every problem a text there",
                 "problem %llu of split \"%s\" has an empty %s", (unsigned long long)index,
                 split->name, name);
    } else if (utf8_valid_len(text.ptr, text.len) != text.len) {
        kit_fail(task->kit, "put valid UTF-8",
                 "the %s of problem %llu of split \"%s\" is not UTF-8", name,
                 (unsigned long long)index, split->name);
    }
}

/* A problem twice, with others in between: the same fields, and good ones. */
static void check_problems(Instance *task, const Splits *splits) {
    for (size_t s = 0; s < splits->n; s++) {
        const Split *split = &splits->of[s];
        for (uint64_t i = 0; i < n_of(split) && !kit_is_over(task->kit); i++) {
            uint64_t index = index_of(split, i);
            Puts problem = {0}, other = {0}, again = {0};
            if (task_problem(task, split, index, &problem) &&
                task_problem(task, split, index_of(split, 0), &other) &&
                task_problem(task, split, index, &again)) {
                check_field(task, split, index, &problem, EMEND_PROBLEM_ID, "ID", false);
                check_field(task, split, index, &problem, EMEND_PROBLEM_PROMPT, "PROMPT", false);
                check_field(task, split, index, &problem, EMEND_PROBLEM_REFERENCE, "REFERENCE",
                            true);
                if (!kit_is_over(task->kit) && !puts_equal(&problem, &again)) {
                    kit_fail(task->kit, "make a problem of split and index alone",
                             "problem %llu of split \"%s\" has other bytes the second time; they "
                             "must be the same for ever",
                             (unsigned long long)index, split->name);
                }
            }
            puts_finish(&problem);
            puts_finish(&other);
            puts_finish(&again);
        }
    }
}

void task_test_problems(Kit *kit) {
    splits_run(kit, check_problems);
}

static void check_end(Instance *task, const Splits *splits) {
    bool has_end = false;
    for (size_t s = 0; s < splits->n && !kit_is_over(task->kit); s++) {
        const Split *split = &splits->of[s];
        const uint64_t indices[] = {split->count, split->count + 1, UINT64_MAX};
        for (size_t i = 0; i < 3 && split->count != EMEND_ENDLESS && !kit_is_over(task->kit); i++) {
            Puts problem;
            const EmendSink sink = puts_sink(task->kit, &problem);
            has_end = true;
            kit_enter(task->kit, "problem past the end of a split");
            subject_refused(task->subject, "problem past the end of a split",
                            task_of(task)->problem(task->self, split->number, indices[i], &sink,
                                                   instance_err(task)));
            puts_finish(&problem);
        }
    }
    if (!has_end) {
        kit_skip(task->kit, "its splits have no end");
    }
}

void task_test_past_the_end(Kit *kit) {
    splits_run(kit, check_end);
}

/* ---- disjoint -------------------------------------------------------------------------------- */

typedef struct Seen {
    char *text;
    const Split *split;
    uint64_t index;
} Seen;

/* Problems of two splits that are held apart: where one of them is for evaluation. */
static bool is_evaluation(const Split *split) {
    static const char *const beginnings[] = {"test", "valid", "dev", "eval"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        if (strncmp(split->name, beginnings[i], strlen(beginnings[i])) == 0) {
            return true;
        }
    }
    return false;
}

static int compare_seen(const void *a, const void *b) {
    return strcmp(((const Seen *)a)->text, ((const Seen *)b)->text);
}

static void check_pair(Kit *kit, const Seen *a, const Seen *b, uint32_t field) {
    bool is_same_split = a->split == b->split;
    if (field == EMEND_PROBLEM_ID) {
        kit_fail(
            kit, "give each problem an id of its own",
            "problem %llu of split \"%s\" and problem %llu of split \"%s\" have the id \"%s\"; "
            "ids are unique within a task",
            (unsigned long long)a->index, a->split->name, (unsigned long long)b->index,
            b->split->name, a->text);
    } else if (!is_same_split && (is_evaluation(a->split) || is_evaluation(b->split))) {
        kit_fail(kit, "let a problem's content decide which split it is in",
                 "problem %llu of split \"%s\" and problem %llu of split \"%s\" have the same "
                 "prompt; splits are disjoint",
                 (unsigned long long)a->index, a->split->name, (unsigned long long)b->index,
                 b->split->name);
    } else if (!is_same_split) {
        kit_warn(kit, "splits \"%s\" and \"%s\" share problems", a->split->name, b->split->name);
    }
}

static void check_field_disjoint(Instance *task, const Splits *splits, uint32_t field) {
    Seen *seen = calloc(SPLITS_MAX * N_PROBLEMS, sizeof *seen);
    bool is_warned = false;
    size_t n = 0;
    for (size_t s = 0; seen && s < splits->n; s++) {
        for (uint64_t i = 0; i < n_of(&splits->of[s]) && !kit_is_over(task->kit); i++) {
            Puts problem = {0};
            uint64_t index = index_of(&splits->of[s], i);
            if (task_problem(task, &splits->of[s], index, &problem)) {
                EmendStr text = puts_text(&problem, field);
                seen[n].text = strndup(text.ptr ? text.ptr : "", text.len);
                seen[n].split = &splits->of[s];
                seen[n].index = index;
                n += seen[n].text != NULL;
            }
            puts_finish(&problem);
        }
    }
    qsort(seen, n, sizeof *seen, compare_seen);
    for (size_t i = 1; i < n && !kit_is_over(task->kit) && !is_warned; i++) {
        if (strcmp(seen[i - 1].text, seen[i].text) == 0) {
            check_pair(task->kit, &seen[i - 1], &seen[i], field);
            is_warned = seen[i - 1].split != seen[i].split;
        }
    }
    for (size_t i = 0; i < n; i++) {
        free(seen[i].text);
    }
    free(seen);
}

static void check_disjoint(Instance *task, const Splits *splits) {
    check_field_disjoint(task, splits, EMEND_PROBLEM_ID);
    if (!kit_is_over(task->kit)) {
        check_field_disjoint(task, splits, EMEND_PROBLEM_PROMPT);
    }
}

void task_test_disjoint(Kit *kit) {
    splits_run(kit, check_disjoint);
}

/* ---- instances ------------------------------------------------------------------------------- */

static void check_same_bytes(Instance *task, const Splits *splits) {
    Instance twin;
    if (!instance_twin(task, &twin)) {
        return;
    }
    for (size_t s = 0; s < splits->n && !kit_is_over(task->kit); s++) {
        Split other = splits->of[s];
        if (!instance_ok(&twin, "split_open",
                         task_of(&twin)->split_open(twin.self, emend_str(other.name), &other.number,
                                                    &other.count, instance_err(&twin)))) {
            break;
        }
        // From the last to the first: nothing may hang on what was asked before.
        for (uint64_t i = n_of(&other); i > 0 && !kit_is_over(task->kit); i--) {
            uint64_t index = index_of(&other, i - 1);
            Puts first = {0}, second = {0};
            if (task_problem(task, &splits->of[s], index, &first) &&
                task_problem(&twin, &other, index, &second) && !puts_equal(&first, &second)) {
                kit_fail(task->kit, "make a problem of config, split and index alone",
                         "problem %llu of split \"%s\" has other bytes in another instance; they "
                         "must be the same for ever",
                         (unsigned long long)index, other.name);
            }
            puts_finish(&first);
            puts_finish(&second);
        }
    }
    instance_drop(&twin);
}

void task_test_same_bytes(Kit *kit) {
    splits_run(kit, check_same_bytes);
}

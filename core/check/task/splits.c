/* SPDX-License-Identifier: Apache-2.0 */
#include "check/task/splits.h"
#include "check/guard.h"
#include "manifest/utf8.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

#define NO_SPLIT "no-such-split"

/* ---- which splits there are -------------------------------------------------------------------
 */

static bool is_known(const Splits *splits, const char *name) {
    for (size_t i = 0; i < splits->n; i++) {
        if (strcmp(splits->of[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Adds the split where the task has one of that name. */
static void try_split(Instance *task, const char *name, Splits *splits) {
    uint32_t number = 0;
    uint64_t count = 0;
    if (splits->n == SPLITS_MAX || is_known(splits, name) || strcmp(name, NO_SPLIT) == 0) {
        return;
    }
    if (task_of(task)->split_open(task->self, emend_str(name), &number, &count,
                                  instance_err(task)) == EMEND_OK) {
        Split *split = &splits->of[splits->n++];
        *split = (Split){.number = number, .count = count};
        memcpy(split->name, name, strlen(name) + 1);
    }
}

/* The words of a message that may be names. */
static void try_words(Instance *task, const char *message, Splits *splits) {
    char word[SPLIT_NAME_BYTES];
    for (const char *at = message; *at;) {
        size_t n = 0;
        while (isalnum((unsigned char)at[n]) || (at[n] && strchr("_-.", at[n]))) {
            n++;
        }
        if (n > 0 && n < sizeof word) {
            memcpy(word, at, n);
            word[n] = '\0';
            while (n > 0 && word[n - 1] == '.') {
                word[--n] = '\0';
            }
            try_split(task, word, splits);
        }
        at += n > 0 ? n : 1;
    }
}

static void find_splits(Instance *task, Splits *splits) {
    char message[sizeof task->subject->message];
    uint32_t number = 0;
    uint64_t count = 0;
    splits->n = 0;
    kit_enter(task->kit, "split_open");
    EmendStatus status = task_of(task)->split_open(task->self, emend_str(NO_SPLIT), &number, &count,
                                                   instance_err(task));
    memcpy(message, task->subject->message, sizeof message);
    try_split(task, "train", splits);
    try_split(task, "test", splits);
    if (status != EMEND_OK) {
        try_words(task, message, splits);
    }
}

/* An instance of the first config and its splits. False: the kit was told why there are none. */
static bool open_task(Kit *kit, Subject *subject, Instance *task, Splits *splits) {
    if (!subject_create(kit, NULL, subject)) {
        return false;
    }
    *task = (Instance){.subject = subject,
                       .kit = kit,
                       .example = kit_example(kit, 0),
                       .config = kit_config(kit),
                       .self = subject->self,
                       .table = subject->table};
    find_splits(task, splits);
    if (splits->n == 0) {
        kit_skip(kit,
                 "no split can be opened; a golden example whose config names data would make "
                 "one: %s",
                 subject->message);
    }
    return splits->n > 0;
}

void splits_run(Kit *kit, void (*test)(Instance *task, const Splits *splits)) {
    Subject subject = {0};
    Instance task;
    Splits splits;
    if (open_task(kit, &subject, &task, &splits)) {
        test(&task, &splits);
    }
    subject_close(&subject);
}

bool splits_first(Kit *kit, Split *out) {
    Subject subject = {0};
    Instance task;
    Splits splits;
    bool is_found = open_task(kit, &subject, &task, &splits);
    if (is_found) {
        *out = splits.of[0];
    }
    subject_close(&subject);
    return is_found;
}

/* ---- calls ------------------------------------------------------------------------------------
 */

bool task_problem(Instance *task, const Split *split, uint64_t index, Puts *out) {
    const EmendSink sink = puts_sink(task->kit, out);
    kit_enter(task->kit, "problem");
    return instance_ok(
        task, "problem",
        task_of(task)->problem(task->self, split->number, index, &sink, instance_err(task)));
}

bool task_demonstrate(Instance *task, const Split *split, uint64_t index, uint64_t seed,
                      uint32_t n_turns, Puts *out) {
    const EmendSink sink = puts_sink(task->kit, out);
    kit_enter(task->kit, "demonstrate");
    return instance_ok(task, "demonstrate",
                       task_of(task)->demonstrate(task->self, split->number, index, seed, n_turns,
                                                  &sink, instance_err(task)));
}

static EmendStr guarded(const Instance *task, const char *name, EmendStr text) {
    return (EmendStr){guard_input(task->kit, name, text.ptr, text.len), text.len};
}

static const char *wrong_with(const EmendScore *score) {
    size_t len = strnlen(score->reason, sizeof score->reason);
    if (score->state == EMEND_SCORE_NONE || score->state > EMEND_SCORE_ERROR) {
        return "a state that is neither VALUE, ABSTAIN nor ERROR";
    }
    if (score->state == EMEND_SCORE_VALUE && !(score->value >= 0 && score->value <= 1)) {
        return "a value that is not between 0 and 1";
    }
    if (len == sizeof score->reason) {
        return "a reason without a NUL";
    }
    if (utf8_valid_len(score->reason, len) != len) {
        return "a reason that is not UTF-8";
    }
    return score->state != EMEND_SCORE_VALUE && len == 0 ? "no reason for having no value" : NULL;
}

EmendStatus task_grade(Instance *task, const Puts *problem, const Answer *answer,
                       EmendScore *score) {
    Puts fields;
    const EmendSink sink = puts_sink(task->kit, &fields);
    EmendScore *out = guard_take(task->kit, "score", sizeof *out);
    const EmendGradeArgs args = {
        .struct_size = sizeof args,
        .turn = answer->turn > 0 ? answer->turn : 1,
        .prompt = guarded(task, "prompt", puts_text(problem, EMEND_PROBLEM_PROMPT)),
        .reference = guarded(task, "reference", puts_text(problem, EMEND_PROBLEM_REFERENCE)),
        .response = guarded(task, "response", answer->response),
        .is_truncated = answer->is_truncated};
    kit_enter(task->kit, "grade");
    EmendStatus status =
        task_of(task)->grade(task->self, guard_input(task->kit, "args", &args, sizeof args), out,
                             &sink, instance_err(task));
    *score = *out;
    const char *wrong = status == EMEND_OK ? wrong_with(score) : NULL;
    if (status != EMEND_OK) {
        subject_refused(task->subject, "grade", status);
    } else if (wrong) {
        kit_fail(task->kit,
                 "set `state`, and with it a `value` from 0 to 1 or a `reason` that ends in a NUL",
                 "the grade of a response of %llu bytes has %s",
                 (unsigned long long)answer->response.len, wrong);
    } else if (puts_count(&fields, EMEND_GRADE_EXTRACTED) > 1) {
        kit_fail(task->kit, "put the final answer once, or not at all",
                 "grade puts EMEND_GRADE_EXTRACTED %zu times; it must once at most",
                 puts_count(&fields, EMEND_GRADE_EXTRACTED));
    }
    puts_finish(&fields);
    return status;
}

bool task_is_right(EmendStatus status, const EmendScore *score) {
    return status == EMEND_OK && score->state == EMEND_SCORE_VALUE && score->value >= 1;
}

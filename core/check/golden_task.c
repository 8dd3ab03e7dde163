/* SPDX-License-Identifier: Apache-2.0 */
/* Golden examples of tasks: problems, prompts and grades. */
#include "check/golden_run.h"
#include "emend/task.h"
#include <math.h>
#include <string.h>

enum { FIELD_BYTES_MAX = 96, SHOWN = 200 };

#define TOLERANCE 1e-9

static void compare_text(const GoldenRun *run, const char *field, const char *part,
                         const char *wanted, const char *found) {
    char path[2 * FIELD_BYTES_MAX];
    snprintf(path, sizeof path, "%.90s.%s", field, part);
    if (wanted && !found) {
        golden_differs(run, path, "%s was not put; by the example it must be", part);
    } else if (wanted && strcmp(wanted, found) != 0) {
        golden_differs(run, path, "%s is \"%.*s\"; by the example it must be \"%.*s\"", part, SHOWN,
                       found, SHOWN, wanted);
    }
}

static void compare_problem(const GoldenRun *run, const char *field, const Emend__Problem *wanted,
                            const GoldenSink *found) {
    static const struct {
        uint32_t field;
        const char *name;
    } required[] = {{EMEND_PROBLEM_ID, "id"},
                    {EMEND_PROBLEM_PROMPT, "prompt"},
                    {EMEND_PROBLEM_REFERENCE, "reference"}};
    for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
        if (!golden_sink_text(found, required[i].field)) {
            golden_differs(run, field, "the problem has no %s; it must be put", required[i].name);
        }
    }
    const char *prompt = golden_sink_text(found, EMEND_PROBLEM_PROMPT);
    compare_text(run, field, "id", wanted->id, golden_sink_text(found, EMEND_PROBLEM_ID));
    compare_text(run, field, "prompt", wanted->prompt, prompt);
    compare_text(run, field, "reference", wanted->reference,
                 golden_sink_text(found, EMEND_PROBLEM_REFERENCE));
    compare_text(run, field, "kind", wanted->kind, golden_sink_text(found, EMEND_PROBLEM_KIND));
    for (size_t i = 0; prompt && i < wanted->n_prompt_has; i++) {
        if (!strstr(prompt, wanted->prompt_has[i])) {
            char path[2 * FIELD_BYTES_MAX];
            snprintf(path, sizeof path, "%.90s.prompt_has[%zu]", field, i);
            golden_differs(run, path,
                           "the prompt is \"%.*s\"; by the example it must hold \"%.*s\"", SHOWN,
                           prompt, SHOWN, wanted->prompt_has[i]);
        }
    }
}

static EmendStatus ask_turn_prompt(GoldenRun *run, const char *field, const Emend__Problem *wanted,
                                   uint32_t split, const char *prompt) {
    const EmendTask *task = run->table;
    GoldenSink sink;
    uint32_t stride = 0;
    EmendAttempt *attempt = golden_structs(run, "EmendAttempt", 1, sizeof(EmendAttempt), &stride);
    if (!attempt || !golden_sink_init(run, &sink)) {
        return EMEND_OK;
    }
    EmendSpan attempts = emend_span(attempt, 1, stride);
    EmendHistory *history = golden_structs(run, "EmendHistory", 1, sizeof(EmendHistory), &stride);
    if (!history) {
        return EMEND_OK;
    }
    attempt->response = golden_text(run, "the response", "");
    golden_seal(run, attempt);
    history->turn = 2;
    history->split = split;
    history->index = wanted->index;
    history->prompt = golden_text(run, "the prompt", prompt);
    history->attempts = attempts;
    golden_seal(run, history);
    kit_enter(run->subject->kit, "turn_prompt");
    EmendStatus status =
        task->turn_prompt(run->self, history, sink.sink, subject_err(run->subject));
    if (golden_ok(run, field, "turn_prompt", status)) {
        compare_text(run, field, "turn_prompt", wanted->turn_prompt, golden_sink_text(&sink, 0));
    }
    golden_sink_finish(&sink);
    return status;
}

static EmendStatus ask_problem(GoldenRun *run, size_t i) {
    const EmendTask *task = run->table;
    const Emend__Problem *wanted = run->example->problem[i];
    char field[FIELD_BYTES_MAX];
    uint32_t split = 0;
    uint64_t count = 0;
    GoldenSink sink;
    snprintf(field, sizeof field, "problem[%zu]", i);
    kit_enter(run->subject->kit, "split_open");
    EmendStatus status =
        task->split_open(run->self, golden_text(run, "the split's name", wanted->split), &split,
                         &count, subject_err(run->subject));
    if (!golden_ok(run, field, "split_open", status) || !golden_sink_init(run, &sink)) {
        return status;
    }
    if (wanted->has_count && count != wanted->count) {
        golden_differs(run, field, "the split has %llu problems; by the example it must have %llu",
                       (unsigned long long)count, (unsigned long long)wanted->count);
    }
    kit_enter(run->subject->kit, "problem");
    status = task->problem(run->self, split, wanted->index, sink.sink, subject_err(run->subject));
    if (golden_ok(run, field, "problem", status)) {
        if (sink.wrong) {
            golden_differs(run, field, "problem put %s; it must not", sink.wrong);
        }
        compare_problem(run, field, wanted, &sink);
        if (wanted->turn_prompt) {
            status = ask_turn_prompt(run, field, wanted, split,
                                     golden_sink_text(&sink, EMEND_PROBLEM_PROMPT));
        }
    }
    golden_sink_finish(&sink);
    return status;
}

static void compare_grade(const GoldenRun *run, const char *field, const Emend__Grade *wanted,
                          const EmendScore *score, const GoldenSink *sink) {
    static const char *const names[] = {"nothing", "a value", "an abstention", "an error"};
    uint32_t state = wanted->has_value      ? EMEND_SCORE_VALUE
                     : wanted->has_no_value ? (uint32_t)wanted->no_value
                                            : score->state;
    const char *extracted = golden_sink_text(sink, EMEND_GRADE_EXTRACTED);
    if (score->state > EMEND_SCORE_ERROR || score->state == EMEND_SCORE_NONE) {
        golden_differs(run, field, "the grade's state is %u; it must be VALUE, ABSTAIN or ERROR",
                       score->state);
    } else if (score->state != state) {
        golden_differs(run, field, "the grade is %s (%.100s); by the example it must be %s",
                       names[score->state], score->reason, names[state]);
    } else if (wanted->has_value && !(fabs(score->value - wanted->value) <= TOLERANCE)) {
        golden_differs(run, field, "the grade is %s; by the example it must be %s",
                       golden_number(score->value), golden_number(wanted->value));
    } else if (wanted->extracted && !*wanted->extracted && extracted && *extracted) {
        golden_differs(run, field, "\"%.*s\" was extracted; by the example nothing must be", SHOWN,
                       extracted);
    } else if (wanted->extracted && *wanted->extracted) {
        compare_text(run, field, "extracted", wanted->extracted, extracted);
    }
}

static EmendStatus ask_grade(GoldenRun *run, size_t i) {
    const EmendTask *task = run->table;
    const Emend__Grade *wanted = run->example->grade[i];
    char field[FIELD_BYTES_MAX];
    uint32_t stride = 0;
    GoldenSink sink;
    EmendGradeArgs *args =
        golden_structs(run, "EmendGradeArgs", 1, sizeof(EmendGradeArgs), &stride);
    EmendScore *score = golden_bytes(run, "the score", sizeof *score);
    if (!args || !score || !golden_sink_init(run, &sink)) {
        return EMEND_OK;
    }
    snprintf(field, sizeof field, "grade[%zu]", i);
    args->turn = wanted->turn;
    args->prompt = golden_text(run, "the prompt", wanted->prompt);
    args->reference = golden_text(run, "the reference", wanted->reference);
    args->response = golden_text(run, "the response", wanted->response);
    args->is_truncated = (uint32_t)wanted->is_truncated;
    golden_seal(run, args);
    kit_enter(run->subject->kit, "grade");
    EmendStatus status = task->grade(run->self, args, score, sink.sink, subject_err(run->subject));
    if (golden_ok(run, field, "grade", status)) {
        compare_grade(run, field, wanted, score, &sink);
    }
    golden_sink_finish(&sink);
    return status;
}

EmendStatus golden_run_task(GoldenRun *run) {
    EmendStatus status = EMEND_OK;
    for (size_t i = 0; i < run->example->n_problem && status == EMEND_OK; i++) {
        status = ask_problem(run, i);
    }
    for (size_t i = 0; i < run->example->n_grade && status == EMEND_OK; i++) {
        status = ask_grade(run, i);
    }
    return status;
}

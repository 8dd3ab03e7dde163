/* SPDX-License-Identifier: Apache-2.0 */
#include "coding.h"
#include "extract.h"

#include <stdio.h>
#include <string.h>

static EmendStatus put(const EmendSink *sink, uint32_t field, EmendStr text) {
    return sink->put(sink->ctx, field, text.ptr, text.len);
}

/* ---- problems ------------------------------------------------------------------------------- */

static EmendStatus split_open(void *self, EmendStr name, uint32_t *split, uint64_t *count,
                              EmendError *err) {
    const Coding *coding = self;
    char names[256] = "";
    for (uint32_t i = 0; i < coding->n_splits; i++) {
        if (str_is(name, coding->splits[i].name)) {
            *split = i + 1;
            *count = coding->splits[i].n_rows;
            return EMEND_OK;
        }
        size_t n = strlen(names);
        snprintf(names + n, sizeof names - n, "%s%s", i > 0 ? ", " : "", coding->splits[i].name);
    }
    return emend_fail(err, EMEND_NOT_FOUND, "split: '%.*s' is not there; there are: %s",
                      (int)(name.len < 64 ? name.len : 64), name.ptr, names);
}

static EmendStatus row_at(const Coding *coding, uint32_t split, uint64_t index,
                          const CodingRow **row, EmendError *err) {
    if (split < 1 || split > coding->n_splits || index >= coding->splits[split - 1].n_rows) {
        return emend_fail(err, EMEND_OUT_OF_RANGE,
                          "problem: there is no %llu in split %u; split_open tells the numbers",
                          (unsigned long long)index, split);
    }
    *row = &coding->splits[split - 1].rows[index];
    return EMEND_OK;
}

static const char reference_mark[] = "# task_id: ";

// The reference is the published program, and says in a first line whose it is: by that `grade`
// finds the tests.
static EmendStatus add_reference(const Problem *problem, Text *out, EmendError *err) {
    EmendStr parts[] = {emend_str(reference_mark), problem->id, emend_str("\n")};
    EmendStatus status = EMEND_OK;
    for (int i = 0; i < 3 && status == EMEND_OK; i++) {
        status = text_add(out, parts[i], err);
    }
    return status == EMEND_OK ? problem_completed(problem, problem->solution, out, err) : status;
}

static const Problem *referred(const Coding *coding, EmendStr reference) {
    EmendStr line;
    if (!str_line(&reference, &line) || !str_starts(line, reference_mark)) {
        return NULL;
    }
    EmendStr id = str_skip(line, sizeof reference_mark - 1);
    const Problem *problem = problem_find(&coding->problems, id);
    return problem ? problem : problem_find(&coding->others, id);
}

static EmendStatus problem(void *self, uint32_t split, uint64_t index, const EmendSink *fields,
                           EmendError *err) {
    const Coding *coding = self;
    const CodingRow *row = NULL;
    Text prompt = {.host = coding->host}, reference = {.host = coding->host};
    Text attempt = {.host = coding->host};
    EmendStatus status = row_at(coding, split, index, &row, err);
    if (status == EMEND_OK) {
        status = prompts_ask(&coding->prompts, row->problem, &prompt, err);
    }
    if (status == EMEND_OK && row->wrong.ptr) {
        status = prompts_respond(&coding->prompts, row->problem, row->wrong, &attempt, err);
    }
    if (status == EMEND_OK) {
        status = add_reference(row->problem, &reference, err);
    }
    if (status == EMEND_OK) {
        status = put(fields, EMEND_PROBLEM_ID, row->id);
    }
    if (status == EMEND_OK) {
        status = put(fields, EMEND_PROBLEM_PROMPT, text_str(&prompt));
    }
    if (status == EMEND_OK) {
        status = put(fields, EMEND_PROBLEM_REFERENCE, text_str(&reference));
    }
    if (status == EMEND_OK && row->wrong.ptr) {
        status = put(fields, EMEND_PROBLEM_ATTEMPT, text_str(&attempt));
    }
    text_finish(&attempt);
    text_finish(&prompt);
    text_finish(&reference);
    return status;
}

static EmendStatus turn_prompt(void *self, const EmendHistory *history, const EmendSink *text,
                               EmendError *err) {
    const Coding *coding = self;
    (void)history; // the instruction depends on nothing, so it cannot tell whether it was right
    (void)err;
    return put(text, 0, coding->prompts.instruction);
}

static EmendStatus demonstrate(void *self, uint32_t split, uint64_t index, uint64_t seed,
                               uint32_t n_turns, const EmendSink *fields, EmendError *err) {
    const Coding *coding = self;
    const CodingRow *row = NULL;
    (void)seed; // there is one solution
    EmendStatus status = row_at(coding, split, index, &row, err);
    for (uint32_t turn = 1; turn <= n_turns && status == EMEND_OK; turn++) {
        Text text = {.host = coding->host};
        status = prompts_demonstrate(&coding->prompts, row->problem, turn, &text, err);
        if (status == EMEND_OK) {
            status = put(fields, EMEND_DEMONSTRATION_RESPONSE, text_str(&text));
        }
        text_finish(&text);
    }
    return status;
}

/* ---- grading -------------------------------------------------------------------------------- */

static void say(EmendScore *score, uint32_t state, const char *first, const char *second) {
    *score = (EmendScore){.state = state};
    snprintf(score->reason, sizeof score->reason, "%s%s%.90s", first, *second ? ": " : "", second);
}

static void score_result(const Coding *coding, const ProgramResult *result, EmendScore *score) {
    if (result->verdict == PROGRAM_PASSED) {
        *score = (EmendScore){.state = EMEND_SCORE_VALUE, .value = 1};
        return;
    }
    say(score, result->verdict == PROGRAM_ERROR ? EMEND_SCORE_ERROR : EMEND_SCORE_VALUE,
        program_verdict_name(result->verdict), result->detail);
    if (coding->judge.rules.is_fraction && score->state == EMEND_SCORE_VALUE &&
        result->n_tests > 0 && result->n_passed < result->n_tests) {
        score->value = (double)result->n_passed / (double)result->n_tests;
    }
}

static EmendStatus grade_code(Coding *coding, const Problem *asked, EmendStr code, uint32_t turn,
                              EmendScore *score, EmendError *err) {
    Text program = {.host = coding->host};
    ProgramResult result = {.verdict = PROGRAM_ERROR};
    EmendStatus status = problem_program(asked, code, &program, err);
    if (status == EMEND_OK) {
        status = judge_program(&coding->judge, asked, text_str(&program), &result, err);
    }
    if (status == EMEND_OK) {
        score_result(coding, &result, score);
    }
    bool has_failed = result.verdict != PROGRAM_PASSED && result.verdict != PROGRAM_ERROR;
    if (status == EMEND_OK && has_failed && turn == 1) {
        status = judge_keep_failure(&coding->judge, asked, text_str(&program), err);
    }
    text_finish(&program);
    return status;
}

static EmendStatus grade(void *self, const EmendGradeArgs *args, EmendScore *score,
                         const EmendSink *fields, EmendError *err) {
    Coding *coding = self;
    const Problem *asked = referred(coding, args->reference);
    Text code = {.host = coding->host};
    if (!asked) {
        say(score, EMEND_SCORE_ERROR, "the reference names no problem of this task", "");
        return EMEND_OK;
    }
    ExtractRules rules = {asked->names, asked->n_names, asked->sort == PROBLEM_HUMANEVAL};
    EmendStatus status = extract_code(args->response, &rules, &code, err);
    if (status == EMEND_OK && code.len == 0) {
        say(score, EMEND_SCORE_VALUE, "no program is found", "");
    } else if (status == EMEND_OK) {
        status = grade_code(coding, asked, text_str(&code), args->turn, score, err);
        if (status == EMEND_OK) {
            status = put(fields, EMEND_GRADE_EXTRACTED, text_str(&code));
        }
    }
    text_finish(&code);
    return status;
}

static EmendStatus record_totals(void *self, const EmendSink *totals, EmendError *err) {
    Coding *coding = self;
    Text text = {.host = coding->host};
    EmendStatus status = pass_tally_write(&coding->tally, &text, err);
    if (status == EMEND_OK) {
        status = put(totals, 0, text_str(&text));
    }
    text_finish(&text);
    return status;
}

const EmendTask coding_task = {
    .struct_size = sizeof(EmendTask),
    .split_open = split_open,
    .problem = problem,
    .turn_prompt = turn_prompt,
    .grade = grade,
    .demonstrate = demonstrate,
    .grade_record = coding_grade_record,
    .record_totals = record_totals,
};

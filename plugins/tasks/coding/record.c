/* SPDX-License-Identifier: Apache-2.0 */
#include "coding.h"
#include "extract.h"

#include <stdio.h>
#include <string.h>

typedef struct Record {
    const EmendRecordField *task_id, *completion, *solution; // NULL: not there
} Record;

static void read_fields(EmendSpan fields, Record *record) {
    const struct {
        const char *name;
        const EmendRecordField **field;
    } known[] = {{"task_id", &record->task_id},
                 {"completion", &record->completion},
                 {"solution", &record->solution}};
    for (uint64_t i = 0; i < fields.count; i++) {
        const EmendRecordField *field = emend_span_at(fields, i);
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            if (str_is(field->name, known[k].name)) {
                *known[k].field = field;
            }
        }
    }
}

static EmendStatus check(const Record *record, EmendError *err) {
    if (!record->task_id) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "task_id: is missing; a record must have task_id and completion");
    }
    if (record->task_id->type == EMEND_RECORD_OTHER) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "task_id: is of another type; it must be a string or a number");
    }
    if (!record->completion && !record->solution) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "completion: is missing; a record must have it, or solution, which is a "
                          "whole program");
    }
    if (record->completion && record->solution) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "completion: is there, and so is solution; a record must have one of "
                          "them");
    }
    const EmendRecordField *code = record->completion ? record->completion : record->solution;
    return code->type == EMEND_RECORD_STRING
               ? EMEND_OK
               : emend_fail(err, EMEND_INVALID_ARGUMENT,
                            "%s: is of another type; it must be a string",
                            record->completion ? "completion" : "solution");
}

// The program of a record. Completions of the original harness are taken as they are.
static EmendStatus add_program(const Problem *problem, const Record *record, Text *out,
                               EmendError *err) {
    const EmendRecordField *field = record->completion ? record->completion : record->solution;
    if (!extract_is_needed(field->value)) {
        return record->completion ? problem_completed(problem, field->value, out, err)
                                  : text_add(out, field->value, err);
    }
    Text code = {.host = out->host};
    ExtractRules rules = {problem->names, problem->n_names, problem->sort == PROBLEM_HUMANEVAL};
    EmendStatus status = extract_code(field->value, &rules, &code, err);
    if (status == EMEND_OK) {
        status = problem_program(problem, text_str(&code), out, err);
    }
    text_finish(&code);
    return status;
}

// The bytes as they are: who writes the verdict down sees to broken UTF-8.
static EmendStatus put_output(const Coding *coding, const EmendSink *sink,
                              const ProgramOutput *output, EmendError *err) {
    Text text = {.host = coding->host};
    uint64_t n_left_out = output->n_bytes - output->n_head - output->n_tail;
    char gap[64] = "";
    if (n_left_out > 0) {
        snprintf(gap, sizeof gap, "\n[.. %llu bytes left out ..]\n",
                 (unsigned long long)n_left_out);
    }
    EmendStatus status = text_add(&text, (EmendStr){output->head, output->n_head}, err);
    if (status == EMEND_OK) {
        status = text_add_c(&text, gap, err);
    }
    if (status == EMEND_OK) {
        status = text_add(&text, (EmendStr){output->tail, output->n_tail}, err);
    }
    if (status == EMEND_OK) {
        EmendStr all = text_str(&text);
        status = sink->put(sink->ctx, EMEND_VERDICT_OUTPUT, all.ptr, all.len);
    }
    text_finish(&text);
    return status;
}

static EmendStatus put_verdict(const Coding *coding, const EmendSink *sink,
                               const ProgramResult *result, EmendError *err) {
    EmendStr detail = emend_str(result->detail);
    if (result->verdict == PROGRAM_ERROR) {
        return emend_fail(err, EMEND_UNAVAILABLE, "the program could not be tested: %s",
                          result->detail);
    }
    EmendStr name = emend_str(program_verdict_name(result->verdict));
    EmendStatus status = sink->put(sink->ctx, EMEND_VERDICT_NAME, name.ptr, name.len);
    if (status == EMEND_OK && detail.len > 0) {
        status = sink->put(sink->ctx, EMEND_VERDICT_DETAIL, detail.ptr, detail.len);
    }
    return status == EMEND_OK && coding->judge.rules.keeps_output
               ? put_output(coding, sink, &result->output, err)
               : status;
}

static EmendStatus grade_program(Coding *coding, const Problem *problem, EmendStr program,
                                 const EmendSink *verdict, EmendError *err) {
    ProgramResult result;
    EmendStatus status = judge_program(&coding->judge, problem, program, &result, err);
    if (status == EMEND_OK) {
        status = put_verdict(coding, verdict, &result, err);
    }
    if (status == EMEND_OK) {
        bool has_passed = result.verdict == PROGRAM_PASSED;
        pass_tally_add(&coding->tally, (uint64_t)(problem - coding->problems.problems), has_passed);
        status = has_passed ? EMEND_OK : judge_keep_failure(&coding->judge, problem, program, err);
    }
    return status;
}

EmendStatus coding_grade_record(void *self, EmendSpan fields, const EmendSink *verdict,
                                EmendError *err) {
    Coding *coding = self;
    Record record = {0};
    Text program = {.host = coding->host};
    read_fields(fields, &record);
    EmendStatus status = check(&record, err);
    if (status != EMEND_OK) {
        return status;
    }
    EmendStr id = record.task_id->value;
    const Problem *problem = problem_find(&coding->problems, id);
    if (!problem) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "task_id: is '%.*s', which no problem of the file in `data` has",
                          (int)(id.len < 64 ? id.len : 64), id.ptr);
    }
    status = add_program(problem, &record, &program, err);
    if (status == EMEND_OK) {
        status = grade_program(coding, problem, text_str(&program), verdict, err);
    }
    text_finish(&program);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "grade.h"
#include "row.h"

#include <string.h>

typedef struct Record {
    const EmendRecordField *gold, *pred, *response, *problem; // NULL: not there
} Record;

static void read_fields(EmendSpan fields, Record *record) {
    const struct {
        const char *name;
        const EmendRecordField **field;
    } known[] = {{"gold", &record->gold},
                 {"pred", &record->pred},
                 {"response", &record->response},
                 {"problem", &record->problem}};
    for (uint64_t i = 0; i < fields.count; i++) {
        const EmendRecordField *field = emend_span_at(fields, i);
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            if (field->name.len == strlen(known[k].name) &&
                memcmp(field->name.ptr, known[k].name, field->name.len) == 0) {
                *known[k].field = field;
            }
        }
    }
}

static EmendStatus check_type(const EmendRecordField *field, const char *name, bool takes_numbers,
                              EmendError *err) {
    if (!field || field->type == EMEND_RECORD_STRING ||
        (takes_numbers && field->type == EMEND_RECORD_NUMBER)) {
        return EMEND_OK;
    }
    return emend_fail(err, EMEND_INVALID_ARGUMENT, "%s: is of another type; it must be a string%s",
                      name, takes_numbers ? " or a number" : "");
}

static EmendStatus check(const Record *record, EmendError *err) {
    if (!record->gold) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "gold: is missing; a record must have gold, and pred or response");
    }
    if (!record->pred && !record->response) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "pred: is missing, and so is response; a record must have one of them");
    }
    if (record->pred && record->response) {
        return emend_fail(err, EMEND_INVALID_ARGUMENT,
                          "pred: is there, and so is response; a record must have one of them");
    }
    EmendStatus status = check_type(record->gold, "gold", true, err);
    if (status == EMEND_OK) {
        status = check_type(record->pred, "pred", true, err);
    }
    if (status == EMEND_OK) {
        status = check_type(record->response, "response", false, err);
    }
    if (status == EMEND_OK) {
        status = check_type(record->problem, "problem", false, err);
    }
    if (status == EMEND_OK && str_is_blank(record->gold->value)) {
        status = emend_fail(err, EMEND_INVALID_ARGUMENT, "gold: is empty; it must be an answer");
    }
    return status;
}

static EmendStatus put(const EmendSink *sink, uint32_t field, EmendStr text) {
    return sink->put(sink->ctx, field, text.ptr, text.len);
}

static EmendStatus put_verdict(const EmendSink *sink, const AnswerJudgement *judgement) {
    static const char *const names[] = {[ANSWER_DIFFERENT] = "different",
                                        [ANSWER_EQUAL] = "equal",
                                        [ANSWER_UNDECIDED] = "undecided"};
    EmendStatus status = put(sink, EMEND_VERDICT_NAME, emend_str(names[judgement->verdict]));
    if (status == EMEND_OK && judgement->reason[0]) {
        status = put(sink, EMEND_VERDICT_REASON, emend_str(judgement->reason));
    }
    return status;
}

EmendStatus grade_record(const GradeRules *rules, EmendSpan fields, const EmendSink *verdict,
                         EmendError *err) {
    Record record = {0};
    read_fields(fields, &record);
    EmendStatus status = check(&record, err);
    if (status != EMEND_OK) {
        return status;
    }
    FoundAnswer found = {.text = {"", 0}};
    AnswerJudgement judgement = {.verdict = ANSWER_DIFFERENT, .reason = "no final answer is found"};
    AnswerOptions options = {record.problem ? record.problem->value : (EmendStr){"", 0},
                             rules->rounded_digits, rules->refuse_unevaluated};
    if (record.pred) {
        found.text = record.pred->value;
    } else if (!answer_find(record.response->value, rules->record_marks, &found)) {
        found.text.len = 0;
    }
    if (str_is_blank(found.text)) {
        return put_verdict(verdict, &judgement);
    }
    answer_compare(record.gold->value, found.text, &options, &judgement);
    status = put_verdict(verdict, &judgement);
    return status == EMEND_OK ? put(verdict, EMEND_VERDICT_EXTRACTED, found.text) : status;
}

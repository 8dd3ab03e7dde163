/* SPDX-License-Identifier: Apache-2.0 */
#include "emend/task.h"
#include "plugin/guard/tables.h"

static const EmendTask *theirs(const Guarded *who) {
    return who->table;
}

static EmendStatus guarded_split_open(void *self, EmendStr name, uint32_t *split, uint64_t *count,
                                      EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "split_open", err,
                 theirs(who)->split_open(who->self, name, split, count, err));
}

static EmendStatus guarded_problem(void *self, uint32_t split, uint64_t index,
                                   const EmendSink *fields, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_WORKER, "problem", err,
                 theirs(who)->problem(who->self, split, index, fields, err));
}

static EmendStatus guarded_turn_prompt(void *self, const EmendHistory *history,
                                       const EmendSink *text, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_WORKER, "turn_prompt", err,
                 theirs(who)->turn_prompt(who->self, history, text, err));
}

static EmendStatus guarded_grade(void *self, const EmendGradeArgs *args, EmendScore *score,
                                 const EmendSink *fields, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_WORKER, "grade", err,
                 theirs(who)->grade(who->self, args, score, fields, err));
}

static EmendStatus guarded_demonstrate(void *self, uint32_t split, uint64_t index, uint64_t seed,
                                       uint32_t n_turns, const EmendSink *fields, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_WORKER, "demonstrate", err,
                 theirs(who)->demonstrate(who->self, split, index, seed, n_turns, fields, err));
}

static EmendStatus guarded_grade_record(void *self, EmendSpan fields, const EmendSink *verdict,
                                        EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_WORKER, "grade_record", err,
                 theirs(who)->grade_record(who->self, fields, verdict, err));
}

static EmendStatus guarded_record_totals(void *self, const EmendSink *totals, EmendError *err) {
    Guarded *who = self;
    GUARD_RETURN(who, GUARD_CONTROL, "record_totals", err,
                 theirs(who)->record_totals(who->self, totals, err));
}

const EmendTask guarded_task = {
    .struct_size = sizeof(EmendTask),
    .split_open = guarded_split_open,
    .problem = guarded_problem,
    .turn_prompt = guarded_turn_prompt,
    .grade = guarded_grade,
    .demonstrate = guarded_demonstrate,
    .grade_record = guarded_grade_record,
    .record_totals = guarded_record_totals,
};

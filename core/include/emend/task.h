/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMEND_TASK_H
#define EMEND_TASK_H
/* Kind "emend.task/1": problems, the prompt of each turn, and the grading of a response. */
#include "emend/data.h"
#include "emend/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EMEND_KIND_TASK "emend.task/1"

/* The count of a split that never ends. */
#define EMEND_ENDLESS UINT64_MAX

/* How a score came out. An error never becomes a number. */
enum {
    EMEND_SCORE_NONE = 0,    /* nothing said: adds nothing (what zeroed memory means) */
    EMEND_SCORE_VALUE = 1,   /* `value` counts */
    EMEND_SCORE_ABSTAIN = 2, /* cannot be judged, and nobody is to blame: the turn is left out */
    EMEND_SCORE_ERROR = 3    /* judging failed: left out, and counted against the run's budget */
};

/* A score, or why there is none. Frozen. */
typedef struct EmendScore {
    uint32_t state; /* EMEND_SCORE_* */
    uint32_t reserved;
    double value;     /* finite where state is EMEND_SCORE_VALUE */
    char reason[112]; /* NUL-terminated; required for ABSTAIN and ERROR, optional for VALUE */
} EmendScore;

/* No score: `state` is EMEND_SCORE_ABSTAIN or EMEND_SCORE_ERROR, and `reason` says why, cut where
 * it is too long. */
static inline EmendScore emend_no_score(uint32_t state, const char *reason) {
    EmendScore score = {state, 0, 0, {0}};
    EmendError cut = emend_error_on(score.reason, (uint32_t)sizeof score.reason);
    emend_fail(&cut, EMEND_UNKNOWN, "%s", reason);
    return score;
}

/* A score that counts; an error where the number is not finite. */
static inline EmendScore emend_score(double value) {
    EmendScore score = {EMEND_SCORE_VALUE, 0, value, {0}};
    // Of the infinite and what is no number, a difference with itself is none.
    return value - value == 0 ? score
                              : emend_no_score(EMEND_SCORE_ERROR, "the score is not finite");
}

/* Fields of a problem, as `problem` puts them. ID, PROMPT and REFERENCE are required. */
enum {
    EMEND_PROBLEM_ID = 1,        /* stable text id, unique within the task */
    EMEND_PROBLEM_PROMPT = 2,    /* the first turn's user message, as rendered for the model */
    EMEND_PROBLEM_REFERENCE = 3, /* the reference answer, for `grade` */
    EMEND_PROBLEM_KIND = 4,      /* subject or family, for tables by kind */
    EMEND_PROBLEM_LEVEL = 5,     /* difficulty, decimal text */
    EMEND_PROBLEM_ATTEMPT = 6    /* a first attempt that is given, not sampled, without special
                                    tokens; put again, it is that of the turn after. The model goes
                                    on from there, and no gradient comes from what was given */
};

/* One finished turn. Growable. */
typedef struct EmendAttempt {
    uint32_t struct_size;
    uint32_t is_truncated; /* 1: cut at the token limit, not ended by the model */
    EmendStr response;     /* decoded text without special tokens */
} EmendAttempt;

/* What a turn prompt may depend on. Growable. */
typedef struct EmendHistory {
    uint32_t struct_size;
    uint32_t turn;  /* of the prompt asked for: 2, 3, ...; the first turn's is in the problem */
    uint32_t split; /* as split_open gave it */
    uint32_t reserved;
    uint64_t index;     /* of the problem in its split */
    EmendStr prompt;    /* the first user message */
    EmendSpan attempts; /* of EmendAttempt, the turns so far */
} EmendHistory;

/* What is graded. Growable. */
typedef struct EmendGradeArgs {
    uint32_t struct_size;
    uint32_t turn; /* 1, 2, ... */
    EmendStr prompt, reference, response;
    uint32_t is_truncated;
    uint32_t reserved;
} EmendGradeArgs;

/* Fields of a grade, beside its score. */
enum {
    EMEND_GRADE_EXTRACTED = 1 /* the final answer found in the response; not put where none was */
};

/* Fields of a demonstration. */
enum {
    EMEND_DEMONSTRATION_RESPONSE = 1 /* put once for each turn, in order */
};

/* What the JSON of a record's field was. */
enum {
    EMEND_RECORD_STRING = 1,
    EMEND_RECORD_NUMBER = 2,
    EMEND_RECORD_OTHER = 3 /* null, true, false, an array or an object */
};

/* One field of a record, which came from outside. Frozen. */
typedef struct EmendRecordField {
    EmendStr name, value; /* valid UTF-8; value: of a string its text, of anything else its JSON */
    uint32_t type;        /* EMEND_RECORD_* */
    uint32_t reserved;
} EmendRecordField;

/* Fields of a record's verdict; each is put once at most. */
enum {
    EMEND_VERDICT_NAME = 1,      /* required: "equal", "passed", ..: [a-z0-9_-], 31 bytes at most */
    EMEND_VERDICT_EXTRACTED = 2, /* the final answer found; not put where the record has none */
    EMEND_VERDICT_REASON = 3,    /* why, for people: one line */
    EMEND_VERDICT_DETAIL = 4,    /* more of it, such as a traceback's last line: any text */
    EMEND_VERDICT_OUTPUT = 5 /* what a graded program wrote, where that was asked for: any bytes */
};

typedef struct EmendTask {
    uint32_t struct_size;
    uint32_t flags;

    /* Opens a split ("train", "test", ...).
     *
     * split  out: its number in later calls
     * count  out: problems in it, or EMEND_ENDLESS
     *
     * Splits of one task are disjoint. An unknown name is EMEND_NOT_FOUND and the message lists the
     * names there are; a data file that cannot be read names file, line and remedy. [control] */
    EmendStatus (*split_open)(void *self, EmendStr name, uint32_t *split, uint64_t *count,
                              EmendError *err);
    /* Puts the fields EMEND_PROBLEM_* of a problem. The same (split, index) gives the same bytes
     * for ever. [worker] */
    EmendStatus (*problem)(void *self, uint32_t split, uint64_t index, const EmendSink *fields,
                           EmendError *err);
    /* Puts (field 0) the user message that asks for the next attempt: for turn 2 the paper's
     * self-correction instruction. It does not tell whether an attempt was right. [worker] */
    EmendStatus (*turn_prompt)(void *self, const EmendHistory *history, const EmendSink *text,
                               EmendError *err);
    /* Grades a response: 1 right, 0 wrong, or between. Puts EMEND_GRADE_* fields. A response that
     * is merely bad is 0; ABSTAIN and ERROR are for what the grader could not decide or do.
     * Deterministic. [worker] */
    EmendStatus (*grade)(void *self, const EmendGradeArgs *args, EmendScore *score,
                         const EmendSink *fields, EmendError *err);
    /* Puts one supervised response for each of n_turns turns of a problem, for algorithms that
     * train on demonstrations. The same (split, index, seed) gives the same bytes. (optional: a
     * task without demonstrations.) [worker] */
    EmendStatus (*demonstrate)(void *self, uint32_t split, uint64_t index, uint64_t seed,
                               uint32_t n_turns, const EmendSink *fields, EmendError *err);
    /* Grades one record of `emend grade`: an answer that some other system gave, and what it is
     * graded against, or where that is found.
     *
     * fields   EmendRecordField, the members of one JSON object in their order, no name twice.
     *          Those the task does not know are let be
     * verdict  takes EMEND_VERDICT_*. "error" is the host's, for a record that was not graded
     *
     * A record that lacks a field or has a wrong one is EMEND_INVALID_ARGUMENT with a message that
     * names the field; what cannot be graded for another reason is another status. Either becomes
     * the record's verdict, "error", with the message as its reason, and the records after it are
     * graded; only EMEND_CANCELLED, once the host asks for it, ends them. Deterministic, whatever
     * was graded before. A manifest says that the slot is set by capability "grade". (optional: a
     * task for which answers from outside make no sense.) [worker] */
    EmendStatus (*grade_record)(void *self, EmendSpan fields, const EmendSink *verdict,
                                EmendError *err);
    /* Puts (field 0) the JSON of an object: what there is to say of all records graded so far
     * beyond the counts of their verdicts, such as pass@k. The host adds its members to the last
     * line of `emend grade --summary`. It does not depend on the order the records came in.
     * (optional: nothing more to say.) [control] */
    EmendStatus (*record_totals)(void *self, const EmendSink *totals, EmendError *err);
} EmendTask;

EMEND_STATIC_ASSERT(sizeof(EmendScore) == 128, "frozen layout");
EMEND_STATIC_ASSERT(sizeof(EmendRecordField) == 40 && offsetof(EmendRecordField, type) == 32,
                    "frozen layout");
EMEND_STATIC_ASSERT(sizeof(EmendTask) == EMEND_END_OF(EmendTask, record_totals) &&
                        sizeof(EmendTask) == 64 && offsetof(EmendTask, grade_record) == 48,
                    "layout of revision 1");
EMEND_STATIC_ASSERT(sizeof(EmendAttempt) == 24 && sizeof(EmendHistory) == 64 &&
                        sizeof(EmendGradeArgs) == 64,
                    "no tail padding");

#ifdef __cplusplus
}
#endif
#endif

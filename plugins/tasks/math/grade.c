/* SPDX-License-Identifier: Apache-2.0 */
#include "grade.h"

#include <string.h>

// Whether a response that was cut may have gone on with its answer. A box is closed; any other
// answer is whole where something ends it: a dollar sign, the end of its line, or a full stop, but
// for one that could be a decimal point.
static bool may_go_on(const EmendGradeArgs *args, const FoundAnswer *found) {
    const char *end = args->response.ptr + args->response.len;
    const char *at = found->text.ptr + found->text.len;
    if (!args->is_truncated || found->mark == ANSWER_IN_BOX || at[-1] == '$') {
        return false;
    }
    bool is_point = at < end && *at == '.' && at[-1] >= '0' && at[-1] <= '9';
    at += is_point;
    while (at < end && (*at == ' ' || *at == '\t' || *at == '*')) {
        is_point = false;
        at++;
    }
    return at == end;
}

static void say(EmendScore *score, uint32_t state, const char *reason) {
    *score = (EmendScore){.state = state};
    snprintf(score->reason, sizeof score->reason, "%s", reason);
}

static void score_judgement(const AnswerJudgement *judgement, EmendScore *score) {
    if (judgement->verdict == ANSWER_EQUAL) {
        *score = (EmendScore){.state = EMEND_SCORE_VALUE, .value = 1};
    } else if (judgement->verdict == ANSWER_DIFFERENT || judgement->blame == ANSWER_BLAME_ANSWER) {
        // A response that cannot be read is merely bad: to abstain would be a way out of a penalty.
        say(score, EMEND_SCORE_VALUE, judgement->reason);
    } else {
        say(score,
            judgement->blame == ANSWER_BLAME_REFERENCE ? EMEND_SCORE_ERROR : EMEND_SCORE_ABSTAIN,
            judgement->reason);
    }
}

EmendStatus grade_turn(const GradeRules *rules, EmendStr problem, const EmendGradeArgs *args,
                       EmendScore *score, const EmendSink *fields) {
    FoundAnswer found;
    AnswerJudgement judgement;
    AnswerOptions options = {problem, rules->rounded_digits, rules->refuse_unevaluated};
    if (args->reference.len == 0) {
        say(score, EMEND_SCORE_ERROR, "the reference answer is empty");
        return EMEND_OK;
    }
    if (!answer_find(args->response, rules->marks, &found) || found.text.len == 0 ||
        may_go_on(args, &found)) {
        say(score, EMEND_SCORE_VALUE, "no final answer is marked");
        return EMEND_OK;
    }
    answer_compare(args->reference, found.text, &options, &judgement);
    score_judgement(&judgement, score);
    return fields->put(fields->ctx, EMEND_GRADE_EXTRACTED, found.text.ptr, found.text.len);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "graded.h"

#include <check.h>
#include <string.h>

void graded_init(Graded *graded, uint32_t n_turns, const double *grades) {
    memset(graded, 0, sizeof *graded);
    for (uint32_t t = 0; t < n_turns; t++) {
        graded->grades[t] = (EmendScore){.state = EMEND_SCORE_VALUE, .value = grades[t]};
        graded->attempts[t] = (NewerAttempt){
            .attempt = {.struct_size = sizeof(NewerAttempt), .grade = &graded->grades[t]},
            .unknown = UINT64_MAX};
    }
    graded->newer.unknown = UINT64_MAX;
    graded->newer.sample =
        (EmendSample){.struct_size = sizeof graded->newer,
                      .n_turns = n_turns,
                      .attempts = emend_span(graded->attempts, n_turns, sizeof(NewerAttempt)),
                      .scores = graded->scores};
}

void graded_set(Graded *graded, uint32_t t, uint32_t state, const char *reason) {
    graded->grades[t] = (EmendScore){.state = state};
    strcpy(graded->grades[t].reason, reason);
}

void graded_score(Graded *graded, Subject *reward) {
    memset(graded->scores, 0, sizeof graded->scores);
    const EmendReward *table = reward->table;
    EmendSpan samples = emend_span(&graded->newer, 1, sizeof graded->newer);
    EmendStatus status = table->score(reward->self, samples, 0, &reward->err);
    ck_assert_msg(status == EMEND_OK, "%s", reward->message);
}

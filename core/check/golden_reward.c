/* SPDX-License-Identifier: Apache-2.0 */
/* Golden examples of rewards: episodes in, scores out. */
#include "check/golden_run.h"
#include "emend/reward.h"
#include <math.h>
#include <string.h>

enum { FIELD_BYTES_MAX = 96 };

static const char *state_name(uint32_t state) {
    static const char *const names[] = {"nothing", "a value", "an abstention", "an error"};
    return state <= EMEND_SCORE_ERROR ? names[state] : "a state there is not";
}

/* The task's grade of a turn; a turn that gives none has NONE. */
static EmendScore grade_of(const Emend__Turn *turn) {
    EmendScore grade = {.state = turn->has_grade      ? EMEND_SCORE_VALUE
                                 : turn->has_no_grade ? (uint32_t)turn->no_grade
                                                      : EMEND_SCORE_NONE,
                        .value = turn->grade};
    if (grade.state == EMEND_SCORE_ABSTAIN || grade.state == EMEND_SCORE_ERROR) {
        snprintf(grade.reason, sizeof grade.reason, "the example says so");
    }
    return grade;
}

static bool fill_attempts(GoldenRun *run, const Emend__Episode *episode, EmendSample *sample) {
    uint32_t stride = 0;
    size_t n = episode->n_turn;
    char *attempts =
        golden_structs(run, "EmendGradedAttempt", n, sizeof(EmendGradedAttempt), &stride);
    EmendScore *grades = golden_bytes(run, "the grades", n * sizeof *grades);
    if (!attempts || !grades) {
        return false;
    }
    for (size_t t = 0; t < n; t++) {
        EmendGradedAttempt *attempt = (EmendGradedAttempt *)(attempts + t * stride);
        const Emend__Turn *turn = episode->turn[t];
        grades[t] = grade_of(turn);
        attempt->is_truncated = (uint32_t)turn->is_truncated;
        attempt->response = golden_text(run, "the response", turn->response);
        attempt->extracted = golden_text(run, "the extracted answer", turn->extracted);
        attempt->grade = &grades[t];
        attempt->reward = turn->reward;
        attempt->n_tokens = turn->n_tokens;
    }
    golden_seal(run, grades);
    golden_seal(run, attempts);
    sample->attempts = emend_span(attempts, n, stride);
    return true;
}

static bool fill_sample(GoldenRun *run, const Emend__Episode *episode, EmendSample *sample) {
    sample->n_turns = (uint32_t)episode->n_turn;
    sample->prompt = golden_text(run, "the prompt", episode->prompt);
    sample->reference = golden_text(run, "the reference", episode->reference);
    sample->kind = golden_text(run, "the kind", episode->kind);
    sample->scores = golden_bytes(run, "the scores", episode->n_turn * sizeof(EmendScore));
    return sample->scores && fill_attempts(run, episode, sample);
}

static void compare_turn(const GoldenRun *run, size_t e, size_t t, const EmendScore *score) {
    const Emend__Turn *turn = run->example->episode[e]->turn[t];
    char field[FIELD_BYTES_MAX];
    snprintf(field, sizeof field, "episode[%zu].turn[%zu]", e, t);
    uint32_t wanted = turn->has_score      ? EMEND_SCORE_VALUE
                      : turn->has_no_score ? (uint32_t)turn->no_score
                                           : UINT32_MAX;
    bool has_reason = memchr(score->reason, '\0', sizeof score->reason) && score->reason[0];
    if (score->state > EMEND_SCORE_ERROR) {
        golden_differs(run, field, "the score's state is %u; it must be one of EMEND_SCORE_*",
                       score->state);
    } else if (!has_reason &&
               (score->state == EMEND_SCORE_ABSTAIN || score->state == EMEND_SCORE_ERROR)) {
        golden_differs(run, field, "the score is %s without a reason; it must have one",
                       state_name(score->state));
    } else if (score->state == EMEND_SCORE_VALUE && !isfinite(score->value)) {
        golden_differs(run, field, "the score is %g; it must be finite", score->value);
    } else if (wanted != UINT32_MAX && score->state != wanted) {
        golden_differs(run, field, "the score is %s; by the example it must be %s",
                       state_name(score->state), state_name(wanted));
    } else if (turn->has_score && !(fabs(score->value - turn->score) <= turn->tolerance)) {
        golden_differs(run, field, "the score is %s; by the example it must be %s",
                       golden_number(score->value), golden_number(turn->score));
    }
}

EmendStatus golden_run_reward(GoldenRun *run) {
    const EmendReward *reward = run->table;
    const Emend__Example *example = run->example;
    uint32_t stride = 0;
    if (example->n_episode == 0) {
        return EMEND_OK;
    }
    char *samples =
        golden_structs(run, "EmendSample", example->n_episode, sizeof(EmendSample), &stride);
    for (size_t e = 0; e < example->n_episode; e++) {
        EmendSample *sample = (EmendSample *)(samples + e * stride);
        if (!samples || !fill_sample(run, example->episode[e], sample)) {
            kit_skip(run->subject->kit, "no memory is left for the test");
            return EMEND_OK;
        }
    }
    golden_seal(run, samples);
    kit_enter(run->subject->kit, "score");
    EmendStatus status = reward->score(run->self, emend_span(samples, example->n_episode, stride),
                                       example->seed, subject_err(run->subject));
    if (!golden_ok(run, "", "score", status)) {
        return status;
    }
    for (size_t e = 0; e < example->n_episode; e++) {
        const EmendSample *sample = (const EmendSample *)(samples + e * stride);
        for (size_t t = 0; t < example->episode[e]->n_turn; t++) {
            compare_turn(run, e, t, &sample->scores[t]);
        }
    }
    return EMEND_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "train/score.h"
#include "emend/reward.h"
#include "train/buffer.h"
#include "train/parallel.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void count(ScoreCounts *counts, EmendScore *score, const char *component,
                  const Trajectory *trajectory, uint32_t turn) {
    if (score->state == EMEND_SCORE_VALUE && !isfinite(score->value)) {
        *score = (EmendScore){.state = EMEND_SCORE_ERROR};
        snprintf(score->reason, sizeof score->reason, "the score is not a finite number");
    }
    if (score->state > EMEND_SCORE_ERROR) {
        uint32_t state = score->state;
        *score = (EmendScore){.state = EMEND_SCORE_ERROR};
        snprintf(score->reason, sizeof score->reason, "the score's state is %u, which none is",
                 state);
    }
    score->reason[sizeof score->reason - 1] = '\0';
    counts->n_scores++;
    if (score->state == EMEND_SCORE_ABSTAIN) {
        counts->n_abstained++;
    }
    if (score->state != EMEND_SCORE_ERROR) {
        return;
    }
    if (counts->n_errors++ == 0) {
        EmendStr id = problem_field(trajectory->problem, EMEND_PROBLEM_ID);
        snprintf(counts->first_error, sizeof counts->first_error, "%s: problem %.*s turn %u: %s",
                 component, (int)(id.len < 48 ? id.len : 48), id.ptr, turn + 1,
                 score->reason[0] ? score->reason : "no reason given");
    }
}

/* What came of the grading of one turn of one episode. */
typedef struct Grade {
    EmendStatus status; /* not EMEND_OK: grading ends here */
    char why[1024];     /* the task's words for that, or for an error */
    EmendScore score;
    Buffer extracted;
} Grade;

struct Grading {
    const Engine *engine;
    Trajectory *trajectories;
    size_t n_episodes, n_turns;
    Parallel *parallel; /* NULL: the task's calls may not overlap */
    Grade grades[];     /* n_episodes of the first turn, then of the second, .. */
};

static bool grade_turn(void *ctx, size_t i) {
    Grading *grading = ctx;
    Grade *grade = &grading->grades[i];
    const Trajectory *trajectory = &grading->trajectories[i % grading->n_episodes];
    uint32_t turn = (uint32_t)(i / grading->n_episodes);
    const TrajectoryTurn *t = &trajectory->turns[turn];
    EmendGradeArgs args = {.struct_size = sizeof args,
                           .turn = turn + 1,
                           .prompt = problem_field(trajectory->problem, EMEND_PROBLEM_PROMPT),
                           .reference = problem_field(trajectory->problem, EMEND_PROBLEM_REFERENCE),
                           .response = {t->response, t->response_len},
                           .is_truncated = t->is_truncated};
    EmendSink sink = buffer_sink(&grade->extracted);
    EmendScore score = {0};
    EmendError err = emend_error_on(grade->why, sizeof grade->why);
    const Engine *engine = grading->engine;
    EmendStatus status =
        engine->task->grade(engine->task_component.self, &args, &score, &sink, &err);
    if (status != EMEND_OK) {
        score = (EmendScore){.state = EMEND_SCORE_ERROR};
        snprintf(score.reason, sizeof score.reason, "%s", grade->why);
    }
    if (score.state == EMEND_SCORE_NONE) {
        score.state = EMEND_SCORE_ERROR;
        snprintf(score.reason, sizeof score.reason, "the task gave no verdict");
    }
    bool is_over = status == EMEND_EXHAUSTED || status == EMEND_CANCELLED ||
                   component_is_broken(&engine->task_component);
    grade->score = score;
    grade->status = is_over ? status : EMEND_OK;
    return !is_over;
}

static size_t count_threads(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 1 ? (size_t)n : 1;
}

EmendStatus grading_open(const Engine *engine, size_t n_episodes, uint32_t max_turns, Grading **out,
                         EmendError *err) {
    size_t n = n_episodes * max_turns;
    Grading *grading = calloc(1, sizeof *grading + n * sizeof *grading->grades);
    bool is_parallel = engine->task_component.factory->concurrency == EMEND_CONCURRENCY_PARALLEL;
    if (grading && is_parallel) {
        grading->parallel = parallel_create(count_threads(), grade_turn, grading);
    }
    if (!grading || (is_parallel && !grading->parallel)) {
        free(grading);
        return emend_fail(err, EMEND_EXHAUSTED, "no memory to grade %zu turns", n);
    }
    grading->engine = engine;
    grading->n_episodes = n_episodes;
    *out = grading;
    return EMEND_OK;
}

void grading_turn(Grading *grading, Trajectory *trajectories, uint32_t turn) {
    if (turn == 0) {
        grading->trajectories = trajectories; // never again: the threads read it
    }
    grading->n_turns = turn + 1;
    if (grading->parallel) {
        parallel_allow(grading->parallel, grading->n_turns * grading->n_episodes);
    }
}

EmendStatus grading_settle(Grading *grading, ScoreCounts *counts, EmendError *err) {
    if (grading->parallel) {
        parallel_wait(grading->parallel);
    }
    const char *task = grading->engine->task_component.name;
    for (size_t i = 0; i < grading->n_turns * grading->n_episodes; i++) {
        Grade *grade = &grading->grades[i];
        if (!grading->parallel) {
            grade_turn(grading, i);
        }
        if (grade->status != EMEND_OK) {
            emend_fail(err, grade->status, "%s", grade->why);
            return engine_said(&grading->engine->task_component, "grade", grade->status, err);
        }
        Trajectory *trajectory = &grading->trajectories[i % grading->n_episodes];
        uint32_t turn = (uint32_t)(i / grading->n_episodes);
        count(counts, &grade->score, task, trajectory, turn);
        trajectory->turns[turn].grade = grade->score;
        trajectory->turns[turn].extracted = grade->extracted.data;
        trajectory->turns[turn].extracted_len = grade->extracted.len;
        grade->extracted = (Buffer){0}; // given away
    }
    return EMEND_OK;
}

void grading_close(Grading *grading) {
    if (!grading) {
        return;
    }
    parallel_destroy(grading->parallel);
    for (size_t i = 0; i < grading->n_turns * grading->n_episodes; i++) {
        buffer_finish(&grading->grades[i].extracted);
    }
    free(grading);
}

static void sample_fill(const Trajectory *trajectory, EmendGradedAttempt *attempts,
                        EmendScore *scores, EmendSample *sample) {
    for (uint32_t t = 0; t < trajectory->n_turns; t++) {
        const TrajectoryTurn *turn = &trajectory->turns[t];
        attempts[t] = (EmendGradedAttempt){.struct_size = sizeof(EmendGradedAttempt),
                                           .is_truncated = turn->is_truncated,
                                           .response = {turn->response, turn->response_len},
                                           .extracted = {turn->extracted, turn->extracted_len},
                                           .grade = &turn->grade,
                                           .reward = turn->reward,
                                           .n_tokens = turn->n_tokens};
    }
    *sample = (EmendSample){
        .struct_size = sizeof *sample,
        .n_turns = trajectory->n_turns,
        .prompt = problem_field(trajectory->problem, EMEND_PROBLEM_PROMPT),
        .reference = problem_field(trajectory->problem, EMEND_PROBLEM_REFERENCE),
        .kind = problem_field(trajectory->problem, EMEND_PROBLEM_KIND),
        .attempts = emend_span(attempts, trajectory->n_turns, sizeof(EmendGradedAttempt)),
        .scores = scores};
}

// A turn once left out stays out, whatever later plugins say. One that was given is nobody's to be
// rewarded for.
static void add_score(TrajectoryTurn *turn, const EmendScore *score) {
    if (turn->is_given) {
        return;
    }
    switch (score->state) {
    case EMEND_SCORE_NONE:
        return;
    case EMEND_SCORE_VALUE:
        if (turn->state != EMEND_TURN_LEFT_OUT) {
            turn->state = EMEND_TURN_REWARDED;
            turn->reward += score->value;
        }
        return;
    default:
        turn->state = EMEND_TURN_LEFT_OUT;
        turn->reward = 0;
    }
}

typedef struct Scratch {
    EmendSample *samples;
    EmendGradedAttempt *attempts; /* MAX_TURNS for each sample */
    EmendScore *scores;           /* the same */
} Scratch;

// Whether a reward abstains or fails because a grade did, of this turn or of the one before.
static bool is_of_a_grade(const Trajectory *trajectory, const EmendScore *score) {
    for (uint32_t t = 0; t < trajectory->n_turns; t++) {
        if (score->state != EMEND_SCORE_VALUE && score->state == trajectory->turns[t].grade.state) {
            return true;
        }
    }
    return false;
}

static EmendStatus run_reward(const Component *component, uint64_t seed, Trajectory *trajectories,
                              size_t n, Scratch *scratch, ScoreCounts *counts, EmendError *err) {
    const EmendReward *reward = component->table;
    memset(scratch->scores, 0, n * MAX_TURNS * sizeof *scratch->scores);
    for (size_t i = 0; i < n; i++) {
        sample_fill(&trajectories[i], scratch->attempts + i * MAX_TURNS,
                    scratch->scores + i * MAX_TURNS, &scratch->samples[i]);
    }
    EmendStatus status = reward->score(
        component->self, emend_span(scratch->samples, n, sizeof(EmendSample)), seed, err);
    status = engine_said(component, "score", status, err);
    for (size_t i = 0; status == EMEND_OK && i < n; i++) {
        for (uint32_t t = 0; t < trajectories[i].n_turns; t++) {
            EmendScore *score = &scratch->scores[i * MAX_TURNS + t];
            // That was counted when it was graded.
            bool is_passed_on = is_of_a_grade(&trajectories[i], score);
            if (score->state != EMEND_SCORE_NONE && !is_passed_on) {
                count(counts, score, component->name, &trajectories[i], t);
            }
            add_score(&trajectories[i].turns[t], score);
        }
    }
    return status;
}

EmendStatus score_reward(const Component *rewards, size_t n_rewards, uint64_t seed,
                         Trajectory *trajectories, size_t n, ScoreCounts *counts, EmendError *err) {
    Scratch scratch = {.samples = calloc(n, sizeof *scratch.samples),
                       .attempts = calloc(n * MAX_TURNS, sizeof *scratch.attempts),
                       .scores = calloc(n * MAX_TURNS, sizeof *scratch.scores)};
    EmendStatus status = EMEND_OK;
    if (!scratch.samples || !scratch.attempts || !scratch.scores) {
        status = emend_fail(err, EMEND_EXHAUSTED, "no memory to score %zu episodes", n);
    }
    for (size_t r = 0; status == EMEND_OK && r < n_rewards; r++) {
        status = run_reward(&rewards[r], seed, trajectories, n, &scratch, counts, err);
    }
    free(scratch.samples);
    free(scratch.attempts);
    free(scratch.scores);
    return status;
}

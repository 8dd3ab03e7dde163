/* SPDX-License-Identifier: Apache-2.0 */
/* What a reward promises. */
#include "check/guard.h"
#include "check/instance.h"
#include "check/suites.h"
#include "emend/reward.h"
#include "manifest/utf8.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TURNS_MAX = 16, LONG_TEXT = 1 << 20, EXTRA = 40, POISON = 0xA5 };

/* ---- making and calling ---------------------------------------------------------------------- */

/* One turn of an episode to score. */
typedef struct Try {
    EmendScore grade;
    bool has_no_grade;
    EmendStr response, extracted;
    uint32_t is_truncated;
    double reward;
} Try;

static const EmendReward *reward_of(const Instance *rewarder) {
    return rewarder->table;
}

static Try graded(double grade) {
    return (Try){.grade = {.state = EMEND_SCORE_VALUE, .value = grade},
                 .response = emend_str("so it is \\boxed{7}"),
                 .extracted = emend_str("7")};
}

static Try ungraded(uint32_t state) {
    Try turn = graded(0);
    turn.grade = (EmendScore){.state = state};
    if (state != EMEND_SCORE_NONE) {
        strcpy(turn.grade.reason, "the checker is down");
    }
    return turn;
}

static EmendStr text(Kit *kit, const char *name, EmendStr from) {
    return (EmendStr){guard_input(kit, name, from.ptr, from.len), from.len};
}

/* The attempts of an episode, where they cannot be written to. */
static EmendSpan guard_attempts(Kit *kit, const Try *turns, uint32_t n, uint32_t extra) {
    uint32_t stride = (uint32_t)sizeof(EmendGradedAttempt) + extra;
    char *attempts = guard_take(kit, "attempts", (size_t)n * stride);
    memset(attempts, POISON, (size_t)n * stride);
    for (uint32_t t = 0; t < n; t++) {
        const Try *turn = &turns[t];
        const EmendGradedAttempt attempt = {
            .struct_size = stride,
            .is_truncated = turn->is_truncated,
            .response = text(kit, "response", turn->response),
            .extracted = text(kit, "extracted", turn->extracted),
            .grade = turn->has_no_grade
                         ? NULL
                         : guard_input(kit, "grade", &turn->grade, sizeof turn->grade),
            .reward = turn->reward,
            .n_tokens = 7};
        memcpy(attempts + (size_t)t * stride, &attempt, sizeof attempt);
    }
    guard_seal(attempts, true);
    return emend_span(attempts, n, stride);
}

/* Scores one episode, everything guarded. */
static EmendStatus try_score(Instance *rewarder, const Try *turns, uint32_t n, uint32_t extra,
                             uint64_t seed, EmendScore *scores) {
    Kit *kit = rewarder->kit;
    uint32_t stride = (uint32_t)sizeof(EmendSample) + extra;
    char *samples = guard_take(kit, "samples", stride);
    EmendScore *out = guard_take(kit, "scores", n * sizeof *out);
    const EmendSample sample = {.struct_size = stride,
                                .n_turns = n,
                                .prompt = text(kit, "prompt", emend_str("what is 3 + 4?")),
                                .reference = text(kit, "reference", emend_str("7")),
                                .kind = text(kit, "kind", emend_str("sum")),
                                .attempts = guard_attempts(kit, turns, n, extra),
                                .scores = out};
    memset(samples, POISON, stride);
    memcpy(samples, &sample, sizeof sample);
    guard_seal(samples, true);
    kit_enter(kit, extra > 0 ? "score of a newer host's samples" : "score");
    EmendStatus status = reward_of(rewarder)->score(rewarder->self, emend_span(samples, 1, stride),
                                                    seed, instance_err(rewarder));
    memcpy(scores, out, n * sizeof *scores);
    return status;
}

static bool score(Instance *rewarder, const Try *turns, uint32_t n, EmendScore *scores) {
    return instance_ok(rewarder, "score", try_score(rewarder, turns, n, 0, 1, scores));
}

/* ---- what a score is --------------------------------------------------------------------------
 */

static const char *wrong_with(const EmendScore *score) {
    size_t len = strnlen(score->reason, sizeof score->reason);
    if (score->state > EMEND_SCORE_ERROR) {
        return "a state that is none of EMEND_SCORE_*";
    }
    if (score->state == EMEND_SCORE_VALUE && !isfinite(score->value)) {
        return "a value that is not finite";
    }
    if (len == sizeof score->reason) {
        return "a reason without a NUL";
    }
    if (utf8_valid_len(score->reason, len) != len) {
        return "a reason that is not UTF-8";
    }
    bool needs_reason = score->state == EMEND_SCORE_ABSTAIN || score->state == EMEND_SCORE_ERROR;
    return needs_reason && len == 0 ? "no reason for having no value" : NULL;
}

static void check_scores(Kit *kit, const EmendScore *scores, uint32_t n, const char *of) {
    for (uint32_t t = 0; t < n && !kit_is_over(kit); t++) {
        const char *wrong = wrong_with(&scores[t]);
        if (wrong) {
            kit_fail(kit,
                     "set `state`, and with it a finite `value` or a `reason` that ends in a NUL",
                     "%s: the score of turn %u has %s", of, t + 1, wrong);
        }
    }
}

static void well_formed(Instance *rewarder) {
    static const uint32_t states[] = {EMEND_SCORE_VALUE, EMEND_SCORE_NONE, EMEND_SCORE_ABSTAIN,
                                      EMEND_SCORE_ERROR};
    for (uint32_t n = 1; n <= TURNS_MAX && !kit_is_over(rewarder->kit); n++) {
        Try turns[TURNS_MAX];
        EmendScore scores[TURNS_MAX];
        char of[64];
        for (uint32_t t = 0; t < n; t++) {
            uint32_t state = states[(t * 3 + n) % 4];
            turns[t] = state == EMEND_SCORE_VALUE ? graded(t % 2 == 0 ? 1 : 0) : ungraded(state);
            turns[t].is_truncated = t % 5 == 4;
            turns[t].has_no_grade = t % 7 == 6;
            turns[t].reward = 0.5 * t;
        }
        snprintf(of, sizeof of, "an episode of %u turns", n);
        if (score(rewarder, turns, n, scores)) {
            check_scores(rewarder->kit, scores, n, of);
        }
    }
}

static void test_scores(Kit *kit) {
    instance_each(kit, well_formed);
}

static void empty_batch(Instance *rewarder) {
    const EmendSpan none =
        emend_span(guard_take(rewarder->kit, "samples", 0), 0, sizeof(EmendSample));
    kit_enter(rewarder->kit, "score of no samples");
    instance_ok(rewarder, "score of no samples",
                reward_of(rewarder)->score(rewarder->self, none, 1, instance_err(rewarder)));
}

static void test_empty(Kit *kit) {
    instance_each(kit, empty_batch);
}

static void odd_texts(Instance *rewarder) {
    static const struct {
        const char *name, *bytes;
        uint64_t len;
    } odd[] = {{"an empty response", "", 0},
               {"a response that is not UTF-8", "\xFF\xFE\x80", 3},
               {"a response with a NUL in it", "a\0b", 3},
               {"a response of format specifiers", "%s%n%s%n%d", 10}};
    char *large = malloc(LONG_TEXT);
    for (size_t i = 0; i < 5 && !kit_is_over(rewarder->kit) && large; i++) {
        Try turns[2] = {graded(0), graded(1)};
        EmendScore scores[2];
        const char *name = i < 4 ? odd[i].name : "a response of a mebibyte";
        memset(large, '{', LONG_TEXT);
        for (int t = 0; t < 2; t++) {
            turns[t].response =
                i < 4 ? (EmendStr){odd[i].bytes, odd[i].len} : (EmendStr){large, LONG_TEXT};
            turns[t].extracted = i < 4 ? turns[t].response : (EmendStr){NULL, 0};
        }
        if (score(rewarder, turns, 2, scores)) {
            check_scores(rewarder->kit, scores, 2, name);
        }
    }
    free(large);
}

static void test_odd_texts(Kit *kit) {
    instance_each(kit, odd_texts);
}

static void odd_numbers(Instance *rewarder) {
    static const double grades[] = {-1.0, 0.5, 1e308, -1e308, 1e-320};
    for (size_t i = 0; i < sizeof grades / sizeof *grades && !kit_is_over(rewarder->kit); i++) {
        Try turns[3] = {graded(grades[i]), graded(-grades[i]), graded(1)};
        EmendScore scores[3];
        char of[64];
        turns[2].reward = grades[i];
        snprintf(of, sizeof of, "a grade of %g", grades[i]);
        if (score(rewarder, turns, 3, scores)) {
            check_scores(rewarder->kit, scores, 3, of);
        }
    }
}

static void test_odd_numbers(Kit *kit) {
    instance_each(kit, odd_numbers);
}

/* ---- grades that are no numbers ----------------------------------------------------------------
 */

static bool is_same(const EmendScore *a, const EmendScore *b) {
    return a->state == b->state && !(a->value < b->value) && !(a->value > b->value);
}

/* Where a turn's score hangs on its grade, no grade must mean no score. */
static void check_passed_on(Instance *rewarder, uint32_t t, uint32_t state, const char *name) {
    Try turns[2] = {graded(1), graded(1)};
    EmendScore right[2], wrong[2], without[2];
    if (!score(rewarder, turns, 2, right)) {
        return;
    }
    turns[t] = graded(0);
    if (!score(rewarder, turns, 2, wrong)) {
        return;
    }
    turns[t] = ungraded(state);
    if (!score(rewarder, turns, 2, without)) {
        return;
    }
    for (uint32_t k = 0; k < 2 && !kit_is_over(rewarder->kit); k++) {
        bool is_passed_on =
            without[k].state == EMEND_SCORE_ABSTAIN || without[k].state == EMEND_SCORE_ERROR;
        if (!is_same(&right[k], &wrong[k]) && !is_passed_on) {
            kit_fail(rewarder->kit, "pass a grade's state and reason on, in place of a number",
                     "turn %u's score hangs on the grade of turn %u; where that is %s it is %s %g; "
                     "an %s must be passed on and never become a number",
                     k + 1, t + 1, name,
                     without[k].state == EMEND_SCORE_VALUE ? "the number" : "nothing said, with",
                     without[k].value, name);
        }
    }
}

static void passed_on(Instance *rewarder) {
    for (uint32_t t = 0; t < 2 && !kit_is_over(rewarder->kit); t++) {
        check_passed_on(rewarder, t, EMEND_SCORE_ERROR, "ERROR");
        if (!kit_is_over(rewarder->kit)) {
            check_passed_on(rewarder, t, EMEND_SCORE_ABSTAIN, "ABSTAIN");
        }
    }
}

static void test_passed_on(Kit *kit) {
    instance_each(kit, passed_on);
}

/* A better attempt that is worth less is rarely meant. */
static void rising(Instance *rewarder) {
    for (uint32_t t = 0; t < 2 && !kit_is_over(rewarder->kit); t++) {
        double before = 0;
        for (int grade = 0; grade <= 4 && !kit_is_over(rewarder->kit); grade++) {
            Try turns[2] = {graded(0.5), graded(0.5)};
            EmendScore scores[2];
            turns[t] = graded(0.25 * grade);
            if (!score(rewarder, turns, 2, scores) || scores[t].state != EMEND_SCORE_VALUE) {
                break;
            }
            if (grade > 0 && scores[t].value < before) {
                kit_warn(rewarder->kit,
                         "turn %u's score falls from %g to %g where its grade rises to %g", t + 1,
                         before, scores[t].value, 0.25 * grade);
                return;
            }
            before = scores[t].value;
        }
    }
}

static void test_rising(Kit *kit) {
    instance_each(kit, rising);
}

/* ---- other hosts, state ------------------------------------------------------------------------
 */

static void fill(Try turns[4]) {
    turns[0] = graded(0);
    turns[1] = graded(1);
    turns[2] = ungraded(EMEND_SCORE_ERROR);
    turns[3] = graded(0.5);
    turns[1].reward = 3;
}

static void compare(Kit *kit, const EmendScore *a, const EmendScore *b, uint32_t n,
                    const char *remedy, const char *how) {
    for (uint32_t t = 0; t < n && !kit_is_over(kit); t++) {
        if (!is_same(&a[t], &b[t])) {
            kit_fail(kit, remedy, "the score of turn %u is %g, and %g %s; it must be the same",
                     t + 1, a[t].value, b[t].value, how);
        }
    }
}

static void newer_host(Instance *rewarder) {
    Try turns[4];
    EmendScore plain[4], newer[4];
    fill(turns);
    if (score(rewarder, turns, 4, plain) &&
        instance_ok(rewarder, "score of samples of a newer host",
                    try_score(rewarder, turns, 4, EXTRA, 1, newer))) {
        compare(rewarder->kit, plain, newer, 4,
                "walk samples and attempts with emend_span_at, never with p[i]",
                "in structs of a newer host");
    }
}

static void test_newer_host(Kit *kit) {
    instance_each(kit, newer_host);
}

static void deterministic(Instance *rewarder) {
    Try turns[4];
    EmendScore first[4], second[4], other[4];
    Instance twin;
    fill(turns);
    if (!score(rewarder, turns, 4, first) || !score(rewarder, turns, 4, second)) {
        return;
    }
    compare(rewarder->kit, first, second, 4, "draw at random from `seed` alone",
            "the second time, with the same seed");
    if (!kit_is_over(rewarder->kit) && instance_twin(rewarder, &twin)) {
        if (score(&twin, turns, 4, other)) {
            compare(rewarder->kit, first, other, 4, "keep all state in the instance",
                    "in another instance");
        }
        instance_drop(&twin);
    }
}

static void test_deterministic(Kit *kit) {
    instance_each(kit, deterministic);
}

static EmendStatus work(Subject *subject, void *ctx) {
    Instance rewarder = {
        .subject = subject, .kit = subject->kit, .self = subject->self, .table = subject->table};
    Try turns[4];
    EmendScore scores[4];
    (void)ctx;
    fill(turns);
    return try_score(&rewarder, turns, 4, 0, 1, scores);
}

static void test_memory(Kit *kit) {
    subject_each_allocation(kit, NULL, work, NULL);
}

static const KitTest tests[] = {
    {"reward.scores", "scores are well formed for 1 to 16 turns, whatever the grades",
     KIT_BEHAVIOUR, 0, test_scores},
    {"reward.empty", "a batch of no samples is scored", KIT_BEHAVIOUR, 0, test_empty},
    {"reward.odd_texts", "any response is scored or said why not", KIT_BEHAVIOUR, 0,
     test_odd_texts},
    {"reward.odd_numbers", "any grade gives a finite score or a reason", KIT_BEHAVIOUR, 0,
     test_odd_numbers},
    {"reward.passed_on", "where a score hangs on a grade, an abstention or error is passed on",
     KIT_BEHAVIOUR, 0, test_passed_on},
    {"reward.rising", "a better grade is worth no less (a warning, where it is)", KIT_BEHAVIOUR, 0,
     test_rising},
    {"reward.newer_host", "arrays of a newer host's larger structs are walked by their stride",
     KIT_VERSIONS, 0, test_newer_host},
    {"reward.deterministic", "the same samples and seed give the same scores", KIT_STATE, 0,
     test_deterministic},
    {"reward.memory", "any allocation may fail", KIT_MEMORY, 0, test_memory},
};

const KitSuite suite_reward = {EMEND_KIND_REWARD, tests, sizeof tests / sizeof *tests};

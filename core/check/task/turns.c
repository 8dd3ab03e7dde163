/* SPDX-License-Identifier: Apache-2.0 */
/* Prompts of later turns, and demonstrations. */
#include "check/guard.h"
#include "check/task/splits.h"
#include "check/task/tests.h"
#include "manifest/utf8.h"
#include <stdlib.h>
#include <string.h>

enum { N_TRIED = 16, N_SEEDS = 4, EXTRA = 40, POISON = 0xA5 };

/* ---- turn_prompt ------------------------------------------------------------------------------
 */

/* The prompt of the turn after `attempts`, in structs with `extra` bytes of poison behind them. */
static bool turn_prompt(Instance *task, const Split *split, uint64_t index, const Puts *problem,
                        const EmendStr *attempts, uint32_t n, uint32_t extra, Puts *out) {
    Kit *kit = task->kit;
    const EmendSink sink = puts_sink(kit, out);
    EmendStr prompt = puts_text(problem, EMEND_PROBLEM_PROMPT);
    uint32_t stride = (uint32_t)sizeof(EmendAttempt) + extra;
    uint32_t history_bytes = (uint32_t)sizeof(EmendHistory) + extra;
    char *made = guard_take(kit, "attempts", (size_t)n * stride);
    char *history = guard_take(kit, "history", history_bytes);
    memset(made, POISON, (size_t)n * stride);
    memset(history, POISON, history_bytes);
    for (uint32_t t = 0; t < n; t++) {
        const EmendAttempt attempt = {
            .struct_size = stride,
            .response = {guard_input(kit, "response", attempts[t].ptr, attempts[t].len),
                         attempts[t].len}};
        memcpy(made + (size_t)t * stride, &attempt, sizeof attempt);
    }
    guard_seal(made, true);
    const EmendHistory known = {
        .struct_size = history_bytes,
        .turn = n + 1,
        .split = split->number,
        .index = index,
        .prompt = {guard_input(kit, "prompt", prompt.ptr, prompt.len), prompt.len},
        .attempts = emend_span(made, n, stride)};
    memcpy(history, &known, sizeof known);
    guard_seal(history, true);
    kit_enter(kit, extra > 0 ? "turn_prompt after a newer host's attempts" : "turn_prompt");
    if (!instance_ok(task, "turn_prompt",
                     task_of(task)->turn_prompt(task->self, (const EmendHistory *)history, &sink,
                                                instance_err(task)))) {
        return false;
    }
    EmendStr text = puts_text(out, 0);
    if (puts_count(out, 0) != 1 || utf8_valid_len(text.ptr, text.len) != text.len) {
        kit_fail(kit, "put the whole message once, under field 0, in UTF-8",
                 "turn_prompt puts field 0 %zu times, %llu bytes; it must once, in UTF-8",
                 puts_count(out, 0), (unsigned long long)text.len);
    }
    return !kit_is_over(kit);
}

/* Two answers of one length to a problem, of which the grader takes one. */
typedef struct Answers {
    char *right, *wrong;
    uint64_t len;
} Answers;

static bool is_right(Instance *task, const Puts *problem, EmendStr response) {
    EmendScore score;
    const Answer answer = {.response = response, .turn = 1};
    EmendStatus status = task_grade(task, problem, &answer, &score);
    return task_is_right(status, &score);
}

/* The right answer with every digit another, or else every letter. */
static bool spoil(Instance *task, const Puts *problem, Answers *answers) {
    for (int way = 0; way < 2; way++) {
        for (uint64_t i = 0; i < answers->len; i++) {
            char c = answers->right[i];
            bool is_digit = c >= '0' && c <= '9';
            bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            answers->wrong[i] = is_digit                ? (char)('0' + (c - '0' + 1) % 10)
                                : way == 1 && is_letter ? 'q'
                                                        : c;
        }
        if (!is_right(task, problem, (EmendStr){answers->wrong, answers->len})) {
            return true;
        }
    }
    return false;
}

static void answers_finish(Answers *answers) {
    free(answers->right);
    free(answers->wrong);
    *answers = (Answers){0};
}

/* A demonstration that is graded right, or the reference itself, and a wrong one made of it. */
static bool find_answers(Instance *task, const Split *split, uint64_t index, const Puts *problem,
                         Answers *out) {
    EmendStr reference = puts_text(problem, EMEND_PROBLEM_REFERENCE);
    for (uint64_t seed = 0; seed <= N_SEEDS && !kit_is_over(task->kit); seed++) {
        Puts shown = {0};
        EmendStr response = reference;
        if (seed > 0 && (!EMEND_HAS(EmendTask, task_of(task), demonstrate) ||
                         !task_demonstrate(task, split, index, seed, 1, &shown))) {
            return false;
        }
        response = seed > 0 ? puts_text(&shown, EMEND_DEMONSTRATION_RESPONSE) : reference;
        *out = (Answers){.right = strndup(response.ptr ? response.ptr : "", response.len),
                         .wrong = calloc(response.len + 1, 1),
                         .len = response.len};
        puts_finish(&shown);
        if (out->right && out->wrong && strlen(out->right) == out->len &&
            is_right(task, problem, (EmendStr){out->right, out->len}) &&
            spoil(task, problem, out)) {
            return true;
        }
        answers_finish(out);
    }
    return false;
}

/* The text with the attempt taken out of it, where it is quoted. */
static EmendStr without(EmendStr text, const char *attempt, char *room) {
    const char *at = strlen(attempt) > 0 ? strstr(text.ptr, attempt) : NULL;
    if (!at) {
        return text;
    }
    size_t before = (size_t)(at - text.ptr), cut = strlen(attempt);
    memcpy(room, text.ptr, before);
    memcpy(room + before, at + cut, text.len - before - cut + 1);
    return (EmendStr){room, text.len - cut};
}

static void compare_prompts(Instance *task, const Split *split, uint64_t index, const Puts *problem,
                            const Answers *answers) {
    Puts right = {0}, wrong = {0};
    const EmendStr attempts[2][2] = {
        {{answers->right, answers->len}, {answers->right, answers->len}},
        {{answers->wrong, answers->len}, {answers->wrong, answers->len}}};
    for (uint32_t n = 1; n <= 2 && !kit_is_over(task->kit); n++) {
        if (turn_prompt(task, split, index, problem, attempts[0], n, 0, &right) &&
            turn_prompt(task, split, index, problem, attempts[1], n, 0, &wrong)) {
            EmendStr a = puts_text(&right, 0), b = puts_text(&wrong, 0);
            char *rooms[2] = {malloc(a.len + 1), malloc(b.len + 1)};
            if (rooms[0] && rooms[1]) {
                a = without(a, answers->right, rooms[0]);
                b = without(b, answers->wrong, rooms[1]);
                if (a.len != b.len || memcmp(a.ptr, b.ptr, a.len) != 0) {
                    kit_fail(task->kit, "ask for every next attempt in the same words",
                             "the prompt of turn %u after a right attempt is not that after a "
                             "wrong one of the same length (problem %llu of split \"%s\"); it must "
                             "not tell which it was",
                             n + 1, (unsigned long long)index, split->name);
                }
            }
            free(rooms[0]);
            free(rooms[1]);
        }
        puts_finish(&right);
        puts_finish(&wrong);
    }
}

static void check_turn_prompts(Instance *task, const Splits *splits) {
    size_t n_compared = 0;
    for (size_t s = 0; s < splits->n; s++) {
        const Split *split = &splits->of[s];
        for (uint64_t i = 0; i < N_TRIED && i < split->count && !kit_is_over(task->kit); i++) {
            Puts problem = {0};
            Answers answers = {0};
            if (task_problem(task, split, i, &problem) &&
                find_answers(task, split, i, &problem, &answers)) {
                compare_prompts(task, split, i, &problem, &answers);
                n_compared++;
            }
            answers_finish(&answers);
            puts_finish(&problem);
        }
    }
    if (n_compared == 0 && !kit_is_over(task->kit)) {
        kit_skip(task->kit, "no right attempt is at hand: neither a reference nor a demonstration "
                            "is graded 1");
    }
}

void task_test_turn_prompt(Kit *kit) {
    splits_run(kit, check_turn_prompts);
}

static void check_newer_host(Instance *task, const Splits *splits) {
    const Split *split = &splits->of[0];
    const EmendStr attempts[] = {emend_str("one"), emend_str("another, longer")};
    Puts problem = {0}, plain = {0}, newer = {0};
    if (task_problem(task, split, 0, &problem) &&
        turn_prompt(task, split, 0, &problem, attempts, 2, 0, &plain) &&
        turn_prompt(task, split, 0, &problem, attempts, 2, EXTRA, &newer) &&
        !puts_equal(&plain, &newer)) {
        kit_fail(task->kit, "walk `attempts` with emend_span_at, never with p[i]",
                 "in structs of a newer host turn_prompt puts other bytes; they must be the same");
    }
    puts_finish(&problem);
    puts_finish(&plain);
    puts_finish(&newer);
}

void task_test_newer_host(Kit *kit) {
    splits_run(kit, check_newer_host);
}

/* ---- demonstrations ---------------------------------------------------------------------------
 */

/* One for each turn, the same bytes twice; how many were graded right and at all. */
static void check_demonstration(Instance *task, const Split *split, uint64_t index, uint64_t seed,
                                int *n_right, int *n_graded) {
    enum { N_TURNS = 2 };
    Puts problem = {0}, first = {0}, again = {0};
    if (task_problem(task, split, index, &problem) &&
        task_demonstrate(task, split, index, seed, N_TURNS, &first) &&
        task_demonstrate(task, split, index, seed, N_TURNS, &again)) {
        if (puts_count(&first, EMEND_DEMONSTRATION_RESPONSE) != N_TURNS || first.n != N_TURNS) {
            kit_fail(task->kit, "put one response for each turn, in order",
                     "demonstrate of %d turns puts %zu responses; it must put one for each turn",
                     N_TURNS, puts_count(&first, EMEND_DEMONSTRATION_RESPONSE));
        } else if (!puts_equal(&first, &again)) {
            kit_fail(task->kit, "draw at random from `seed` alone",
                     "problem %llu of split \"%s\" is demonstrated in other bytes the second time, "
                     "with the same seed",
                     (unsigned long long)index, split->name);
        }
        for (uint32_t t = 0; t < N_TURNS && !kit_is_over(task->kit); t++) {
            const Answer answer = {.response = {first.items[t].text, first.items[t].len},
                                   .turn = t + 1};
            EmendScore score;
            EmendStatus status = task_grade(task, &problem, &answer, &score);
            *n_graded += status == EMEND_OK && score.state == EMEND_SCORE_VALUE;
            *n_right += task_is_right(status, &score);
        }
    }
    puts_finish(&problem);
    puts_finish(&first);
    puts_finish(&again);
}

static void check_demonstrations(Instance *task, const Splits *splits) {
    int n_right = 0, n_graded = 0;
    if (!EMEND_HAS(EmendTask, task_of(task), demonstrate)) {
        kit_skip(task->kit, "it has no demonstrations");
        return;
    }
    for (size_t s = 0; s < splits->n; s++) {
        for (uint64_t i = 0; i < N_TRIED && i < splits->of[s].count; i++) {
            if (!kit_is_over(task->kit)) {
                check_demonstration(task, &splits->of[s], i, i, &n_right, &n_graded);
            }
        }
    }
    if (kit_is_over(task->kit)) {
        return;
    }
    if (n_graded > 0 && n_right == 0) {
        kit_fail(task->kit, "demonstrate what the grader takes, at least now and then",
                 "of %d demonstrated responses that were graded, none is right", n_graded);
    }
    if (n_graded > 0) {
        kit_figure(task->kit, "demonstrations graded right", 100.0 * n_right / n_graded, "%");
    } else {
        kit_warn(task->kit, "no demonstration could be graded on this machine");
    }
}

void task_test_demonstrations(Kit *kit) {
    splits_run(kit, check_demonstrations);
}

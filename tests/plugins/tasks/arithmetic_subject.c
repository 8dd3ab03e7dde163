/* SPDX-License-Identifier: Apache-2.0 */
#include "arithmetic_subject.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void arithmetic_open(Subject *subject) {
    subject_open(subject, "emend.tasks.arithmetic", "arithmetic", EMEND_KIND_TASK);
}

EmendStatus arithmetic_create(Subject *subject, const Config *config) {
    uint8_t bytes[16384];
    size_t n_bytes = emend__tasks__arithmetic__config__get_packed_size(config);
    ck_assert_uint_le(n_bytes, sizeof bytes);
    emend__tasks__arithmetic__config__pack(config, bytes);
    return subject_create(subject, bytes, n_bytes);
}

void arithmetic_create_ok(Subject *subject, const Config *config) {
    EmendStatus status = arithmetic_create(subject, config);
    ck_assert_msg(status == EMEND_OK, "%s", subject->message);
}

Config arithmetic_config_of(Family *family, Family **list) {
    Config config = CONFIG_INIT;
    *list = family;
    config.family = list;
    config.n_family = 1;
    return config;
}

const EmendTask *arithmetic_task(const Subject *subject) {
    return subject->table;
}

uint32_t arithmetic_split(Subject *subject, const char *name) {
    uint32_t split = 0;
    uint64_t count = 0;
    EmendStatus status = arithmetic_task(subject)->split_open(subject->self, emend_str(name),
                                                              &split, &count, &subject->err);
    ck_assert_msg(status == EMEND_OK, "%s", subject->message);
    ck_assert_uint_eq(count, EMEND_ENDLESS);
    return split;
}

void arithmetic_problem(Subject *subject, uint32_t split, uint64_t index, Puts *puts) {
    EmendSink sink = puts_sink(puts);
    EmendStatus status =
        arithmetic_task(subject)->problem(subject->self, split, index, &sink, &subject->err);
    ck_assert_msg(status == EMEND_OK, "%s", subject->message);
    ck_assert_ptr_nonnull(puts_text(puts, EMEND_PROBLEM_ID));
    ck_assert_ptr_nonnull(puts_text(puts, EMEND_PROBLEM_PROMPT));
    ck_assert_ptr_nonnull(puts_text(puts, EMEND_PROBLEM_REFERENCE));
}

void arithmetic_demonstration(Subject *subject, uint32_t split, uint64_t index, uint64_t seed,
                              uint32_t n_turns, Puts *puts) {
    int n_before = puts->n;
    EmendSink sink = puts_sink(puts);
    EmendStatus status = arithmetic_task(subject)->demonstrate(subject->self, split, index, seed,
                                                               n_turns, &sink, &subject->err);
    ck_assert_msg(status == EMEND_OK, "%s", subject->message);
    ck_assert_int_eq(puts->n - n_before, (int)n_turns);
}

EmendScore arithmetic_grade_args(Subject *subject, const char *reference, EmendStr response,
                                 bool is_truncated, Puts *puts) {
    EmendSink sink = puts_sink(puts);
    EmendGradeArgs args = {.struct_size = sizeof args,
                           .turn = 1,
                           .reference = emend_str(reference),
                           .response = response,
                           .is_truncated = is_truncated};
    EmendScore score = {0};
    EmendStatus status =
        arithmetic_task(subject)->grade(subject->self, &args, &score, &sink, &subject->err);
    ck_assert_msg(status == EMEND_OK, "%s", subject->message);
    return score;
}

double arithmetic_grade(Subject *subject, const char *reference, const char *response) {
    Puts puts = {0};
    EmendScore score = arithmetic_grade_args(subject, reference, emend_str(response), false, &puts);
    ck_assert_uint_eq(score.state, EMEND_SCORE_VALUE);
    puts_clear(&puts);
    return score.value;
}

int arithmetic_numbers(const char *text, const char *between, int64_t *numbers, int capacity) {
    int n = 0;
    for (const char *at = text; *at && n < capacity;) {
        char *end = NULL;
        numbers[n++] = strtoll(at, &end, 10);
        ck_assert_msg(end > at, "'%s' has a number at '%s'", text, at);
        at = end;
        at += strspn(at, between);
    }
    return n;
}

static bool means_right_pair(const char *prompt, int64_t x, int64_t y) {
    int64_t numbers[33];
    int n = arithmetic_numbers(prompt + 1, ": ", numbers, 33);
    for (int i = 1; i < n; i++) {
        for (int j = 1; j < n; j++) {
            if (i != j && numbers[i] == x && numbers[j] == y && x + y == numbers[0]) {
                return true;
            }
        }
    }
    return false;
}

static int64_t chain_value(const char *text) {
    int64_t terms[33], value = 0;
    int n = arithmetic_numbers(text, "", terms, 33);
    for (int i = 0; i < n; i++) {
        value += terms[i];
    }
    return value;
}

bool arithmetic_means_right(const char *prompt, const char *attempt) {
    const char *box = strstr(attempt, "\\boxed{");
    ck_assert_ptr_nonnull(box);
    int64_t x = 0, y = 0, a = 0, b = 0, c = 0;
    ck_assert_int_ge(sscanf(box, "\\boxed{%" SCNd64 "%*1[+*]%" SCNd64, &x, &y), 1);
    switch (prompt[0]) {
    case 'P':
        return means_right_pair(prompt, x, y);
    case 'S':
        ck_assert_int_eq(sscanf(prompt, "S%" SCNd64 "x+%" SCNd64 "=%" SCNd64, &a, &b, &c), 3);
        return a * x + b == c;
    case 'F':
        return x > 1 && y > 1 && x * y == strtoll(prompt + 1, NULL, 10);
    case 'C':
        return x == chain_value(prompt + 1);
    default:
        ck_abort_msg("no family begins '%s'", prompt);
    }
}

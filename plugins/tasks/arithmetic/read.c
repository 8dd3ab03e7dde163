/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <string.h>

// Beyond this no answer can be right, and sums and products stay far from overflow.
static const int64_t largest = 1000000000000000;

typedef struct Cursor {
    const char *at, *end;
} Cursor;

static bool take(Cursor *cursor, const char *literal) {
    size_t n = strlen(literal);
    if ((size_t)(cursor->end - cursor->at) < n || memcmp(cursor->at, literal, n) != 0) {
        return false;
    }
    cursor->at += n;
    return true;
}

static void skip_spaces(Cursor *cursor) {
    while (take(cursor, " ")) {
    }
}

static bool take_digits(Cursor *cursor, int64_t *number) {
    const char *begin = cursor->at;
    int64_t value = 0;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        value = value * 10 + (*cursor->at++ - '0');
        if (value > largest) {
            return false;
        }
    }
    *number = value;
    return cursor->at > begin;
}

// A number with a sign: `-` or, where `plus`, also `+`.
static bool take_number(Cursor *cursor, bool plus, int64_t *number) {
    bool is_negative = take(cursor, "-");
    if (!is_negative && plus) {
        take(cursor, "+");
    }
    if (!take_digits(cursor, number)) {
        return false;
    }
    *number = is_negative ? -*number : *number;
    return true;
}

static bool take_terms(Cursor *cursor, Problem *problem) {
    bool is_chain = problem->kind == FAMILY_CHAIN;
    while (cursor->at < cursor->end) {
        bool is_first = problem->n_terms == 0;
        if (problem->n_terms == FAMILY_MAX_COUNT ||
            (!is_chain && !is_first && !take(cursor, " ")) ||
            !take_number(cursor, is_chain && !is_first, &problem->terms[problem->n_terms])) {
            return false;
        }
        problem->n_terms++;
    }
    return problem->n_terms >= 2;
}

static bool take_condition(Cursor *cursor, Problem *problem) {
    if (take(cursor, "sum ")) {
        problem->kind = FAMILY_PAIR_SUM;
        return take_number(cursor, false, &problem->target) && take(cursor, " of ") &&
               take_terms(cursor, problem);
    }
    if (take(cursor, "solve ")) {
        problem->kind = FAMILY_SOLVE_LINEAR;
        return take_number(cursor, false, &problem->a) && take(cursor, "x") &&
               take_number(cursor, true, &problem->b) && take(cursor, "=") &&
               take_number(cursor, false, &problem->target);
    }
    if (take(cursor, "product ")) {
        problem->kind = FAMILY_FACTOR;
        return take_number(cursor, false, &problem->target);
    }
    if (take(cursor, "chain ")) {
        problem->kind = FAMILY_CHAIN;
        problem->target = problem->x;
        return take_terms(cursor, problem);
    }
    return false;
}

bool reference_read(EmendStr reference, Problem *out) {
    Problem problem = {.kind = FAMILY_PAIR_SUM};
    Cursor cursor = {reference.ptr, reference.ptr + reference.len};
    if (!take_number(&cursor, false, &problem.x) ||
        (take(&cursor, ",") && !take_number(&cursor, false, &problem.y)) || !take(&cursor, "; ") ||
        !take_condition(&cursor, &problem) || cursor.at != cursor.end) {
        return false;
    }
    *out = problem;
    return true;
}

static bool take_separator(Cursor *cursor, FamilyKind kind) {
    const char *begin = cursor->at;
    skip_spaces(cursor);
    if (!take(cursor, ",")) {
        take(cursor, kind == FAMILY_PAIR_SUM ? "+" : "*");
    }
    skip_spaces(cursor);
    return cursor->at > begin;
}

bool answer_read(FamilyKind kind, EmendStr box, Attempt *out) {
    Cursor cursor = {box.ptr, box.ptr + box.len};
    bool is_pair = kind == FAMILY_PAIR_SUM || kind == FAMILY_FACTOR;
    Attempt answer = {.x = 0};
    skip_spaces(&cursor);
    if (!take_number(&cursor, false, &answer.x) ||
        (is_pair && (!take_separator(&cursor, kind) || !take_number(&cursor, false, &answer.y)))) {
        return false;
    }
    skip_spaces(&cursor);
    if (cursor.at != cursor.end) {
        return false;
    }
    *out = answer;
    return true;
}

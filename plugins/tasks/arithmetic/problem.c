/* SPDX-License-Identifier: Apache-2.0 */
#include "problem.h"

#include <string.h>

bool draw_chance(Draw *draw, double p) {
    return (double)emend_random_unit(&draw->key, draw->position++) < p;
}

int64_t draw_between(Draw *draw, int64_t low, int64_t high) {
    return low + emend_random_below(&draw->key, draw->position++, (uint32_t)(high - low + 1));
}

static bool is_among(const int64_t *numbers, int n, int64_t number) {
    for (int i = 0; i < n; i++) {
        if (numbers[i] == number) {
            return true;
        }
    }
    return false;
}

// Different numbers, any set as likely as any other (Floyd's sampling), in any order.
static void draw_numbers(const Family *family, Draw *draw, int64_t *numbers) {
    int n = family->count;
    for (int i = 0; i < n; i++) {
        int64_t highest = family->max - n + 1 + i;
        int64_t number = draw_between(draw, family->min, highest);
        numbers[i] = is_among(numbers, i, number) ? highest : number;
    }
    for (int i = n - 1; i > 0; i--) {
        int64_t j = draw_between(draw, 0, i);
        int64_t kept = numbers[i];
        numbers[i] = numbers[j];
        numbers[j] = kept;
    }
}

// The k-th pair (i < j) of a list, counted as (0,1), (0,2), .., (1,2), ..
static void pair_at(int n, int64_t k, int *i, int *j) {
    *i = 0;
    while (k >= n - 1 - *i) {
        k -= n - 1 - *i;
        (*i)++;
    }
    *j = *i + 1 + (int)k;
}

static int count_right_pairs(const Problem *problem) {
    int n_right = 0;
    for (int i = 0; i < problem->n_terms; i++) {
        for (int j = i + 1; j < problem->n_terms; j++) {
            n_right += problem->terms[i] + problem->terms[j] == problem->target;
        }
    }
    return n_right;
}

// One right pair where the ranges allow it; dense ranges may leave more after so many tries.
static void draw_pair_sum(const Family *family, Draw *draw, Problem *problem) {
    enum { N_TRIES = 32 };
    int n = family->count, i = 0, j = 0;
    problem->n_terms = n;
    for (int try = 0; try < N_TRIES; try++) {
        draw_numbers(family, draw, problem->terms);
        pair_at(n, draw_between(draw, 0, n * (n - 1) / 2 - 1), &i, &j);
        problem->x = problem->terms[i];
        problem->y = problem->terms[j];
        problem->target = problem->x + problem->y;
        if (count_right_pairs(problem) == 1) {
            return;
        }
    }
}

static void draw_chain(const Family *family, Draw *draw, Problem *problem) {
    problem->n_terms = family->count;
    for (int i = 0; i < family->count; i++) {
        int64_t term = draw_between(draw, family->min, family->max);
        bool is_minus = draw_chance(draw, 0.5) && i > 0 && problem->target >= term;
        problem->terms[i] = is_minus ? -term : term;
        problem->target += problem->terms[i];
    }
    problem->x = problem->target;
}

void problem_draw(const Family *family, Draw *draw, Problem *out) {
    *out = (Problem){.kind = family->kind};
    switch (family->kind) {
    case FAMILY_PAIR_SUM:
        draw_pair_sum(family, draw, out);
        break;
    case FAMILY_SOLVE_LINEAR:
        out->a = draw_between(draw, family->min_slope, family->max_slope);
        out->b = draw_between(draw, family->min_offset, family->max_offset);
        out->x = draw_between(draw, family->min, family->max);
        out->target = out->a * out->x + out->b;
        break;
    case FAMILY_FACTOR:
        out->x = draw_between(draw, family->min, family->max);
        out->y = draw_between(draw, family->min, family->max);
        out->target = out->x * out->y;
        break;
    case FAMILY_CHAIN:
        draw_chain(family, draw, out);
        break;
    }
}

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static uint64_t mix_in(uint64_t hash, int64_t number) {
    return mix(hash + 0x9E3779B97F4A7C15u + (uint64_t)number * 0xD6E8FEB86659FD93u);
}

bool problem_is_test(const Problem *problem) {
    uint64_t hash = mix_in((uint64_t)problem->kind, problem->target);
    hash = mix_in(mix_in(hash, problem->a), problem->b);
    uint64_t terms = 0;
    for (int i = 0; i < problem->n_terms; i++) {
        // A sum does not see the order of listed numbers; a chain's order is content.
        bool is_listed = problem->kind == FAMILY_PAIR_SUM;
        terms = is_listed ? terms + mix_in(1, problem->terms[i]) : mix_in(terms, problem->terms[i]);
    }
    return mix_in(hash, (int64_t)terms) >> 61 == 0;
}

void attempt_right(const Problem *problem, Attempt *out) {
    out->x = problem->x;
    out->y = problem->y;
    memcpy(out->terms, problem->terms, sizeof out->terms);
}

// The k-th pair whose sum is not the target; with `near`, only pairs that hold one right number.
// Its number is returned, or how many there are where k is beyond them.
static int find_wrong_pair(const Problem *problem, bool near, int64_t k, Attempt *out) {
    int n_seen = 0;
    for (int i = 0; i < problem->n_terms; i++) {
        for (int j = i + 1; j < problem->n_terms; j++) {
            int64_t x = problem->terms[i], y = problem->terms[j];
            bool is_near = x == problem->x || x == problem->y || y == problem->x || y == problem->y;
            if (x + y == problem->target || (near && !is_near)) {
                continue;
            }
            if (n_seen++ == k) {
                out->x = x;
                out->y = y;
                return n_seen - 1;
            }
        }
    }
    return n_seen;
}

// A number at most `most` off and not below `least`: small distances are likelier.
static int64_t draw_near(Draw *draw, int64_t number, int64_t most, int64_t least) {
    int64_t first = draw_between(draw, 1, most), second = draw_between(draw, 1, most);
    int64_t distance = first < second ? first : second;
    bool is_below = draw_chance(draw, 0.5) && number - distance >= least;
    return is_below ? number - distance : number + distance;
}

// Any number of the family's range but this one; a near one where there is no other.
static int64_t draw_other(const Family *family, Draw *draw, int64_t number) {
    if (family->min == family->max) {
        return draw_near(draw, number, 2, 0);
    }
    int64_t other = draw_between(draw, family->min, family->max - 1);
    return other >= number ? other + 1 : other;
}

static void wrong_factors(const Family *family, const Problem *problem, Draw *draw, Attempt *out) {
    if (!family->is_wrong_near) {
        out->x = draw_between(draw, family->min, family->max);
        out->y = draw_between(draw, family->min, family->max);
        out->y += out->x * out->y == problem->target;
        return;
    }
    int64_t *changed = draw_chance(draw, 0.5) ? &out->x : &out->y;
    *changed = draw_near(draw, *changed, 2, 2);
}

static void wrong_chain(const Family *family, const Problem *problem, Draw *draw, Attempt *out) {
    int64_t *term = &out->terms[draw_between(draw, 0, problem->n_terms - 1)];
    int64_t size = *term < 0 ? -*term : *term;
    int64_t misread =
        family->is_wrong_near ? draw_near(draw, size, 2, 0) : draw_other(family, draw, size);
    *term = *term < 0 ? -misread : misread;
    out->x = attempt_value(problem, out);
}

void attempt_wrong(const Family *family, const Problem *problem, Draw *draw, Attempt *out) {
    attempt_right(problem, out);
    switch (problem->kind) {
    case FAMILY_PAIR_SUM: {
        int n_wrong = find_wrong_pair(problem, family->is_wrong_near, INT64_MAX, out);
        find_wrong_pair(problem, family->is_wrong_near, draw_between(draw, 0, n_wrong - 1), out);
        break;
    }
    case FAMILY_SOLVE_LINEAR:
        out->x = family->is_wrong_near ? draw_near(draw, problem->x, 3, 0)
                                       : draw_other(family, draw, problem->x);
        break;
    case FAMILY_FACTOR:
        wrong_factors(family, problem, draw, out);
        break;
    case FAMILY_CHAIN:
        wrong_chain(family, problem, draw, out);
        break;
    }
}

bool attempt_is_same(const Problem *problem, const Attempt *a, const Attempt *b) {
    size_t n_bytes = (size_t)problem->n_terms * sizeof a->terms[0];
    bool is_swapped = problem->kind != FAMILY_SOLVE_LINEAR && a->x == b->y && a->y == b->x;
    return ((a->x == b->x && a->y == b->y) || is_swapped) &&
           memcmp(a->terms, b->terms, n_bytes) == 0;
}

int64_t attempt_value(const Problem *problem, const Attempt *attempt) {
    int64_t value = 0;
    switch (problem->kind) {
    case FAMILY_PAIR_SUM:
        return attempt->x + attempt->y;
    case FAMILY_SOLVE_LINEAR:
        return problem->a * attempt->x + problem->b;
    case FAMILY_FACTOR:
        return attempt->x * attempt->y;
    case FAMILY_CHAIN:
        for (int i = 0; i < problem->n_terms; i++) {
            value += attempt->terms[i];
        }
        return value;
    }
    return value;
}

static bool is_pair_listed(const Problem *problem, int64_t x, int64_t y) {
    int n_x = 0, n_y = 0;
    for (int i = 0; i < problem->n_terms; i++) {
        n_x += problem->terms[i] == x;
        n_y += problem->terms[i] == y;
    }
    return n_x >= (x == y ? 2 : 1) && n_y >= 1;
}

bool answer_is_right(const Problem *problem, int64_t x, int64_t y) {
    int64_t value = 0;
    switch (problem->kind) {
    case FAMILY_PAIR_SUM:
        return !__builtin_add_overflow(x, y, &value) && value == problem->target &&
               is_pair_listed(problem, x, y);
    case FAMILY_SOLVE_LINEAR:
        return !__builtin_mul_overflow(problem->a, x, &value) &&
               !__builtin_add_overflow(value, problem->b, &value) && value == problem->target;
    case FAMILY_FACTOR:
        return x > 1 && y > 1 && !__builtin_mul_overflow(x, y, &value) && value == problem->target;
    case FAMILY_CHAIN:
        return x == problem->target;
    }
    return false;
}

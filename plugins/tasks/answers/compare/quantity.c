/* SPDX-License-Identifier: Apache-2.0 */
/* Values with units, percent and degrees among them. */
#include "compare/compare.h"
#include "read/units.h"
#include "str.h"

#include <string.h>
#include <strings.h>

static bool is_same_kind(const Node *a, const Node *b) {
    return a->text.len == b->text.len && memcmp(a->text.ptr, b->text.ptr, a->text.len) == 0;
}

// 25° is 25 °C where the degree's kind is left open.
static bool is_temperature_and_degree(const Node *a, const Node *b) {
    return str_is(a->text, "degree") &&
           (str_is(b->text, "celsius") || str_is(b->text, "fahrenheit"));
}

static const Node *in_base_units(Work *work, const Node *quantity) {
    const Node *factor = node_rational(work, quantity->number);
    return node_binary(work, NODE_PRODUCT, quantity->child[0], factor);
}

// value * numerator / denominator * pi
static const Node *scaled(Work *work, const Node *value, long denominator, bool has_pi) {
    const Node *quotient = node_binary(work, NODE_QUOTIENT, value, node_integer(work, denominator));
    return has_pi ? node_binary(work, NODE_PRODUCT, quotient, node_make(work, NODE_PI, NULL, 0))
                  : quotient;
}

// 10% against 0.1, and against 10 where a percentage was asked for.
static AnswerVerdict compare_percent(Comparison *comparison, const Node *percent, const Node *plain,
                                     bool is_bare_reference) {
    const Node *part = scaled(comparison->work, percent->child[0], 100, false);
    AnswerVerdict bare = compare_nodes(comparison, percent->child[0], plain);
    // Where a percentage was asked for, a bare reference is one.
    if (comparison->percent == PERCENT_ASKED && is_bare_reference) {
        return bare;
    }
    AnswerVerdict verdict = compare_nodes(comparison, part, plain);
    if (verdict == ANSWER_EQUAL || comparison->percent == PERCENT_NOT_ASKED) {
        return verdict;
    }
    if (bare == ANSWER_EQUAL && comparison->percent == PERCENT_UNKNOWN) {
        return verdict_of(comparison, ANSWER_UNDECIDED,
                          "only one is a percentage; the problem must tell what was asked for");
    }
    return bare == ANSWER_DIFFERENT ? verdict : bare;
}

// An angle with pi in it is in radians.
static bool has_pi(const Node *node) {
    if (node->kind == NODE_PI) {
        return true;
    }
    for (uint32_t i = 0; i < node->n_children; i++) {
        if (has_pi(node->child[i])) {
            return true;
        }
    }
    return false;
}

// is_radians: `plain` was given in radians; else a bare number may be the degrees.
static AnswerVerdict compare_degrees(Comparison *comparison, const Node *degrees, const Node *plain,
                                     bool is_radians) {
    AnswerVerdict verdict = compare_nodes(comparison, degrees->child[0], plain);
    if (verdict == ANSWER_EQUAL && !is_radians && !has_pi(plain)) {
        return verdict;
    }
    AnswerVerdict radians =
        compare_nodes(comparison, scaled(comparison->work, degrees->child[0], 180, true), plain);
    return radians == ANSWER_DIFFERENT && verdict == ANSWER_UNDECIDED ? verdict : radians;
}

static AnswerVerdict compare_two(Comparison *comparison, const Node *reference,
                                 const Node *answer) {
    if (str_is(reference->text, "degree") && str_is(answer->text, "radian")) {
        return compare_degrees(comparison, reference, answer->child[0], true);
    }
    if (str_is(reference->text, "radian") && str_is(answer->text, "degree")) {
        return compare_degrees(comparison, answer, reference->child[0], true);
    }
    bool is_compatible = is_temperature_and_degree(reference, answer) ||
                         is_temperature_and_degree(answer, reference);
    if (!is_compatible && !is_same_kind(reference, answer)) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "the units differ");
    }
    if (is_compatible || mpq_equal(reference->number, answer->number)) {
        return compare_nodes(comparison, reference->child[0], answer->child[0]);
    }
    if (!node_is_scalar(reference->child[0]) || !node_is_scalar(answer->child[0])) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "the units differ");
    }
    return compare_nodes(comparison, in_base_units(comparison->work, reference),
                         in_base_units(comparison->work, answer));
}

// `10 m` is 10 metres where the other side has metres: a product whose last factor is a unit.
static bool read_letter_unit(Work *work, const Node *plain, Node *quantity, const Node **value) {
    Unit unit;
    if (plain->kind != NODE_PRODUCT || plain->child[plain->n_children - 1]->kind != NODE_SYMBOL ||
        !unit_read(work, plain->child[plain->n_children - 1]->text, &unit) || unit.kind.len == 0) {
        return false;
    }
    *value = plain->n_children == 2
                 ? plain->child[0]
                 : node_make(work, NODE_PRODUCT, plain->child, plain->n_children - 1);
    quantity->text = unit.kind;
    quantity->number = unit.factor;
    return *value != NULL;
}

// Whether the problem has the first word of a kind, of which the plural's end was taken off.
static bool stands_in(EmendStr kind, EmendStr problem) {
    uint64_t n = 0;
    while (n < kind.len && kind.ptr[n] != ' ') {
        n++;
    }
    // The last letters may change: inch, inches; penny, pennies.
    n = n > 4 ? n - 1 : n;
    for (uint64_t i = 0; i + n <= problem.len; i++) {
        if (strncasecmp(problem.ptr + i, kind.ptr, n) == 0) {
            return true;
        }
    }
    return kind.len == 2; // 12th
}

AnswerVerdict compare_quantities(Comparison *comparison, const Node *reference,
                                 const Node *answer) {
    if (reference->kind == NODE_QUANTITY && answer->kind == NODE_QUANTITY) {
        return compare_two(comparison, reference, answer);
    }
    bool is_first = reference->kind == NODE_QUANTITY;
    const Node *quantity = is_first ? reference : answer, *plain = is_first ? answer : reference;
    if (node_is_scalar(plain) && quantity->child[0]->kind == NODE_RATIO) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "one is a time of day");
    }
    if (node_is_scalar(plain) && node_is_scalar(quantity->child[0])) {
        if (str_is(quantity->text, "percent")) {
            return compare_percent(comparison, quantity, plain, !is_first);
        }
        if (str_is(quantity->text, "degree")) {
            return compare_degrees(comparison, quantity, plain, false);
        }
    }
    if (!is_first && quantity->unit && comparison->problem.len > 0 &&
        !stands_in(quantity->text, comparison->problem)) {
        return verdict_of(comparison, ANSWER_UNDECIDED,
                          "words behind the value, of which the problem does not speak");
    }
    AnswerVerdict verdict = is_first ? compare_nodes(comparison, quantity->child[0], plain)
                                     : compare_nodes(comparison, plain, quantity->child[0]);
    Node read = {.kind = NODE_QUANTITY};
    const Node *value = NULL;
    if (verdict != ANSWER_EQUAL && read_letter_unit(comparison->work, plain, &read, &value)) {
        read.child = &value;
        read.n_children = 1;
        return is_first ? compare_two(comparison, reference, &read)
                        : compare_two(comparison, &read, answer);
    }
    return verdict;
}

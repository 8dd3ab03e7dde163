/* SPDX-License-Identifier: Apache-2.0 */
/* Values with units, percent and degrees among them. */
#include "compare/compare.h"
#include "text.h"

#include <string.h>

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

static AnswerVerdict compare_two(Comparison *comparison, const Node *reference,
                                 const Node *answer) {
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

// value * numerator / denominator * pi
static const Node *scaled(Work *work, const Node *value, long denominator, bool has_pi) {
    const Node *quotient = node_binary(work, NODE_QUOTIENT, value, node_integer(work, denominator));
    return has_pi ? node_binary(work, NODE_PRODUCT, quotient, node_make(work, NODE_PI, NULL, 0))
                  : quotient;
}

// 10% against 0.1, and against 10 where a percentage was asked for.
static AnswerVerdict compare_percent(Comparison *comparison, const Node *percent,
                                     const Node *plain) {
    const Node *part = scaled(comparison->work, percent->child[0], 100, false);
    AnswerVerdict verdict = compare_nodes(comparison, part, plain);
    if (verdict == ANSWER_EQUAL || comparison->percent == PERCENT_NOT_ASKED) {
        return verdict;
    }
    AnswerVerdict bare = compare_nodes(comparison, percent->child[0], plain);
    if (bare == ANSWER_EQUAL && comparison->percent == PERCENT_UNKNOWN) {
        return verdict_of(comparison, ANSWER_UNDECIDED,
                          "only one is a percentage; the problem must tell what was asked for");
    }
    return bare == ANSWER_DIFFERENT ? verdict : bare;
}

static AnswerVerdict compare_degrees(Comparison *comparison, const Node *degrees,
                                     const Node *plain) {
    AnswerVerdict verdict = compare_nodes(comparison, degrees->child[0], plain);
    if (verdict == ANSWER_EQUAL) {
        return verdict;
    }
    AnswerVerdict radians =
        compare_nodes(comparison, scaled(comparison->work, degrees->child[0], 180, true), plain);
    return radians == ANSWER_DIFFERENT ? verdict : radians;
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
            return compare_percent(comparison, quantity, plain);
        }
        if (str_is(quantity->text, "degree")) {
            return compare_degrees(comparison, quantity, plain);
        }
    }
    return is_first ? compare_nodes(comparison, quantity->child[0], plain)
                    : compare_nodes(comparison, plain, quantity->child[0]);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Equations and inequalities. */
#include "compare/compare.h"
#include "scalar/scalar.h"
#include "str.h"

#include <string.h>

static bool is_capital(const Node *node) {
    return node->kind == NODE_SYMBOL && node->text.ptr[0] >= 'A' && node->text.ptr[0] <= 'Z';
}

static bool has_symbols_alone(const Node *node) {
    for (uint32_t i = 0; i < node->n_children; i++) {
        if (node->child[i]->kind != NODE_SYMBOL) {
            return false;
        }
    }
    return true;
}

static bool is_measure_of_angle(const Node *node) {
    return node->child[0]->kind == NODE_SYMBOL && str_is(node->child[0]->text, "m") &&
           node->child[1]->kind == NODE_SYMBOL && str_starts(node->child[1]->text, "angle ");
}

// f(x), f(x, y), f(3), but not f(-x) or f(x+1).
static bool has_plain_arguments(const Node *call) {
    for (uint32_t i = 0; i < call->n_children; i++) {
        const Node *argument = call->child[i];
        bool is_inner = argument->kind == NODE_CALL && argument->function == FN_OPAQUE &&
                        has_plain_arguments(argument); // f(g(x))
        if (argument->kind != NODE_SYMBOL && argument->kind != NODE_NUMBER && !is_inner) {
            return false;
        }
    }
    return true;
}

// What may stand for a value: x, f(x), words, AB (a length has two letters), (x, y), A : B.
static bool is_name(const Node *node) {
    switch (node->kind) {
    case NODE_SYMBOL:
    case NODE_WORDS:
        return true;
    case NODE_CALL:
        return node->function == FN_OPAQUE && has_plain_arguments(node);
    case NODE_PRODUCT:
        return node->n_children == 2 &&
               ((is_capital(node->child[0]) && is_capital(node->child[1])) ||
                is_measure_of_angle(node));
    case NODE_POWER: // A^{-1}
        return is_capital(node->child[0]) && node->child[1]->kind == NODE_NUMBER &&
               mpq_cmp_si(node->child[1]->number, -1, 1) == 0;
    case NODE_TUPLE:
    case NODE_RATIO:
        return has_symbols_alone(node);
    default:
        return false;
    }
}

// How many members stand before the first \approx that has a value before it.
static uint32_t n_exact_members(const Node *relation) {
    bool has_name = is_name(relation->child[0]);
    for (uint32_t i = 0; i + 1 < relation->n_children; i++) {
        if (relation->relation[i] == RELATION_APPROX && (i > 0 || !has_name)) {
            return i + 1;
        }
    }
    return relation->n_children;
}

// (x, y), but not (y, x): the values then stand in the order that a bare point has.
static bool is_in_order(const Node *names) {
    for (uint32_t i = 0; i + 1 < names->n_children; i++) {
        EmendStr a = names->child[i]->text, b = names->child[i + 1]->text;
        uint64_t n = a.len < b.len ? a.len : b.len;
        int order = memcmp(a.ptr, b.ptr, n);
        if (order > 0 || (order == 0 && a.len >= b.len)) {
            return false;
        }
    }
    return true;
}

static const Node *without_unit(const Node *node) {
    return node->kind == NODE_QUANTITY ? node->child[0] : node;
}

// value * percent / 100 against the other: -1, 0, 1, or 2
static int order_scaled(Work *work, const Node *value, long percent, const Node *other) {
    const Node *scaled = node_binary(
        work, NODE_PRODUCT, value,
        node_binary(work, NODE_QUOTIENT, node_integer(work, percent), node_integer(work, 100)));
    return scaled ? scalar_order(work, scaled, other) : 2;
}

// What stands behind \approx must be near what stands before it: within a tenth.
static bool approximations_agree(Comparison *comparison, const Node *relation, uint32_t n) {
    const Node *exact = without_unit(relation->child[n - 1]);
    for (uint32_t i = n; i < relation->n_children; i++) {
        const Node *other = without_unit(relation->child[i]);
        bool is_number = node_is_scalar(exact) && node_is_scalar(other) &&
                         (relation->relation[i - 1] == RELATION_APPROX ||
                          relation->relation[i - 1] == RELATION_EQUAL);
        if (!is_number) {
            return false;
        }
        int low = order_scaled(comparison->work, exact, 90, other);
        int high = order_scaled(comparison->work, exact, 110, other);
        if (low == 2 || high == 2 || low * high > 0) {
            return false;
        }
    }
    return true;
}

static bool has_symbol_argument(const Node *call) {
    for (uint32_t i = 0; i < call->n_children; i++) {
        if (node_has_symbol(call->child[i])) {
            return true;
        }
    }
    return false;
}

static bool is_chain_of_equals(const Node *relation, uint32_t n_members) {
    for (uint32_t i = 0; i + 1 < n_members; i++) {
        if (relation->relation[i] != RELATION_EQUAL && relation->relation[i] != RELATION_APPROX) {
            return false;
        }
    }
    return true;
}

static bool members_agree(Comparison *comparison, const Node *relation, uint32_t first,
                          uint32_t n) {
    for (uint32_t i = first; i + 1 < n; i++) {
        if (compare_nodes(comparison, relation->child[i], relation->child[n - 1]) != ANSWER_EQUAL) {
            return false;
        }
    }
    return true;
}

bool named_value(Comparison *comparison, const Node *node, NamedValue *out) {
    *out = (NamedValue){NULL, node};
    if (node->kind != NODE_RELATION) {
        return true;
    }
    if (node->n_children == 2 && node->relation[0] == RELATION_IN && is_name(node->child[0])) {
        *out = (NamedValue){node->child[0], node->child[1]};
        return true;
    }
    uint32_t n = n_exact_members(node), first = 0;
    if (!is_chain_of_equals(node, n) || !approximations_agree(comparison, node, n)) {
        return false;
    }
    const Node *name = NULL;
    if (is_name(node->child[0]) && n > 1) {
        name = node->child[0];
        first = 1;
    } else if (n == 2 && is_name(node->child[1]) && !node_has_symbol(node->child[0])) {
        *out = (NamedValue){node->child[1], node->child[0]}; // 5 = x
        return true;
    }
    // (x, y) = (1, 2): names in their order, which the values keep.
    bool is_vector = name && name->kind == NODE_TUPLE;
    bool has_several = is_vector || (name && name->kind == NODE_RATIO);
    if (has_several && (n != 2 || node->child[1]->kind != name->kind ||
                        node->child[1]->n_children != name->n_children)) {
        return false;
    }
    if (is_vector && !is_in_order(name)) {
        return false;
    }
    bool is_at_point = name && name->kind == NODE_CALL && !has_symbol_argument(name);
    for (uint32_t i = first; name && i < n; i++) {
        // f(1) = 2x tells of another thing than f(x) = 2x.
        if (node_contains(node->child[i], name) ||
            (is_at_point && node_has_symbol(node->child[i]))) {
            return false;
        }
    }
    if (!members_agree(comparison, node, first, n)) {
        return false;
    }
    *out = (NamedValue){name, node->child[n - 1]};
    return true;
}

static bool is_function_value(const Node *name) {
    return (name->kind == NODE_CALL && name->function == FN_OPAQUE) ||
           (name->kind == NODE_SYMBOL && str_is(name->text, "y"));
}

bool names_agree(const Node *a, const Node *b) {
    if (!a || !b || node_same(a, b)) {
        return true;
    }
    // f(x) = 2x and y = 2x
    return a->kind != b->kind && is_function_value(a) && is_function_value(b);
}

static bool is_equation(const Node *node) {
    return node->kind == NODE_RELATION && node->n_children == 2 &&
           node->relation[0] == RELATION_EQUAL && node_is_scalar(node->child[0]) &&
           node_is_scalar(node->child[1]);
}

static const Node *left_minus_right(Work *work, const Node *left, const Node *right) {
    return node_binary(work, NODE_SUM, left, node_unary(work, NODE_NEGATIVE, right));
}

static AnswerVerdict proportional(Comparison *comparison, const Node *reference, const Node *answer,
                                  bool is_positive) {
    switch (scalar_proportional(comparison->work, reference, answer, is_positive)) {
    case SCALAR_EQUAL:
        return verdict_of(comparison, ANSWER_EQUAL, "the same up to a factor");
    case SCALAR_DIFFERENT:
        return verdict_of(comparison, ANSWER_DIFFERENT, "not the same up to a factor");
    case SCALAR_UNDECIDED:
        break;
    }
    return verdict_of(comparison, ANSWER_UNDECIDED, "not shown to be the same relation");
}

static AnswerVerdict compare_equations(Comparison *comparison, const Node *reference,
                                       const Node *answer) {
    Work *work = comparison->work;
    const Node *a = left_minus_right(work, reference->child[0], reference->child[1]);
    const Node *b = left_minus_right(work, answer->child[0], answer->child[1]);
    return a && b ? proportional(comparison, a, b, false) : ANSWER_UNDECIDED;
}

// Whether a relation means something read from right to left.
static bool may_be_turned(const Node *node) {
    for (uint32_t i = 0; i + 1 < node->n_children; i++) {
        if (node->relation[i] == RELATION_IN || node->relation[i] > RELATION_APPROX) {
            return false;
        }
    }
    return true;
}

// Member by member, or against the reference turned round.
static AnswerVerdict compare_chains(Comparison *comparison, const Node *reference,
                                    const Node *answer, bool is_turned) {
    uint32_t n = reference->n_children;
    AnswerVerdict all = ANSWER_EQUAL;
    if (n != answer->n_children) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "not as many members");
    }
    for (uint32_t i = 0; i + 1 < n; i++) {
        Relation own =
            is_turned ? relation_turned(answer->relation[n - 2 - i]) : answer->relation[i];
        if (own != reference->relation[i]) {
            return verdict_of(comparison, ANSWER_DIFFERENT, "the relations differ");
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        AnswerVerdict one = compare_nodes(comparison, reference->child[i],
                                          answer->child[is_turned ? n - 1 - i : i]);
        if (one == ANSWER_DIFFERENT) {
            return one;
        }
        all = one == ANSWER_UNDECIDED ? one : all;
    }
    return all;
}

static bool is_greater(Relation relation) {
    return relation == RELATION_GREATER || relation == RELATION_GREATER_EQUAL;
}

// 2x < y: smaller side minus larger side, up to a positive factor.
static AnswerVerdict compare_inequalities(Comparison *comparison, const Node *reference,
                                          const Node *answer) {
    AnswerVerdict verdict = compare_chains(comparison, reference, answer, false);
    if (verdict == ANSWER_DIFFERENT && may_be_turned(reference) && may_be_turned(answer)) {
        verdict = compare_chains(comparison, reference, answer, true);
    }
    bool is_single = reference->n_children == 2 && answer->n_children == 2;
    for (uint32_t i = 0; is_single && i < 2; i++) {
        is_single = node_is_scalar(reference->child[i]) && node_is_scalar(answer->child[i]);
    }
    if (verdict != ANSWER_DIFFERENT || !is_single) {
        return verdict;
    }
    Relation a = reference->relation[0], b = answer->relation[0];
    bool is_turned_a = is_greater(a), is_turned_b = is_greater(b);
    a = is_turned_a ? relation_turned(a) : a;
    b = is_turned_b ? relation_turned(b) : b;
    if (a != b || a >= RELATION_IN) {
        return verdict;
    }
    const Node *left = left_minus_right(comparison->work, reference->child[is_turned_a],
                                        reference->child[!is_turned_a]);
    const Node *right =
        left_minus_right(comparison->work, answer->child[is_turned_b], answer->child[!is_turned_b]);
    return left && right ? proportional(comparison, left, right, a != RELATION_NOT_EQUAL)
                         : ANSWER_UNDECIDED;
}

static AnswerVerdict compare_values(Comparison *comparison, const Node *reference_node,
                                    const NamedValue *reference, const Node *answer_node,
                                    const NamedValue *answer) {
    bool is_curve = is_equation(reference_node) && is_equation(answer_node) &&
                    node_has_symbol(reference->value);
    if (names_agree(reference->name, answer->name)) {
        AnswerVerdict verdict = compare_nodes(comparison, reference->value, answer->value);
        if (verdict != ANSWER_DIFFERENT || !is_curve) {
            return verdict;
        }
    } else if (!is_curve) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "the names differ");
    }
    return compare_equations(comparison, reference_node, answer_node);
}

static bool is_membership(const Node *node) {
    return node->kind == NODE_RELATION && node->n_children == 2 && node->relation[0] == RELATION_IN;
}

static bool may_be_set(const Node *value) {
    return !node_is_scalar(value) && value->kind != NODE_MATRIX && value->kind != NODE_QUANTITY &&
           !(value->kind == NODE_TUPLE && value->open == '<');
}

AnswerVerdict compare_relations(Comparison *comparison, const Node *reference, const Node *answer) {
    NamedValue a, b;
    bool has_a = named_value(comparison, reference, &a);
    bool has_b = named_value(comparison, answer, &b);
    if (work_failed(comparison->work)) {
        return ANSWER_UNDECIDED;
    }
    if ((is_membership(reference) && !may_be_set(b.value)) ||
        (is_membership(answer) && !may_be_set(a.value))) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "one is a set, the other is none");
    }
    if (has_a && has_b) {
        return compare_values(comparison, reference, &a, answer, &b);
    }
    if (reference->kind != NODE_RELATION || answer->kind != NODE_RELATION) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "one is a relation, the other a value");
    }
    bool is_solved = has_a ? a.name && !node_has_symbol(a.value)
                           : is_set_of_reals(reference) && reads_as_reals(comparison, reference);
    if (is_solved) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "it is not solved for the name");
    }
    if (is_equation(reference) && is_equation(answer)) {
        return compare_equations(comparison, reference, answer);
    }
    return compare_inequalities(comparison, reference, answer);
}

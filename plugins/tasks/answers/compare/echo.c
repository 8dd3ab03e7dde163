/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/echo.h"
#include "compare/spelling.h"
#include "read/read.h"
#include "str.h"

#include <string.h>

enum { MAX_FORMULAS = 64, MAX_FORMULA_BYTES = 512, MAX_UNORDERED = 16, MAX_TEXT_EFFORT = 400000 };

static bool same_in_any_order(const Node *a, const Node *b);

static bool same_children(const Node *a, const Node *b, bool any_order) {
    bool is_taken[MAX_UNORDERED] = {false};
    for (uint32_t i = 0; i < a->n_children; i++) {
        uint32_t k = any_order ? 0 : i;
        if (!any_order && !same_in_any_order(a->child[i], b->child[i])) {
            return false;
        }
        while (any_order && k < b->n_children &&
               (is_taken[k] || !same_in_any_order(a->child[i], b->child[k]))) {
            k++;
        }
        if (k == b->n_children) {
            return false;
        }
        if (any_order) {
            is_taken[k] = true;
        }
    }
    return true;
}

static bool same_in_any_order(const Node *a, const Node *b) {
    if (a->n_children == 0 || a->kind != b->kind) {
        return node_same(a, b);
    }
    bool any_order =
        (a->kind == NODE_SUM || a->kind == NODE_PRODUCT) && a->n_children <= MAX_UNORDERED;
    if (a->n_children != b->n_children || a->n_nodes != b->n_nodes || a->function != b->function ||
        a->text.len != b->text.len ||
        (a->text.len > 0 && memcmp(a->text.ptr, b->text.ptr, a->text.len) != 0)) {
        return false;
    }
    return same_children(a, b, any_order);
}

static bool has_part(const Node *tree, const Node *part) {
    if (tree->n_nodes < part->n_nodes) {
        return false;
    }
    if (same_in_any_order(tree, part)) {
        return true;
    }
    for (uint32_t i = 0; i < tree->n_children; i++) {
        if (has_part(tree->child[i], part)) {
            return true;
        }
    }
    return false;
}

static bool is_number(const Node *node, long value) {
    return node->kind == NODE_NUMBER && mpq_cmp_si(node->number, value, 1) == 0;
}

// The one child of a sum that is not 0, of a product that is not 1; NULL where there are more.
static const Node *only_child(const Node *node, long neutral) {
    const Node *only = NULL;
    for (uint32_t i = 0; i < node->n_children; i++) {
        if (!is_number(node->child[i], neutral)) {
            if (only) {
                return NULL;
            }
            only = node->child[i];
        }
    }
    return only;
}

// Without what adds nothing: + 0, times 1, over 1, two signs.
static const Node *bare(const Node *node) {
    for (;;) {
        const Node *inner = NULL;
        if (node->kind == NODE_SUM || node->kind == NODE_PRODUCT) {
            inner = only_child(node, node->kind == NODE_PRODUCT);
        } else if ((node->kind == NODE_QUOTIENT || node->kind == NODE_POWER) &&
                   is_number(node->child[1], 1)) {
            inner = node->child[0];
        } else if (node->kind == NODE_NEGATIVE && node->child[0]->kind == NODE_NEGATIVE) {
            inner = node->child[0]->child[0];
        }
        if (!inner) {
            return node;
        }
        node = inner;
    }
}

static bool is_atom(const Node *node) {
    if (node->kind == NODE_NEGATIVE || node->kind == NODE_QUANTITY) {
        node = node->child[0];
    }
    return node->n_children == 0;
}

static bool has_same_unit(const Node *a, const Node *b) {
    return a->kind == NODE_QUANTITY && b->kind == NODE_QUANTITY && a->text.len == b->text.len &&
           memcmp(a->text.ptr, b->text.ptr, a->text.len) == 0 && mpq_equal(a->number, b->number);
}

// What to look for: the value, without a unit that the reference has too or has left out. A unit
// that was to be changed stays.
static const Node *wanted(Comparison *comparison, const Node *reference, const Node *answer) {
    NamedValue named;
    const Node *value = named_value(comparison, answer, &named) ? named.value : answer;
    bool is_changed = value->kind == NODE_QUANTITY && reference->kind == NODE_QUANTITY &&
                      !has_same_unit(reference, value);
    is_changed = is_changed || (value->kind == NODE_QUANTITY && str_is(value->text, "degree") &&
                                !is_atom(reference));
    if (value->kind == NODE_QUANTITY && !is_changed) {
        value = value->child[0];
    }
    value = bare(value);
    return is_atom(value) && !is_changed ? NULL : value;
}

// The next formula of a text, between dollars or \( \) or \[ \]; false where there is none.
static bool next_formula(EmendStr *rest, EmendStr *formula) {
    for (uint64_t i = 0; i < rest->len; i++) {
        EmendStr here = str_skip(*rest, i);
        bool is_bracket = str_starts(here, "\\(") || str_starts(here, "\\[");
        if (!is_bracket && here.ptr[0] == '\\') {
            i++;
            continue;
        }
        if (!is_bracket && here.ptr[0] != '$') {
            continue;
        }
        uint64_t begin = is_bracket || str_starts(here, "$$") ? 2 : 1, end = begin;
        while (end < here.len && (is_bracket ? !(here.ptr[end] == '\\' && end + 1 < here.len &&
                                                 strchr(")]", here.ptr[end + 1]))
                                             : here.ptr[end] != '$')) {
            end += here.ptr[end] == '\\' && !is_bracket ? 2 : 1;
        }
        end = end < here.len ? end : here.len;
        *formula = (EmendStr){here.ptr + begin, end - begin};
        *rest = str_skip(here, end + begin < here.len ? end + begin : here.len);
        return true;
    }
    return false;
}

// Each formula is read in a work of its own: one that cannot be read is passed by.
static bool formula_has(EmendStr formula, const Node *part) {
    Work work;
    Reading reading;
    if (formula.len > MAX_FORMULA_BYTES) {
        return false;
    }
    work_init(&work);
    bool has = read_answer(&work, formula, &reading) && has_part(reading.tree, part);
    work_finish(&work);
    return has;
}

// Only where neither is long: this takes the product of both.
static bool has_text(EmendStr problem, EmendStr answer) {
    return problem.len <= MAX_TEXT_EFFORT / (answer.len + 1) && spelling_contains(problem, answer);
}

bool echo_is_of_problem(Comparison *comparison, EmendStr problem, const Node *reference,
                        EmendStr answer, const Node *answer_tree) {
    EmendStr formula = {NULL, 0}, rest = problem;
    const Node *part = wanted(comparison, reference, answer_tree);
    NamedValue named;
    if (!part || (named_value(comparison, reference, &named) && has_part(named.value, part))) {
        return false;
    }
    int n = 0;
    for (; n < MAX_FORMULAS && next_formula(&rest, &formula); n++) {
        if (formula_has(formula, part)) {
            return true;
        }
    }
    return n == 0 && answer_tree->n_nodes > reference->n_nodes && has_text(problem, answer);
}

bool echo_is_the_question(const Node *answer) {
    bool is_asked =
        answer->kind == NODE_CALL && ((answer->function >= FN_GCD && answer->function <= FN_MOD) ||
                                      answer->function == FN_FLOOR || answer->function == FN_CEIL);
    if (is_asked && !node_has_symbol(answer)) {
        return true;
    }
    for (uint32_t i = 0; i < answer->n_children; i++) {
        if (echo_is_the_question(answer->child[i])) {
            return true;
        }
    }
    return false;
}

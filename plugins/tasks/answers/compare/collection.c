/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and sets. */
#include "compare/compare.h"
#include "str.h"

#include <string.h>

enum { MAX_MEMBERS = 256 };

typedef struct Members {
    const Node *items[MAX_MEMBERS]; // values, their names taken off
    const Node *names[MAX_MEMBERS]; // NULL: none
    uint32_t n;
    bool is_set;      // repetitions do not count
    bool is_ordered;  // something is left out
    bool is_assigned; // every part has a name of its own: x = 1, y = 2
} Members;

static bool add_member(Comparison *comparison, Members *members, const Node *node) {
    NamedValue named;
    if (!node || members->n == MAX_MEMBERS) {
        return false;
    }
    if (has_plus_minus(node)) {
        return add_member(comparison, members, with_signs(comparison->work, node, 1)) &&
               add_member(comparison, members, with_signs(comparison->work, node, -1));
    }
    // An equation or inequality stays what it is.
    if (!named_value(comparison, node, &named) ||
        (node->kind == NODE_RELATION && node->relation[0] == RELATION_IN)) {
        named = (NamedValue){NULL, node};
    }
    members->names[members->n] = named.name;
    members->items[members->n++] = named.value;
    members->is_ordered = members->is_ordered || node->kind == NODE_ELLIPSIS;
    return true;
}

static bool has_own_names(const Members *members) {
    for (uint32_t i = 0; i < members->n; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (members->names[k] && members->names[i] &&
                names_agree(members->names[k], members->names[i])) {
                return false;
            }
        }
        if (!members->names[i]) {
            return false;
        }
    }
    return members->n > 1;
}

static bool read_members(Comparison *comparison, const Node *node, Members *members) {
    members->n = 0;
    members->is_ordered = members->is_assigned = false;
    members->is_set = node->kind == NODE_SET;
    if (node->kind != NODE_LIST && node->kind != NODE_SET) {
        return add_member(comparison, members, node);
    }
    for (uint32_t i = 0; i < node->n_children; i++) {
        if (!add_member(comparison, members, node->child[i])) {
            return false;
        }
    }
    members->is_assigned = has_own_names(members);
    return true;
}

// The one name of all parts that have one; false where they have several.
static bool common_name(const Members *members, const Node **name) {
    *name = NULL;
    for (uint32_t i = 0; i < members->n; i++) {
        if (!names_agree(*name, members->names[i])) {
            return false;
        }
        *name = *name ? *name : members->names[i];
    }
    return true;
}

static bool drop_repetitions(Comparison *comparison, Members *members) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < members->n; i++) {
        AnswerVerdict verdict = ANSWER_DIFFERENT;
        for (uint32_t k = 0; k < n && verdict == ANSWER_DIFFERENT; k++) {
            verdict = compare_nodes(comparison, members->items[k], members->items[i]);
        }
        if (verdict == ANSWER_UNDECIDED) {
            return false;
        }
        if (verdict == ANSWER_DIFFERENT) {
            members->items[n++] = members->items[i];
        }
    }
    members->n = n;
    return true;
}

// Every part of one has its own equal in the other.
static AnswerVerdict match(Comparison *comparison, const Members *reference,
                           const Members *answer) {
    bool is_taken[MAX_MEMBERS] = {false};
    bool is_open = false;
    for (uint32_t i = 0; i < reference->n; i++) {
        AnswerVerdict best = ANSWER_DIFFERENT;
        for (uint32_t k = 0; k < answer->n && best != ANSWER_EQUAL; k++) {
            if (is_taken[k] || !names_agree(reference->names[i], answer->names[k])) {
                continue;
            }
            AnswerVerdict one = compare_nodes(comparison, reference->items[i], answer->items[k]);
            if (one == ANSWER_EQUAL) {
                is_taken[k] = true;
            }
            best = one == ANSWER_DIFFERENT ? best : one;
        }
        if (best == ANSWER_DIFFERENT) {
            return verdict_of(comparison, ANSWER_DIFFERENT, "a part has no equal");
        }
        is_open = is_open || best == ANSWER_UNDECIDED;
    }
    return is_open ? verdict_of(comparison, ANSWER_UNDECIDED, "some parts could not be compared")
                   : verdict_of(comparison, ANSWER_EQUAL, "the same parts");
}

static bool has_any_name(const Members *members) {
    for (uint32_t i = 0; i < members->n; i++) {
        if (members->names[i]) {
            return true;
        }
    }
    return false;
}

static int order_of_names(const Node *a, const Node *b) {
    uint64_t n = a->text.len < b->text.len ? a->text.len : b->text.len;
    int order = memcmp(a->text.ptr, b->text.ptr, n);
    return order != 0 ? order : (a->text.len > b->text.len) - (a->text.len < b->text.len);
}

// x = 1, y = 2 against (1, 2): the values by their names in alphabetical order.
static AnswerVerdict compare_assigned(Comparison *comparison, const Members *assigned,
                                      const Node *tuple) {
    const Node *values[MAX_MEMBERS];
    if (tuple->kind != NODE_TUPLE || tuple->open != '(' || tuple->close != ')' ||
        tuple->n_children != assigned->n) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "not as many parts");
    }
    for (uint32_t i = 0; i < assigned->n; i++) {
        uint32_t rank = 0;
        if (assigned->names[i]->kind != NODE_SYMBOL) {
            return verdict_of(comparison, ANSWER_DIFFERENT, "the names have no order");
        }
        for (uint32_t k = 0; k < assigned->n; k++) {
            if (assigned->names[k]->kind == NODE_SYMBOL) {
                rank += order_of_names(assigned->names[k], assigned->names[i]) < 0;
            }
        }
        values[rank] = assigned->items[i];
    }
    return compare_in_order(comparison, tuple->child, values, assigned->n);
}

static AnswerVerdict compare_members(Comparison *comparison, Members *reference, Members *answer) {
    const Node *a = NULL, *b = NULL;
    if (!reference->is_assigned && !answer->is_assigned &&
        (!common_name(reference, &a) || !common_name(answer, &b) || !names_agree(a, b))) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "the names differ");
    }
    if ((reference->is_set && !drop_repetitions(comparison, reference)) ||
        (answer->is_set && !drop_repetitions(comparison, answer))) {
        return verdict_of(comparison, ANSWER_UNDECIDED, "some parts could not be compared");
    }
    if (reference->n != answer->n) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "not as many parts");
    }
    // x = 1, y = 2 against 1, 2 without names: in order. Not against x = 1, x = 2.
    bool is_mixed = reference->is_assigned != answer->is_assigned;
    if (is_mixed && has_any_name(reference) && has_any_name(answer)) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "the names differ");
    }
    if (reference->is_ordered || answer->is_ordered || is_mixed) {
        return compare_in_order(comparison, reference->items, answer->items, reference->n);
    }
    return match(comparison, reference, answer);
}

static bool is_value(const Node *node) {
    return node_is_scalar(node) || node->kind == NODE_QUANTITY || node->kind == NODE_WORDS;
}

// "and" against "or": the same of numbers, which are listed either way; not of names, relations,
// words.
static bool joints_differ(const Node *reference, const Node *answer, const Members *members) {
    bool is_or[] = {reference->kind == NODE_LIST && reference->open == '|',
                    answer->kind == NODE_LIST && answer->open == '|'};
    if (is_or[0] == is_or[1]) {
        return false;
    }
    bool is_plain = !members[0].is_assigned && !members[1].is_assigned;
    for (int side = 0; side < 2; side++) {
        for (uint32_t i = 0; is_plain && i < members[side].n; i++) {
            const Node *item = members[side].items[i];
            is_plain = item->kind != NODE_RELATION && item->kind != NODE_WORDS;
        }
    }
    // One side's comma may stand for either.
    bool has_comma = (is_or[0] ? answer : reference)->kind == NODE_LIST &&
                     (is_or[0] ? answer : reference)->open == ',';
    return !is_plain && !(has_comma && !members[0].is_assigned);
}

static AnswerVerdict compare_parts(Comparison *comparison, const Node *reference,
                                   const Node *answer) {
    Members *members = work_alloc(comparison->work, 2 * sizeof *members);
    if (!members || !read_members(comparison, reference, &members[0]) ||
        !read_members(comparison, answer, &members[1])) {
        return verdict_of(comparison, ANSWER_UNDECIDED, "a list is too long");
    }
    if (joints_differ(reference, answer, members)) {
        return verdict_of(comparison, ANSWER_DIFFERENT,
                          "one is joined by \"or\", the other is not");
    }
    bool is_list[] = {reference->kind == NODE_LIST || reference->kind == NODE_SET,
                      answer->kind == NODE_LIST || answer->kind == NODE_SET};
    if (members[0].is_assigned && !is_list[1]) {
        return compare_assigned(comparison, &members[0], members[1].items[0]);
    }
    if (members[1].is_assigned && !is_list[0]) {
        return compare_assigned(comparison, &members[1], members[0].items[0]);
    }
    if (is_list[0] && is_list[1]) {
        return compare_members(comparison, &members[0], &members[1]);
    }
    // {5} is 5, and so is "5 or 5.0"; but 1, 1 is not 1.
    const Node *single = is_list[0] ? answer : reference;
    bool is_inside = comparison->n_inside > 1;
    Members *several = &members[is_list[0] ? 0 : 1];
    bool is_alternative = (is_list[0] ? reference : answer)->open == '|';
    if ((several->is_set || is_alternative) && !drop_repetitions(comparison, several)) {
        return verdict_of(comparison, ANSWER_UNDECIDED, "some parts could not be compared");
    }
    if (several->n != 1 || (several->is_set && (is_inside || !is_value(several->items[0])))) {
        return verdict_of(comparison, ANSWER_DIFFERENT, "not as many parts");
    }
    return is_list[0] ? compare_nodes(comparison, several->items[0], single)
                      : compare_nodes(comparison, single, several->items[0]);
}

AnswerVerdict compare_collections(Comparison *comparison, const Node *reference,
                                  const Node *answer) {
    comparison->n_inside++;
    AnswerVerdict verdict = compare_parts(comparison, reference, answer);
    comparison->n_inside--;
    return verdict;
}

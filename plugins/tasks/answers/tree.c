/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <string.h>

Node *node_make(Work *work, NodeKind kind, const Node *const *children, uint32_t n_children) {
    uint32_t n_nodes = 1;
    for (uint32_t i = 0; i < n_children; i++) {
        if (!children[i]) {
            return NULL;
        }
        n_nodes += children[i]->n_nodes;
    }
    size_t size = n_children * sizeof(const Node *);
    Node *node = work_alloc(work, sizeof *node + size);
    if (!node) {
        return NULL;
    }
    *node = (Node){.kind = kind, .n_children = n_children, .n_nodes = n_nodes};
    if (n_children > 0) {
        node->child = memcpy(node + 1, children, size);
    }
    return node;
}

Node *node_unary(Work *work, NodeKind kind, const Node *child) {
    return node_make(work, kind, &child, 1);
}

Node *node_binary(Work *work, NodeKind kind, const Node *left, const Node *right) {
    const Node *children[] = {left, right};
    return node_make(work, kind, children, 2);
}

Node *node_call(Work *work, Function function, const Node *const *arguments, uint32_t n) {
    Node *node = node_make(work, NODE_CALL, arguments, n);
    if (node) {
        node->function = function;
    }
    return node;
}

Node *node_text(Work *work, NodeKind kind, EmendStr text) {
    Node *node = node_make(work, kind, NULL, 0);
    if (node) {
        node->text = text;
    }
    return node;
}

Node *node_rational(Work *work, mpq_srcptr value) {
    mpq_ptr number = work_rational(work);
    Node *node = number ? node_make(work, NODE_NUMBER, NULL, 0) : NULL;
    if (node) {
        mpq_set(number, value);
        node->number = number;
    }
    return node;
}

Node *node_integer(Work *work, long value) {
    mpq_ptr number = work_rational(work);
    Node *node = number ? node_make(work, NODE_NUMBER, NULL, 0) : NULL;
    if (node) {
        mpq_set_si(number, value, 1);
        node->number = number;
    }
    return node;
}

bool node_is_scalar(const Node *node) {
    return node->kind <= NODE_PLUS_MINUS;
}

static bool same_text(EmendStr a, EmendStr b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool same_shape(const Node *a, const Node *b) {
    if (a->kind != b->kind || a->n_children != b->n_children || a->n_nodes != b->n_nodes ||
        a->function != b->function || a->sign != b->sign || a->n_rows != b->n_rows ||
        a->base != b->base || a->unit != b->unit || a->open != b->open || a->close != b->close ||
        !same_text(a->text, b->text) || (a->number && !mpq_equal(a->number, b->number))) {
        return false;
    }
    for (uint32_t i = 0; a->relation && i + 1 < a->n_children; i++) {
        if (a->relation[i] != b->relation[i]) {
            return false;
        }
    }
    return true;
}

bool node_same(const Node *a, const Node *b) {
    if (!same_shape(a, b)) {
        return false;
    }
    for (uint32_t i = 0; i < a->n_children; i++) {
        if (!node_same(a->child[i], b->child[i])) {
            return false;
        }
    }
    return true;
}

bool node_has_symbol(const Node *node) {
    if (node->kind == NODE_SYMBOL || (node->kind == NODE_CALL && node->function == FN_OPAQUE)) {
        return true;
    }
    for (uint32_t i = 0; i < node->n_children; i++) {
        if (node_has_symbol(node->child[i])) {
            return true;
        }
    }
    return false;
}

bool node_contains(const Node *tree, const Node *part) {
    if (node_same(tree, part)) {
        return true;
    }
    for (uint32_t i = 0; i < tree->n_children; i++) {
        if (node_contains(tree->child[i], part)) {
            return true;
        }
    }
    return false;
}

Relation relation_turned(Relation relation) {
    switch (relation) {
    case RELATION_LESS:
        return RELATION_GREATER;
    case RELATION_LESS_EQUAL:
        return RELATION_GREATER_EQUAL;
    case RELATION_GREATER:
        return RELATION_LESS;
    case RELATION_GREATER_EQUAL:
        return RELATION_LESS_EQUAL;
    default:
        return relation;
    }
}

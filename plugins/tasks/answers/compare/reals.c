/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of real numbers as pieces between two ends: unions, inequalities, R without some points. */
#include "compare/compare.h"
#include "scalar/scalar.h"
#include "str.h"

#include <string.h>

enum { MAX_PIECES = 32 };

typedef struct Piece {
    const Node *low, *high; // NODE_INFINITY and its negative are ends as well
    bool has_low, has_high; // whether the ends belong to it
} Piece;

// Pieces in order, with gaps between them; a name where an inequality is about one.
typedef struct Reals {
    Piece pieces[MAX_PIECES];
    uint32_t n;
    const Node *name;
} Reals;

static bool read_reals(Comparison *comparison, const Node *node, Reals *out);

static bool is_inequality(const Node *node) {
    if (node->kind != NODE_RELATION) {
        return false;
    }
    for (uint32_t i = 0; i + 1 < node->n_children; i++) {
        Relation relation = node->relation[i];
        if (relation < RELATION_NOT_EQUAL || relation > RELATION_GREATER_EQUAL) {
            return false;
        }
    }
    return true;
}

static bool is_infinite(const Node *node) {
    return node->kind == NODE_INFINITY ||
           (node->kind == NODE_NEGATIVE && node->child[0]->kind == NODE_INFINITY);
}

static bool has_infinite_end(const Node *tuple) {
    return tuple->n_children == 2 && (is_infinite(tuple->child[0]) || is_infinite(tuple->child[1]));
}

bool is_set_of_reals(const Node *node) {
    if (node->kind == NODE_LIST && node->open != ',') {
        for (uint32_t i = 0; i < node->n_children; i++) {
            const Node *part = node->child[i];
            bool is_interval = part->kind == NODE_TUPLE && node->open == '|' &&
                               (part->open == '[' || part->close == ']' || has_infinite_end(part));
            if (is_interval || (part->kind == NODE_RELATION && is_set_of_reals(part))) {
                return true;
            }
        }
        return false;
    }
    if (node->kind == NODE_RELATION) {
        return is_inequality(node) || (node->n_children == 2 && node->relation[0] == RELATION_IN);
    }
    return node->kind == NODE_UNION || node->kind == NODE_INTERSECTION ||
           node->kind == NODE_WITHOUT || node->kind == NODE_NAMED_SET;
}

static const Node *infinity(Work *work, bool is_negative) {
    const Node *node = node_make(work, NODE_INFINITY, NULL, 0);
    return is_negative ? node_unary(work, NODE_NEGATIVE, node) : node;
}

static bool add_piece(Reals *reals, const Node *low, bool has_low, const Node *high,
                      bool has_high) {
    if (reals->n == MAX_PIECES || !low || !high) {
        return false;
    }
    reals->pieces[reals->n++] =
        (Piece){low, high, has_low && !is_infinite(low), has_high && !is_infinite(high)};
    return true;
}

// Puts an interval where its ends are in order; a point needs both of them.
static bool add_interval(Work *work, Reals *reals, const Node *low, bool has_low, const Node *high,
                         bool has_high) {
    int order = scalar_order(work, low, high);
    if (order == 2 || order > 0 || (order == 0 && !(has_low && has_high))) {
        return false;
    }
    return add_piece(reals, low, has_low, high, has_high);
}

// Whether piece a begins before b: -1, 0, 1; 2 where it cannot be told.
static int order_of_lows(Work *work, const Piece *a, const Piece *b) {
    int order = scalar_order(work, a->low, b->low);
    return order != 0 ? order : (int)b->has_low - (int)a->has_low;
}

static bool sort_pieces(Work *work, Reals *reals) {
    for (uint32_t i = 1; i < reals->n; i++) {
        Piece piece = reals->pieces[i];
        uint32_t k = i;
        for (; k > 0; k--) {
            int order = order_of_lows(work, &reals->pieces[k - 1], &piece);
            if (order == 2) {
                return false;
            }
            if (order <= 0) {
                break;
            }
            reals->pieces[k] = reals->pieces[k - 1];
        }
        reals->pieces[k] = piece;
    }
    return true;
}

// Sorts, and joins pieces that overlap or touch.
static bool normalise(Work *work, Reals *reals) {
    uint32_t n = 0;
    if (!sort_pieces(work, reals)) {
        return false;
    }
    for (uint32_t i = 0; i < reals->n; i++) {
        Piece *last = n > 0 ? &reals->pieces[n - 1] : NULL;
        Piece piece = reals->pieces[i];
        int gap = last ? scalar_order(work, last->high, piece.low) : -1;
        if (gap == 2) {
            return false;
        }
        if (!last || gap < 0 || (gap == 0 && !last->has_high && !piece.has_low)) {
            reals->pieces[n++] = piece;
            continue;
        }
        int order = scalar_order(work, last->high, piece.high);
        if (order == 2) {
            return false;
        }
        if (order < 0) {
            last->high = piece.high;
            last->has_high = piece.has_high;
        } else if (order == 0) {
            last->has_high = last->has_high || piece.has_high;
        }
    }
    reals->n = n;
    return true;
}

// What is between the pieces, which are in order.
static bool complement(Work *work, const Reals *reals, Reals *out) {
    const Node *low = infinity(work, true);
    bool has_low = false;
    *out = (Reals){.name = reals->name};
    for (uint32_t i = 0; i < reals->n; i++) {
        const Piece *piece = &reals->pieces[i];
        if (!is_infinite(piece->low) &&
            !add_piece(out, low, has_low, piece->low, !piece->has_low)) {
            return false;
        }
        low = piece->high;
        has_low = !piece->has_high;
        if (is_infinite(low)) {
            return true;
        }
    }
    return add_piece(out, low, has_low, infinity(work, false), false);
}

static bool join(Work *work, Reals *reals, const Reals *more) {
    for (uint32_t i = 0; i < more->n; i++) {
        const Piece *piece = &more->pieces[i];
        if (!add_piece(reals, piece->low, piece->has_low, piece->high, piece->has_high)) {
            return false;
        }
    }
    reals->name = reals->name ? reals->name : more->name;
    return normalise(work, reals);
}

// De Morgan.
static bool intersect(Work *work, Reals *reals, const Reals *with) {
    Reals a, b;
    const Node *name = reals->name ? reals->name : with->name;
    if (!complement(work, reals, &a) || !complement(work, with, &b) || !join(work, &a, &b) ||
        !complement(work, &a, reals)) {
        return false;
    }
    reals->name = name;
    return true;
}

static bool read_tuple(Work *work, const Node *node, Reals *out) {
    return node->n_children == 2 && node->open != '<' && node_is_scalar(node->child[0]) &&
           node_is_scalar(node->child[1]) &&
           add_interval(work, out, node->child[0], node->open == '[', node->child[1],
                        node->close == ']');
}

static bool read_points(Work *work, const Node *node, Reals *out) {
    for (uint32_t i = 0; i < node->n_children; i++) {
        if (!node_is_scalar(node->child[i]) || is_infinite(node->child[i]) ||
            !add_interval(work, out, node->child[i], true, node->child[i], true)) {
            return false;
        }
    }
    return normalise(work, out);
}

static bool read_operation(Comparison *comparison, const Node *node, NodeKind kind, Reals *out) {
    for (uint32_t i = 0; i < node->n_children; i++) {
        Reals part, rest;
        if (!read_reals(comparison, node->child[i], &part) ||
            (i > 0 && !names_agree(out->name, part.name))) {
            return false;
        }
        bool is_done = false;
        if (i == 0) {
            *out = part;
            is_done = true;
        } else if (kind == NODE_UNION) {
            is_done = join(comparison->work, out, &part);
        } else if (kind == NODE_INTERSECTION) {
            is_done = intersect(comparison->work, out, &part);
        } else {
            is_done = complement(comparison->work, &part, &rest) &&
                      intersect(comparison->work, out, &rest);
        }
        if (!is_done) {
            return false;
        }
    }
    return true;
}

static bool is_constant(const Node *node) {
    return node_is_scalar(node) && !node_has_symbol(node);
}

static bool is_name(const Node *node) {
    return node->kind == NODE_SYMBOL || (node->kind == NODE_CALL && node->function == FN_OPAQUE);
}

// name relation bound
static bool add_bound(Work *work, Relation relation, const Node *bound, Reals *out) {
    switch (relation) {
    case RELATION_LESS:
    case RELATION_LESS_EQUAL:
        return add_piece(out, infinity(work, true), false, bound, relation == RELATION_LESS_EQUAL);
    case RELATION_GREATER:
    case RELATION_GREATER_EQUAL:
        return add_piece(out, bound, relation == RELATION_GREATER_EQUAL, infinity(work, false),
                         false);
    case RELATION_NOT_EQUAL:
        return add_piece(out, infinity(work, true), false, bound, false) &&
               add_piece(out, bound, false, infinity(work, false), false);
    default:
        return false;
    }
}

// x < 2, 2 > x, 1 < x <= 3: a name among bounds without symbols.
static bool read_inequality(Work *work, const Node *node, Reals *out) {
    const Node *const *member = node->child;
    const Relation *relation = node->relation;
    if (node->n_children == 2) {
        bool is_first = is_name(member[0]);
        out->name = member[is_first ? 0 : 1];
        const Node *bound = member[is_first ? 1 : 0];
        return is_name(out->name) && is_constant(bound) && !is_infinite(bound) &&
               add_bound(work, is_first ? relation[0] : relation_turned(relation[0]), bound, out);
    }
    if (node->n_children != 3 || !is_name(member[1]) || !is_constant(member[0]) ||
        !is_constant(member[2])) {
        return false;
    }
    bool is_up = relation[0] == RELATION_LESS || relation[0] == RELATION_LESS_EQUAL;
    bool is_also_up = relation[1] == RELATION_LESS || relation[1] == RELATION_LESS_EQUAL;
    if (is_up != is_also_up || relation[0] == RELATION_NOT_EQUAL ||
        relation[1] == RELATION_NOT_EQUAL) {
        return false;
    }
    out->name = member[1];
    bool has_low = relation[is_up ? 0 : 1] != (is_up ? RELATION_LESS : RELATION_GREATER);
    bool has_high = relation[is_up ? 1 : 0] != (is_up ? RELATION_LESS : RELATION_GREATER);
    return add_interval(work, out, member[is_up ? 0 : 2], has_low, member[is_up ? 2 : 0], has_high);
}

static bool read_relation(Comparison *comparison, const Node *node, Reals *out) {
    NamedValue named;
    if (is_inequality(node)) {
        return read_inequality(comparison->work, node, out);
    }
    if (!named_value(comparison, node, &named) || !named.name) {
        return false;
    }
    bool is_read =
        is_constant(named.value) && !is_infinite(named.value)
            ? add_interval(comparison->work, out, named.value, true, named.value, true)
            : node->relation[0] == RELATION_IN && read_reals(comparison, named.value, out);
    out->name = named.name;
    return is_read;
}

static bool read_reals(Comparison *comparison, const Node *node, Reals *out) {
    Work *work = comparison->work;
    *out = (Reals){0};
    switch (node->kind) {
    case NODE_TUPLE:
        return read_tuple(work, node, out);
    case NODE_SET:
        return read_points(work, node, out);
    case NODE_NAMED_SET:
        return str_is(node->text, "R") &&
               add_piece(out, infinity(work, true), false, infinity(work, false), false);
    case NODE_UNION:
    case NODE_INTERSECTION:
    case NODE_WITHOUT:
        return read_operation(comparison, node, node->kind, out);
    case NODE_RELATION:
        return read_relation(comparison, node, out);
    case NODE_LIST: // x < 1 or x > 2
        return is_set_of_reals(node) &&
               read_operation(comparison, node, node->open == '&' ? NODE_INTERSECTION : NODE_UNION,
                              out);
    default:
        return false;
    }
}

bool reads_as_reals(Comparison *comparison, const Node *node) {
    Reals reals;
    return read_reals(comparison, node, &reals);
}

// 1 equal, 0 different, 2 not known
static int compare_ends(Work *work, const Node *a, const Node *b) {
    int order = scalar_order(work, a, b);
    return order == 2 ? 2 : order == 0;
}

bool compare_reals(Comparison *comparison, const Node *reference, const Node *answer,
                   AnswerVerdict *verdict) {
    Reals a, b;
    if (!read_reals(comparison, reference, &a) || !read_reals(comparison, answer, &b)) {
        return false;
    }
    if (!names_agree(a.name, b.name)) {
        *verdict = verdict_of(comparison, ANSWER_DIFFERENT, "the names differ");
        return true;
    }
    *verdict = verdict_of(comparison, ANSWER_DIFFERENT, "not the same set of numbers");
    if (a.n != b.n) {
        return true;
    }
    for (uint32_t i = 0; i < a.n; i++) {
        const Piece *x = &a.pieces[i], *y = &b.pieces[i];
        int low = compare_ends(comparison->work, x->low, y->low);
        int high = compare_ends(comparison->work, x->high, y->high);
        if (low == 2 || high == 2) {
            return false;
        }
        if (!low || !high || x->has_low != y->has_low || x->has_high != y->has_high) {
            return true;
        }
    }
    *verdict = verdict_of(comparison, ANSWER_EQUAL, "the same set of numbers");
    return true;
}

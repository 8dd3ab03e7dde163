/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ANSWERS_TREE_H
#define ANSWERS_TREE_H
/* What a text of mathematics means, as a tree. Nodes live in a Work and are not changed once made.
 */
#include "work.h"

typedef enum NodeKind {
    /* Scalars: a number, or an expression that stands for one. */
    NODE_NUMBER, /* number: exact */
    NODE_SYMBOL, /* text: "x", "x_1", "theta": a variable */
    NODE_PI,
    NODE_E,
    NODE_I, /* the imaginary unit */
    NODE_INFINITY,
    NODE_SUM,        /* child: two or more */
    NODE_PRODUCT,    /* child: two or more */
    NODE_NEGATIVE,   /* child[0] */
    NODE_QUOTIENT,   /* child[0] / child[1] */
    NODE_POWER,      /* child[0] ^ child[1] */
    NODE_ROOT,       /* the child[1]-th root of child[0]; of a negative real number, with an odd
                        index, the real one */
    NODE_CALL,       /* function of child[0], .. */
    NODE_PLUS_MINUS, /* child[0] with either sign; sign: 1 for \pm, -1 for \mp. Never below what
                        scalar.h is handed */

    /* Structures: what scalars stand in. Never below a scalar. */
    NODE_LIST,  /* a, b, c: in any order */
    NODE_TUPLE, /* open, close: "(" "[" "<", ")" "]" ">": a point, a vector or an interval */
    NODE_SET,   /* \{a, b\} */
    NODE_UNION,
    NODE_INTERSECTION,
    NODE_WITHOUT,   /* child[0] \setminus child[1] */
    NODE_MATRIX,    /* n_rows rows, child by rows; open: "p" "b" "v" "V" "B" or ' ' */
    NODE_RELATION,  /* child[0] relation[0] child[1] relation[1] child[2] .. */
    NODE_RATIO,     /* a : b : c */
    NODE_QUANTITY,  /* child[0] with a unit: text as written, unit: 1 where it is words that are no
                   known unit; number: its size */
    NODE_BASED,     /* digits in base `base`: text, without leading zeros; number: the value */
    NODE_WORDS,     /* text: words in lower case, single spaces between */
    NODE_NAMED_SET, /* text: "R", "Z", "N", "Q", "C" */
    NODE_ELLIPSIS
} NodeKind;

typedef enum Function {
    FN_SIN,
    FN_COS,
    FN_TAN,
    FN_COT,
    FN_SEC,
    FN_CSC,
    FN_ARCSIN,
    FN_ARCCOS,
    FN_ARCTAN,
    FN_ARCCOT,
    FN_ARCSEC,
    FN_ARCCSC,
    FN_SINH,
    FN_COSH,
    FN_TANH,
    FN_ARSINH,
    FN_ARCOSH,
    FN_ARTANH,
    FN_LN,
    FN_LOG, /* child[0] to the base child[1] */
    FN_ABS, /* of a complex number, its modulus */
    FN_FLOOR,
    FN_CEIL,
    FN_FACTORIAL,
    FN_BINOMIAL, /* child[0] over child[1] */
    FN_GCD,
    FN_LCM,
    FN_MAX,
    FN_MIN,   /* one or more */
    FN_MOD,   /* child[0] mod child[1] */
    FN_OPAQUE /* text names it: "f", "overline": equal arguments give equal values */
} Function;

typedef enum Relation {
    RELATION_EQUAL,
    RELATION_NOT_EQUAL,
    RELATION_LESS,
    RELATION_LESS_EQUAL,
    RELATION_GREATER,
    RELATION_GREATER_EQUAL,
    RELATION_IN,
    RELATION_APPROX,
    /* Not turned round, and compared part by part alone. */
    RELATION_NOT_IN,
    RELATION_SUBSET,
    RELATION_SUBSET_EQUAL,
    RELATION_SIMILAR,
    RELATION_CONGRUENT,
    RELATION_EQUIVALENT
} Relation;

typedef struct Node Node;
struct Node {
    NodeKind kind;
    uint32_t n_children;
    const Node *const *child;
    mpq_srcptr number; /* NUMBER, BASED */
    EmendStr text;
    const Relation *relation; /* n_children - 1 of them */
    Function function;
    int32_t sign;
    uint32_t n_rows, base, unit;
    uint32_t n_decimals; /* NUMBER written with a decimal point: digits behind it, plus 1 */
    uint32_t n_nodes;    /* of this tree, itself counted */
    char open, close;
};

/* Makers return NULL where the work's bounds are reached, or where a child is NULL. */
Node *node_make(Work *work, NodeKind kind, const Node *const *children, uint32_t n_children);
Node *node_unary(Work *work, NodeKind kind, const Node *child);
Node *node_binary(Work *work, NodeKind kind, const Node *left, const Node *right);
Node *node_call(Work *work, Function function, const Node *const *arguments, uint32_t n);
Node *node_text(Work *work, NodeKind kind, EmendStr text); /* borrows text */
Node *node_integer(Work *work, long value);
Node *node_rational(Work *work, mpq_srcptr value);

bool node_is_scalar(const Node *node);
/* Whether the two trees are the same, node for node. */
bool node_same(const Node *a, const Node *b);
/* Whether a part of the tree is the same as `part`. */
bool node_contains(const Node *tree, const Node *part);
/* The relation read from right to left: < for >. Others stay what they are. */
Relation relation_turned(Relation relation);
/* Whether a symbol occurs in the tree. */
bool node_has_symbol(const Node *node);

#endif

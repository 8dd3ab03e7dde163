/* SPDX-License-Identifier: Apache-2.0 */
/* What brackets hold: groups, points, intervals, sets, absolute values, matrices. */
#include "read/parser.h"

#include <string.h>

enum { MAX_CELLS = 100 };

bool parse_opens(const Parser *parser) {
    switch (parser->token->kind) {
    case TOKEN_OPEN:
    case TOKEN_GROUP_OPEN:
    case TOKEN_SET_OPEN:
    case TOKEN_FLOOR_OPEN:
    case TOKEN_CEIL_OPEN:
    case TOKEN_EMPTY_SET:
    case TOKEN_NAMED_SET:
    case TOKEN_BEGIN:
        return true;
    case TOKEN_BAR:
        return parser->token->value == 1 || (parser->token->value == 0 && parser->n_bars == 0);
    default:
        return false;
    }
}

// {a \over b}, {n \choose k}, {1, 2}, {x}
static const Node *parse_group(Parser *parser) {
    bool is_plain = parser->token++->value == 1;
    const Node *node = parse_list(parser);
    if (node && (parse_next_is(parser, TOKEN_OVER) || parse_next_is(parser, TOKEN_CHOOSE))) {
        bool is_over = parser->token++->kind == TOKEN_OVER;
        const Node *below = parse_scalar(parser, parse_sum(parser));
        const Node *arguments[] = {parse_scalar(parser, node), below};
        node = !below    ? NULL
               : is_over ? node_make(parser->work, NODE_QUOTIENT, arguments, 2)
                         : node_call(parser->work, FN_BINOMIAL, arguments, 2);
    }
    parse_take(parser, TOKEN_STOP); // \boxed{5.}
    if (node && !parse_take(parser, TOKEN_GROUP_CLOSE)) {
        return parse_fail(parser, "a brace is not closed");
    }
    return node && node->kind == NODE_LIST && !is_plain
               ? node_make(parser->work, NODE_SET, node->child, node->n_children)
               : node;
}

// (a), (a, b), [a, b), <a, b>: one part in round or square brackets is a group.
static const Node *parse_tuple(Parser *parser) {
    const Node *parts[PARSER_MAX_PARTS];
    uint32_t n = 0;
    char separator = '\0', open = (char)parser->token++->value;
    uint32_t n_bars = parser->n_bars;
    parser->n_bars = 0;
    if (!parse_parts(parser, parts, &n, &separator)) {
        return NULL;
    }
    parser->n_bars = n_bars;
    if (!parse_next_is(parser, TOKEN_CLOSE)) {
        return parse_fail(parser, "a bracket is not closed");
    }
    char close = (char)parser->token++->value;
    bool is_pair = (open == '(') == (close == ')') || open == '[' || close == ']';
    if (n == 0) {
        return parse_fail(parser, "brackets hold nothing");
    }
    if (n == 1 && open != '<') {
        bool is_same = (open == '(' && close == ')') || (open == '[' && close == ']');
        return is_same ? parts[0] : parse_fail(parser, "a bracket is closed by another");
    }
    if (!is_pair || (open == '<') != (close == '>')) {
        return parse_fail(parser, "a bracket is closed by another");
    }
    Node *tuple = node_make(parser->work, NODE_TUPLE, parts, n);
    if (tuple) {
        tuple->open = open;
        tuple->close = close;
    }
    return tuple;
}

// A relation of the symbol, or several joined by "or", "and".
static bool is_about(const Node *condition, const Node *symbol) {
    if (condition->kind == NODE_RELATION) {
        for (uint32_t i = 0; i + 1 < condition->n_children; i++) {
            if (condition->relation[i] == RELATION_EQUAL) {
                return false; // {y | y = x^2} is a range, no value
            }
        }
        return node_contains(condition, symbol);
    }
    for (uint32_t i = 0; i < condition->n_children; i++) {
        if (condition->kind != NODE_LIST || !is_about(condition->child[i], symbol)) {
            return false;
        }
    }
    return condition->kind == NODE_LIST;
}

// {x | x > 2}: the condition says it all, where it is about that symbol.
static const Node *parse_condition(Parser *parser, const Node *of) {
    parser->token++;
    const Node *condition = parse_list(parser);
    if (!condition) {
        return NULL;
    }
    const Node *symbol = of->kind == NODE_RELATION && of->relation[0] == RELATION_IN &&
                                 of->child[1]->kind == NODE_NAMED_SET &&
                                 str_is(of->child[1]->text, "R")
                             ? of->child[0]
                             : of;
    bool is_condition = symbol->kind == NODE_SYMBOL && is_about(condition, symbol);
    return is_condition ? condition : parse_fail(parser, "a set's condition cannot be read");
}

static const Node *parse_set(Parser *parser) {
    const Node *parts[PARSER_MAX_PARTS];
    uint32_t n = 0;
    char separator = '\0';
    uint32_t n_bars = parser->n_bars;
    parser->token++;
    parser->n_bars = 1; // so that | stands for "where"
    bool is_read = parse_parts(parser, parts, &n, &separator);
    const Node *node = NULL;
    if (is_read && n == 1 &&
        (parse_next_is(parser, TOKEN_BAR) || parse_next_is(parser, TOKEN_COLON))) {
        parser->n_bars = 0;
        node = parse_condition(parser, parts[0]);
    } else if (is_read) {
        node = node_make(parser->work, NODE_SET, parts, n);
    }
    parser->n_bars = n_bars;
    if (node && !parse_take(parser, TOKEN_SET_CLOSE)) {
        return parse_fail(parser, "a set is not closed");
    }
    return node;
}

static const Node *parse_between(Parser *parser, TokenKind close, Function function) {
    parser->token++;
    const Node *node = parse_scalar(parser, parse_sum(parser));
    if (node && !parse_take(parser, close)) {
        return parse_fail(parser, "a bracket is not closed");
    }
    return node ? node_call(parser->work, function, &node, 1) : NULL;
}

static const Node *parse_bars(Parser *parser) {
    parser->n_bars++;
    const Node *node = parse_between(parser, TOKEN_BAR, FN_ABS);
    parser->n_bars--;
    return node;
}

static char matrix_bracket(EmendStr environment) {
    static const struct {
        const char *name;
        char bracket;
    } kinds[] = {{"pmatrix", 'p'}, {"bmatrix", 'b'}, {"Bmatrix", 'B'}, {"vmatrix", 'v'},
                 {"Vmatrix", 'V'}, {"matrix", ' '},  {"array", ' '},   {"smallmatrix", ' '}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (str_is(environment, kinds[i].name)) {
            return kinds[i].bracket;
        }
    }
    return '\0';
}

static const Node *parse_cells(Parser *parser, char bracket) {
    const Node *cells[MAX_CELLS];
    uint32_t n = 0, n_rows = 0, n_columns = 0, n_in_row = 0;
    while (!parse_next_is(parser, TOKEN_FINISH)) {
        if (n == MAX_CELLS) {
            return parse_fail(parser, "a matrix has too many entries");
        }
        cells[n] = parse_element(parser);
        if (!cells[n++]) {
            return NULL;
        }
        n_in_row++;
        if (parse_take(parser, TOKEN_CELL)) {
            continue;
        }
        bool is_row = parse_take(parser, TOKEN_ROW);
        if (!is_row && !parse_next_is(parser, TOKEN_FINISH)) {
            return parse_fail(parser, "an entry of a matrix cannot be read");
        }
        if (n_rows++ > 0 && n_in_row != n_columns) {
            return parse_fail(parser, "the rows of a matrix differ in length");
        }
        n_columns = n_in_row;
        n_in_row = 0;
    }
    if (n == 0 || n_in_row != 0) {
        return parse_fail(parser, "a matrix is not complete");
    }
    Node *matrix = node_make(parser->work, NODE_MATRIX, cells, n);
    if (matrix) {
        matrix->n_rows = n_rows;
        matrix->open = bracket;
    }
    return matrix;
}

static const Node *parse_matrix(Parser *parser) {
    EmendStr environment = parser->token->text;
    char bracket = matrix_bracket(environment);
    if (bracket == '\0') {
        return parse_fail(parser, "it has an unknown environment");
    }
    parser->token++;
    const Node *matrix = parse_cells(parser, bracket);
    if (!matrix) {
        return NULL;
    }
    EmendStr end = parser->token++->text;
    if (end.len != environment.len || memcmp(end.ptr, environment.ptr, end.len) != 0) {
        return parse_fail(parser, "an environment is ended by another");
    }
    return matrix;
}

const Node *parse_bracket(Parser *parser) {
    if (!parse_enter(parser)) {
        return NULL;
    }
    const Node *node = NULL;
    switch (parser->token->kind) {
    case TOKEN_OPEN:
        node = parse_tuple(parser);
        break;
    case TOKEN_GROUP_OPEN:
        node = parse_group(parser);
        break;
    case TOKEN_SET_OPEN:
        node = parse_set(parser);
        break;
    case TOKEN_FLOOR_OPEN:
        node = parse_between(parser, TOKEN_FLOOR_CLOSE, FN_FLOOR);
        break;
    case TOKEN_CEIL_OPEN:
        node = parse_between(parser, TOKEN_CEIL_CLOSE, FN_CEIL);
        break;
    case TOKEN_BAR:
        node = parse_bars(parser);
        break;
    case TOKEN_EMPTY_SET:
        parser->token++;
        node = node_make(parser->work, NODE_SET, NULL, 0);
        break;
    case TOKEN_NAMED_SET:
        node = node_text(parser->work, NODE_NAMED_SET, parser->token->text);
        parser->token++;
        break;
    default:
        node = parse_matrix(parser);
        break;
    }
    return parse_leave(parser, node);
}

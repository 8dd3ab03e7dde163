/* SPDX-License-Identifier: Apache-2.0 */
/* Functions and what they apply to; fractions, binomials, roots. */
#include "read/parser.h"

const Node *parse_fraction(Parser *parser) {
    parser->token++;
    const Node *top = parse_argument(parser, true);
    const Node *bottom = top ? parse_argument(parser, true) : NULL;
    return bottom ? node_binary(parser->work, NODE_QUOTIENT, top, bottom) : NULL;
}

const Node *parse_binomial(Parser *parser) {
    parser->token++;
    const Node *arguments[2] = {parse_argument(parser, true), NULL};
    arguments[1] = arguments[0] ? parse_argument(parser, true) : NULL;
    return arguments[1] ? node_call(parser->work, FN_BINOMIAL, arguments, 2) : NULL;
}

const Node *parse_root(Parser *parser) {
    const Token *token = parser->token++;
    bool is_macro = token->text.len == 0;
    const Node *index = NULL;
    if (is_macro && parse_next_is(parser, TOKEN_OPEN) && parser->token->value == '[') {
        parser->token++;
        index = parse_scalar(parser, parse_sum(parser));
        if (!index || !parse_take(parser, TOKEN_CLOSE)) {
            return parse_fail(parser, "the index of a root is not closed");
        }
    } else {
        index = node_integer(parser->work, token->value);
    }
    const Node *radicand = parse_argument(parser, is_macro);
    return radicand ? node_binary(parser->work, NODE_ROOT, radicand, index) : NULL;
}

// What a function without brackets applies to: sin 2x, log 5, cos πt.
static const Node *parse_bare_argument(Parser *parser) {
    if (parse_take(parser, TOKEN_MINUS)) {
        return parse_negative(parser, parse_bare_argument(parser));
    }
    const Node *factors[16];
    uint32_t n = 0;
    while (n < 16 && parse_begins_factor(parser)) {
        TokenKind kind = parser->token->kind;
        bool is_bracket = parse_opens(parser) || kind == TOKEN_BAR;
        if (n > 0 &&
            (kind == TOKEN_FUNCTION || kind == TOKEN_EXP || is_bracket || kind == TOKEN_NUMBER)) {
            break;
        }
        // sin(x)^2 is the square of the sine; sin x^2 is not.
        const Node *factor = is_bracket ? parse_bracket(parser) : parse_factor(parser);
        factors[n] = parse_scalar(parser, factor);
        if (!factors[n]) {
            return NULL;
        }
        n++;
        if (is_bracket) {
            break;
        }
    }
    if (n == 0) {
        return parse_fail(parser, "a function has no argument");
    }
    const Node *argument = n == 1 ? factors[0] : node_make(parser->work, NODE_PRODUCT, factors, n);
    bool is_angle = argument && node_contains(argument, &(Node){.kind = NODE_PI, .n_nodes = 1});
    if (is_angle && parser->token->kind == TOKEN_DIVIDE && parser->token[-1].kind != TOKEN_CLOSE) {
        return parse_fail(parser, "it is not clear what the function applies to"); // sin π/6
    }
    return argument;
}

static Function inverse_of(Function function) {
    return function <= FN_CSC                           ? (Function)(function + FN_ARCSIN - FN_SIN)
           : function >= FN_SINH && function <= FN_TANH ? (Function)(function + FN_ARSINH - FN_SINH)
                                                        : FN_OPAQUE;
}

static bool is_minus_one(const Node *node) {
    return node->kind == NODE_NUMBER && mpq_cmp_si(node->number, -1, 1) == 0;
}

static const Node *parse_several_arguments(Parser *parser, Function function) {
    const Node *list = parse_opens(parser) ? parse_bracket(parser) : NULL;
    if (!list) {
        return parse_fail(parser, "a function needs its arguments in brackets");
    }
    bool is_list = list->kind == NODE_TUPLE || list->kind == NODE_SET || list->kind == NODE_LIST;
    const Node *const *arguments = is_list ? list->child : &list;
    uint32_t n = is_list ? list->n_children : 1;
    for (uint32_t i = 0; i < n; i++) {
        if (!node_is_scalar(arguments[i])) {
            return parse_fail(parser, "a function's argument is no number");
        }
    }
    return n > 0 ? node_call(parser->work, function, arguments, n)
                 : parse_fail(parser, "a function has no argument");
}

static const Node *parse_log(Parser *parser, const Node *base, const Node *argument) {
    if (base && base->kind == NODE_E) {
        return node_call(parser->work, FN_LN, &argument, 1);
    }
    const Node *arguments[] = {argument, base ? base : node_integer(parser->work, 10)};
    return node_call(parser->work, FN_LOG, arguments, 2);
}

// sin^2 x, log_2 8, sin^{-1} x, gcd(a, b)
const Node *parse_function(Parser *parser) {
    Function function = (Function)parser->token++->value;
    const Node *base = NULL, *power = NULL;
    bool is_several = function >= FN_GCD && function <= FN_MIN;
    while ((function == FN_LOG && !base && parse_next_is(parser, TOKEN_SUBSCRIPT)) ||
           (!power && parse_next_is(parser, TOKEN_POWER))) {
        const Node **argument = parse_next_is(parser, TOKEN_POWER) ? &power : &base;
        parser->token++;
        *argument = parse_argument(parser, true);
        if (!*argument) {
            return NULL;
        }
    }
    if (power && is_minus_one(power)) {
        function = inverse_of(function);
        power = NULL;
        if (function == FN_OPAQUE) {
            return parse_fail(parser, "the inverse of a function has no meaning here");
        }
    }
    if (is_several) {
        return parse_several_arguments(parser, function);
    }
    const Node *argument = parse_bare_argument(parser);
    if (!argument) {
        return NULL;
    }
    const Node *call = function == FN_LOG ? parse_log(parser, base, argument)
                                          : node_call(parser->work, function, &argument, 1);
    return power ? node_binary(parser->work, NODE_POWER, call, power) : call;
}

const Node *parse_exp(Parser *parser) {
    parser->token++;
    const Node *argument = parse_bare_argument(parser);
    return argument ? node_binary(parser->work, NODE_POWER,
                                  node_make(parser->work, NODE_E, NULL, 0), argument)
                    : NULL;
}

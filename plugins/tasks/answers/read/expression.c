/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars. Precedence, loosest first: + -, mod, * / and what stands side by side, a sign, ^ ! and
 * what else follows a base. */
#include "read/parser.h"
#include "read/units.h"

enum { MAX_TERMS = 256 };

static const Node *parse_unary(Parser *parser);

static const Node *times(Parser *parser, const Node *node, long numerator, long denominator) {
    const Node *quotient =
        node_binary(parser->work, NODE_QUOTIENT, node_integer(parser->work, numerator),
                    node_integer(parser->work, denominator));
    return node_binary(parser->work, NODE_PRODUCT, node, quotient);
}

const Node *parse_scalar(Parser *parser, const Node *node) {
    if (!node || node_is_scalar(node)) {
        return node;
    }
    if (node->kind == NODE_QUANTITY && str_is(node->text, "degree")) {
        const Node *value = times(parser, node->child[0], 1, 180);
        return node_binary(parser->work, NODE_PRODUCT, value,
                           node_make(parser->work, NODE_PI, NULL, 0));
    }
    if (node->kind == NODE_QUANTITY && str_is(node->text, "percent")) {
        return times(parser, node->child[0], 1, 100);
    }
    // Not even a number in another base: its form is the answer, and 204_5 + 0 would be another.
    return parse_fail(parser, "it calculates with what is no number");
}

const Node *parse_negative(Parser *parser, const Node *node) {
    node = parse_scalar(parser, node);
    if (!node || node->kind != NODE_NUMBER) {
        return node ? node_unary(parser->work, NODE_NEGATIVE, node) : NULL;
    }
    mpq_ptr value = work_rational(parser->work);
    Node *number = value ? node_make(parser->work, NODE_NUMBER, NULL, 0) : NULL;
    if (number) {
        mpq_neg(value, node->number);
        number->number = value;
        number->n_decimals = node->n_decimals;
    }
    return number;
}

// The sign of a unit goes before it: -90°, -5%.
static const Node *negative_quantity(Parser *parser, const Node *node) {
    if (node && node->kind == NODE_BASED) {
        return parse_negative_based(parser, node);
    }
    if (!node || node->kind != NODE_QUANTITY) {
        return parse_negative(parser, node);
    }
    Node *quantity =
        node_unary(parser->work, NODE_QUANTITY, parse_negative(parser, node->child[0]));
    if (quantity) {
        quantity->text = node->text;
        quantity->number = node->number;
    }
    return quantity;
}

bool parse_half_of_day(const Token *token) {
    return token->kind == TOKEN_LETTER &&
           (str_is_word(token->text, "a") || str_is_word(token->text, "p")) &&
           token[1].kind == TOKEN_STOP && token[2].kind == TOKEN_LETTER &&
           str_is_word(token[2].text, "m");
}

bool parse_begins_factor(const Parser *parser) {
    switch (parser->token->kind) {
    case TOKEN_LETTER:
        return !parse_half_of_day(parser->token) && !parse_letter_for_union(parser->token);
    case TOKEN_PI:
    case TOKEN_E:
    case TOKEN_I:
    case TOKEN_INFINITY:
    case TOKEN_FRACTION:
    case TOKEN_BINOMIAL:
    case TOKEN_ROOT:
    case TOKEN_FUNCTION:
    case TOKEN_EXP:
    case TOKEN_NUMBER:
    case TOKEN_OVERLINE:
    case TOKEN_OPAQUE:
        return true;
    case TOKEN_WORD:
        return parser->token->value == 1 ||
               (!unit_is_known(parser->token->text) && parser->token->text.len <= 3);
    case TOKEN_BAR:
        return parser->token->value == 1 || (parser->token->value == 0 && parser->n_bars == 0);
    default:
        return parse_opens(parser);
    }
}

static const Node *parse_primary(Parser *parser) {
    switch (parser->token->kind) {
    case TOKEN_NUMBER:
        return parse_number(parser);
    case TOKEN_E:
    case TOKEN_I:
        if (parser->token[1].kind == TOKEN_SUBSCRIPT) {
            return parse_symbol(parser);
        }
        return node_make(parser->work, parser->token++->kind == TOKEN_E ? NODE_E : NODE_I, NULL, 0);
    case TOKEN_LETTER:
        return parse_function_name(parser) ? parse_function_value(parser) : parse_symbol(parser);
    case TOKEN_WORD:
        return parse_first_letter(parser);
    case TOKEN_PI:
        parser->token++;
        return node_make(parser->work, NODE_PI, NULL, 0);
    case TOKEN_INFINITY:
        parser->token++;
        return node_make(parser->work, NODE_INFINITY, NULL, 0);
    case TOKEN_FRACTION:
        return parse_fraction(parser);
    case TOKEN_BINOMIAL:
        return parse_binomial(parser);
    case TOKEN_ROOT:
        return parse_root(parser);
    case TOKEN_FUNCTION:
        return parse_function(parser);
    case TOKEN_EXP:
        return parse_exp(parser);
    case TOKEN_OVERLINE:
    case TOKEN_OPAQUE:
        return parse_opaque(parser);
    default:
        return parse_opens(parser) ? parse_bracket(parser)
                                   : parse_fail(parser, "a number or a name is missing");
    }
}

// {..} or one token.
const Node *parse_argument(Parser *parser, bool takes_digit) {
    if (!parse_enter(parser)) {
        return NULL;
    }
    const Node *node = NULL;
    if (parse_next_is(parser, TOKEN_NUMBER)) {
        node = takes_digit ? parse_digit(parser) : parse_digits(parser, parser->token++->text);
    } else if (parse_take(parser, TOKEN_MINUS)) {
        node = parse_negative(parser, parse_argument(parser, takes_digit));
    } else if (parse_take(parser, TOKEN_PLUS)) {
        node = parse_argument(parser, takes_digit);
    } else if (parser->token->kind == TOKEN_WORD) {
        // x^ab is x^a b: TeX takes one letter, plain text means all of it.
        return parse_fail(parser, "it is not clear what belongs to the argument");
    } else {
        const Node *base = NULL;
        if (parse_next_is(parser, TOKEN_LETTER) || parse_next_is(parser, TOKEN_PI) ||
            parse_next_is(parser, TOKEN_E) || parse_next_is(parser, TOKEN_I) ||
            parse_next_is(parser, TOKEN_INFINITY) || parse_next_is(parser, TOKEN_FRACTION) ||
            parse_next_is(parser, TOKEN_ROOT) || parse_next_is(parser, TOKEN_BINOMIAL) ||
            parse_next_is(parser, TOKEN_OVERLINE) || parse_opens(parser)) {
            base = parse_primary(parser);
        } else {
            parse_fail(parser, "an argument is missing");
        }
        node = parse_scalar(parser, base);
    }
    return parse_leave(parser, node);
}

// ^\circ, ^{\circ}, ^{\prime}: no powers. *n_tokens: how many they take.
static bool is_degree_power(const Parser *parser, uint32_t *n_tokens) {
    const Token *token = parser->token;
    if (token[0].kind == TOKEN_POWER && token[1].kind == TOKEN_DEGREE) {
        *n_tokens = 2;
        return true;
    }
    *n_tokens = 4;
    return token[0].kind == TOKEN_POWER && token[1].kind == TOKEN_GROUP_OPEN &&
           token[2].kind == TOKEN_DEGREE && token[3].kind == TOKEN_GROUP_CLOSE;
}

static const Node *make_quantity(Parser *parser, const Node *value, const char *kind) {
    mpq_ptr factor = work_rational(parser->work);
    Node *node = node_unary(parser->work, NODE_QUANTITY, parse_scalar(parser, value));
    if (!factor || !node) {
        return NULL;
    }
    mpq_set_ui(factor, 1, 1);
    node->number = factor;
    node->text = emend_str(kind);
    return node;
}

// What follows a base, as long as something does.
static const Node *parse_postfix(Parser *parser, const Node *node) {
    uint32_t n_tokens = 0;
    while (node) {
        if (is_degree_power(parser, &n_tokens)) {
            parser->token += n_tokens;
            node = make_quantity(parser, node, "degree");
        } else if (parse_take(parser, TOKEN_DEGREE)) {
            node = make_quantity(parser, node, "degree");
        } else if (parse_take(parser, TOKEN_PERCENT)) {
            node = make_quantity(parser, node, "percent");
        } else if (parse_next_is(parser, TOKEN_POWER) && parser->token[1].kind != TOKEN_TEXT &&
                   !(parser->token[1].kind == TOKEN_GROUP_OPEN &&
                     parser->token[2].kind == TOKEN_TEXT)) {
            parser->token++;
            const Node *exponent = parse_argument(parser, false);
            node = exponent
                       ? node_binary(parser->work, NODE_POWER, parse_scalar(parser, node), exponent)
                       : NULL;
        } else if (parse_next_is(parser, TOKEN_FACTORIAL)) {
            parser->token++;
            if (parse_next_is(parser, TOKEN_FACTORIAL)) {
                return parse_fail(parser, "double factorials are not read");
            }
            node = parse_scalar(parser, node);
            node = node ? node_call(parser->work, FN_FACTORIAL, &node, 1) : NULL;
        } else if (parse_next_is(parser, TOKEN_SUBSCRIPT)) {
            return parse_bracketed_base(parser, node);
        } else {
            break;
        }
    }
    return node;
}

const Node *parse_factor(Parser *parser) {
    if (!parse_enter(parser)) {
        return NULL;
    }
    return parse_leave(parser, parse_postfix(parser, parse_primary(parser)));
}

// A factor with a sign before it: -2^2 is -(2^2).
static const Node *parse_unary(Parser *parser) {
    if (!parse_enter(parser)) {
        return NULL;
    }
    const Node *node = NULL;
    if (parse_take(parser, TOKEN_MINUS)) {
        node = negative_quantity(parser, parse_unary(parser));
    } else if (parse_take(parser, TOKEN_PLUS)) {
        node = parse_unary(parser);
    } else {
        node = parse_factor(parser);
    }
    return parse_leave(parser, node);
}

static const Node *product_of(Parser *parser, const Node *const *factors, uint32_t n) {
    return n == 1 ? factors[0] : node_make(parser->work, NODE_PRODUCT, factors, n);
}

// 2!3!, \pi 2, \sqrt{2}3 are products; x2, 3 4 and \sqrt13 are not clear.
static bool may_precede_number(TokenKind kind) {
    return kind == TOKEN_FACTORIAL || kind == TOKEN_PI || kind == TOKEN_I || kind == TOKEN_E ||
           kind == TOKEN_GROUP_CLOSE || kind == TOKEN_CLOSE;
}

static const Node *parse_term(Parser *parser) {
    const Node *factors[MAX_TERMS];
    uint32_t n = 0;
    factors[n++] = parse_unary(parser);
    while (factors[n - 1]) {
        bool is_divided = parse_next_is(parser, TOKEN_DIVIDE),
             is_times = parse_next_is(parser, TOKEN_TIMES);
        if (!is_divided && !is_times && !parse_begins_factor(parser)) {
            return product_of(parser, factors, n);
        }
        if (n == MAX_TERMS) {
            return parse_fail(parser, "a product has too many factors");
        }
        factors[n - 1] = parse_scalar(parser, factors[n - 1]);
        if (!is_divided && !is_times && parse_next_is(parser, TOKEN_NUMBER) &&
            !may_precede_number(parser->token[-1].kind)) {
            return parse_fail(parser, "a number stands behind what it may be multiplied with");
        }
        parser->token += is_divided || is_times;
        const Node *factor = is_divided || is_times ? parse_unary(parser) : parse_factor(parser);
        factor = parse_scalar(parser, factor);
        if (is_divided && factor && factors[n - 1]) {
            factors[0] =
                node_binary(parser->work, NODE_QUOTIENT, product_of(parser, factors, n), factor);
            n = 1;
        } else {
            factors[n] = factors[n - 1] ? factor : NULL;
            n++;
        }
    }
    return NULL;
}

static const Node *plus_minus(Parser *parser, const Node *node, int32_t sign) {
    node = parse_scalar(parser, node);
    Node *made = node ? node_unary(parser->work, NODE_PLUS_MINUS, node) : NULL;
    if (made) {
        made->sign = sign;
    }
    return made;
}

static const Node *parse_signed_term(Parser *parser) {
    if (parse_next_is(parser, TOKEN_PLUS_MINUS) || parse_next_is(parser, TOKEN_MINUS_PLUS)) {
        int32_t sign = parser->token++->kind == TOKEN_PLUS_MINUS ? 1 : -1;
        return plus_minus(parser, parse_term(parser), sign);
    }
    return parse_term(parser);
}

static bool is_additive(TokenKind kind) {
    return kind == TOKEN_PLUS || kind == TOKEN_MINUS || kind == TOKEN_PLUS_MINUS ||
           kind == TOKEN_MINUS_PLUS;
}

static const Node *parse_terms(Parser *parser) {
    const Node *terms[MAX_TERMS];
    uint32_t n = 0;
    terms[n++] = parse_signed_term(parser);
    while (terms[n - 1] && is_additive(parser->token->kind)) {
        TokenKind kind = parser->token->kind;
        if (n == MAX_TERMS) {
            return parse_fail(parser, "a sum has too many terms");
        }
        terms[n - 1] = parse_scalar(parser, terms[n - 1]);
        parser->token += kind == TOKEN_PLUS || kind == TOKEN_MINUS;
        const Node *term = parse_scalar(parser, parse_signed_term(parser));
        term = term && kind == TOKEN_MINUS ? parse_negative(parser, term) : term;
        if (!terms[n - 1]) {
            return NULL;
        }
        terms[n++] = term;
    }
    if (!terms[n - 1]) {
        return NULL;
    }
    return n == 1 ? terms[0] : node_make(parser->work, NODE_SUM, terms, n);
}

const Node *parse_sum(Parser *parser) {
    if (!parse_enter(parser)) {
        return NULL;
    }
    const Node *node = parse_terms(parser);
    if (node && parse_take(parser, TOKEN_MOD)) {
        const Node *arguments[] = {parse_scalar(parser, node),
                                   parse_scalar(parser, parse_terms(parser))};
        node = arguments[0] && arguments[1] ? node_call(parser->work, FN_MOD, arguments, 2) : NULL;
    }
    return parse_leave(parser, node);
}

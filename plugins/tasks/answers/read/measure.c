/* SPDX-License-Identifier: Apache-2.0 */
/* Values with what measures them: units, money, ratios and times of day. */
#include "read/parser.h"
#include "read/units.h"

#include <string.h>

enum { MAX_PHRASE_BYTES = 96, MAX_MEMBERS = 16 };

// What a token other than words adds to a unit; "" where it ends it.
static const char *unit_sign(const Token *token) {
    switch (token->kind) {
    case TOKEN_POWER:
        return "^";
    case TOKEN_DIVIDE:
        return "/";
    case TOKEN_STOP:
        return ".";
    case TOKEN_DEGREE:
        return "degrees ";
    case TOKEN_FUNCTION:
        return token->value == FN_SEC ? "s" : token->value == FN_MIN ? "min" : "";
    default:
        return "";
    }
}

// Joins the words, powers and slashes of a unit into one phrase. Nothing is taken where none stand
// here.
static bool take_phrase(Parser *parser, char *phrase, size_t *n) {
    uint32_t n_braces = 0;
    *n = 0;
    for (;; parser->token++) {
        const Token *token = parser->token;
        bool is_word = token->kind == TOKEN_TEXT || token->kind == TOKEN_WORD ||
                       (token->kind == TOKEN_LETTER && (*n > 0 || parse_half_of_day(token))) ||
                       (*n > 0 && token->kind == TOKEN_NUMBER);
        const char *sign = *n > 0 ? unit_sign(token) : "";
        EmendStr text = is_word ? token->text : emend_str(sign);
        if (token->kind == TOKEN_GROUP_OPEN && *n > 0 && phrase[*n - 1] == '^') {
            n_braces++;
            continue;
        }
        if (token->kind == TOKEN_GROUP_CLOSE && n_braces > 0) {
            n_braces--;
            continue;
        }
        if (text.len == 0) {
            return true;
        }
        if (*n + text.len + 1 >= MAX_PHRASE_BYTES) {
            return work_fail(parser->work, "words behind a number are too long");
        }
        if (*n > 0 && token->is_spaced) {
            phrase[(*n)++] = ' ';
        }
        memcpy(phrase + *n, text.ptr, text.len);
        *n += text.len;
    }
}

static const Node *quantity_of(Parser *parser, const Node *value, const Unit *unit) {
    if (mpq_cmp_ui(unit->multiplier, 1, 1) != 0) {
        value = node_binary(parser->work, NODE_PRODUCT, parse_scalar(parser, value),
                            node_rational(parser->work, unit->multiplier));
    }
    if (!value || unit->kind.len == 0) {
        return value;
    }
    Node *quantity = node_unary(parser->work, NODE_QUANTITY, value);
    if (quantity) {
        quantity->text = unit->kind;
        quantity->number = unit->factor;
        quantity->unit = unit->is_own;
    }
    return quantity;
}

static bool is_ordinal_ending(EmendStr text) {
    return str_is(text, "st") || str_is(text, "nd") || str_is(text, "rd") || str_is(text, "th");
}

static bool is_ordinal(const Parser *parser) {
    EmendStr ending = parser->token[0].kind == TOKEN_POWER
                          ? parser->token[parser->token[1].kind == TOKEN_GROUP_OPEN ? 2 : 1].text
                          : emend_str("");
    return is_ordinal_ending(ending) && parse_next_is(parser, TOKEN_POWER) &&
           (parser->token[1].kind == TOKEN_TEXT ||
            (parser->token[1].kind == TOKEN_GROUP_OPEN && parser->token[2].kind == TOKEN_TEXT &&
             parser->token[3].kind == TOKEN_GROUP_CLOSE));
}

static const Node *dollars(Parser *parser, const Node *value) {
    mpq_ptr factor = work_rational(parser->work);
    Node *quantity = value ? node_unary(parser->work, NODE_QUANTITY, value) : NULL;
    if (!factor || !quantity) {
        return NULL;
    }
    mpq_set_ui(factor, 100, 1);
    quantity->text = emend_str("money");
    quantity->number = factor;
    return quantity;
}

static const Node *parse_unit(Parser *parser, const Node *value) {
    char phrase[MAX_PHRASE_BYTES];
    size_t n = 0;
    Unit unit;
    Parser before = *parser;
    if (is_ordinal(parser)) { // 12^{\text{th}}
        bool is_group = parser->token[1].kind == TOKEN_GROUP_OPEN;
        EmendStr text = parser->token[is_group ? 2 : 1].text;
        parser->token += is_group ? 4 : 2;
        return unit_read(parser->work, text, &unit) ? quantity_of(parser, value, &unit)
                                                    : parse_fail(parser, "a power cannot be read");
    }
    // 25^\circ C
    bool is_degree = value->kind == NODE_QUANTITY && str_is(value->text, "degree");
    if (is_degree && (parse_next_is(parser, TOKEN_LETTER) || parse_next_is(parser, TOKEN_TEXT)) &&
        (str_is_word(parser->token->text, "C") || str_is_word(parser->token->text, "F"))) {
        bool is_celsius = str_is_word(parser->token++->text, "C");
        Node *quantity = node_unary(parser->work, NODE_QUANTITY, value->child[0]);
        if (quantity) {
            quantity->text = emend_str(is_celsius ? "celsius" : "fahrenheit");
            quantity->number = value->number;
        }
        return quantity;
    }
    if (parse_take(parser, TOKEN_DOLLAR)) { // 18.90\$
        return value->kind == NODE_QUANTITY ? parse_fail(parser, "it has two units")
                                            : dollars(parser, parse_scalar(parser, value));
    }
    if (!take_phrase(parser, phrase, &n)) {
        return NULL;
    }
    if (n == 0) {
        return value;
    }
    if (!unit_read(parser->work, (EmendStr){phrase, n}, &unit)) {
        *parser = before;
        return parse_fail(parser, "words stand behind a value");
    }
    if (value->kind != NODE_QUANTITY) {
        return quantity_of(parser, value, &unit);
    }
    // $5 million, $5 dollars
    bool has_same = unit.kind.len == value->text.len &&
                    memcmp(unit.kind.ptr, value->text.ptr, unit.kind.len) == 0 &&
                    mpq_equal(unit.factor, value->number);
    if (unit.kind.len > 0 && !has_same) {
        return parse_fail(parser, "it has two units");
    }
    unit.kind = value->text;
    mpq_set(unit.factor, value->number);
    return quantity_of(parser, value->child[0], &unit);
}

// Two digits behind each colon: 4:05, 10:30:00
static bool may_be_time(const Token *number) {
    return number->kind == TOKEN_NUMBER && number->text.len == 2 &&
           !memchr(number->text.ptr, '.', 2);
}

static const Node *parse_ratio(Parser *parser, const Node *first) {
    const Node *parts[MAX_MEMBERS];
    uint32_t n = 0;
    bool is_time = true;
    parts[n++] = parse_scalar(parser, first);
    while (parts[n - 1] && n < MAX_MEMBERS && parse_take(parser, TOKEN_COLON)) {
        is_time = is_time && may_be_time(parser->token);
        parts[n++] = parse_next_is(parser, TOKEN_ELLIPSIS)
                         ? node_make(parser->work, NODE_ELLIPSIS, NULL, 0)
                         : parse_scalar(parser, parse_sum(parser));
        if (parse_next_is(parser, TOKEN_ELLIPSIS)) {
            parser->token++;
        }
    }
    Node *ratio = node_make(parser->work, NODE_RATIO, parts, n);
    if (ratio) {
        ratio->base = is_time;
    }
    return ratio;
}

// A value with its unit: $5, -$5, 5 cm, 3:4, 4:30 p.m., 12^{th}
const Node *parse_quantity(Parser *parser) {
    bool is_negative = parse_next_is(parser, TOKEN_MINUS) && parser->token[1].kind == TOKEN_DOLLAR;
    parser->token += is_negative;
    if (parse_take(parser, TOKEN_ELLIPSIS)) {
        return node_make(parser->work, NODE_ELLIPSIS, NULL, 0);
    }
    bool is_money = parse_take(parser, TOKEN_DOLLAR);
    const Node *value = parse_sum(parser);
    if (value && parse_next_is(parser, TOKEN_COLON) && parser->n_bars == 0) {
        value = parse_ratio(parser, value);
    }
    if (is_negative && value) {
        value = node_unary(parser->work, NODE_NEGATIVE, parse_scalar(parser, value));
    }
    if (is_money) {
        value = dollars(parser, parse_scalar(parser, value));
    }
    return value ? parse_unit(parser, value) : NULL;
}
